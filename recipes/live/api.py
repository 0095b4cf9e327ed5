"""REST: a run's numbered events, as JSON or as an event stream."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.errors import InvalidInput
from automatos.rest_lists import number
from recipes.live.event_types import EVENT_TYPES
from recipes.live.following import LARGEST_NUMBER, Followed
from recipes.live.server_sent import stream
from recipes.runs import reading as runs_reading
from recipes.runs.api import RUN, RunView
from workspaces.doors.endpoints import WORKSPACE_HEADER, errors

MOST = 1000
_MEANINGS = "; ".join(f"{name}: {meaning}" for name, meaning in EVENT_TYPES.items())


class EventOut(serializers.Serializer[Any]):
    """What changed, numbered without gap in each run."""

    seq = serializers.IntegerField()
    type = serializers.ChoiceField(choices=list(EVENT_TYPES), help_text=_MEANINGS)
    at = serializers.DateTimeField()
    execution_id = serializers.UUIDField()
    step = serializers.IntegerField(required=False)
    data = serializers.DictField()  # type: ignore[assignment]  # only documents; the stream writes its own shape


class EventsOut(serializers.Serializer[Any]):
    """Events above a number, in order."""

    items = EventOut(many=True)
    last_seq = serializers.IntegerField(help_text="The newest event there is; ask again from the last one you have.")
    is_live = serializers.BooleanField(help_text="Whether more may come.")


class EventStreamRenderer(BaseRenderer):
    """Lets a client ask for an event stream; the stream itself is not rendered at once."""

    media_type = "text/event-stream"
    format = "stream"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """What is not streamed is JSON."""
        return orjson.dumps(data)


class ExecutionEvents(RunView):
    """What happened in a run."""

    needs = {"GET": "executions:read"}
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    @extend_schema(
        parameters=[
            WORKSPACE_HEADER,
            RUN,
            OpenApiParameter("after", OpenApiTypes.INT, description="Only events numbered above it."),
            OpenApiParameter(
                "Last-Event-ID", str, OpenApiParameter.HEADER, description="The same, sent by reconnecting readers."
            ),
        ],
        responses={
            (200, "application/json"): EventsOut,
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR,
                "Server-Sent Events: `id` is the number, `event` the type, `data` an EventOut as JSON; text while it "
                "is written comes as `event: text` without an id. Ends after the run's last event.",
            ),
            204: OpenApiResponse(None, "Event stream only: the run is over and you have everything."),
            **errors(404),
        },
    )
    def get(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> HttpResponseBase:
        """Replay from any number is exact, during the run and after it; at most 1,000 events in a JSON answer."""
        run = self.bare(execution_id, recipe_id)
        after = _after(request)
        if request.accepted_renderer.media_type != EventStreamRenderer.media_type:
            items = runs_reading.events_after(run.pk, after, limit=MOST)
            return Response({"items": items, "last_seq": run.last_seq, "is_live": run.is_live})
        if not run.is_live and after >= run.last_seq:
            return Response(status=204)
        response = StreamingHttpResponse(
            stream(Followed(run.pk, run.workspace_id, self.still_allowed()), after), content_type="text/event-stream"
        )
        response["Cache-Control"] = "no-cache"
        response["X-Accel-Buffering"] = "no"
        return response


def _after(request: Request) -> int:
    """The number to start above: Last-Event-ID, else `after`, else 0."""
    header = request.headers.get("Last-Event-ID", "").strip()
    if not header:
        return number(request, "after", 0, low=0, high=LARGEST_NUMBER)
    if header.isascii() and header.isdigit() and len(header) <= 10 and int(header) <= LARGEST_NUMBER:
        return int(header)
    text = "This is not the number of an event."
    raise InvalidInput(f"Last-Event-ID: {text}", fields={"Last-Event-ID": [text]})
