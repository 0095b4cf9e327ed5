"""The responses of OpenAI's API, the newer way to ask: kept, so that the next one follows the one before.

https://platform.openai.com/docs/api-reference/responses: each is a run of the agent; what it repeats of the request
stands in the run's input. What only OpenAI's own servers can use (hosted tools, files) is refused by name.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.http import HttpResponseBase, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.errors import Conflict, InvalidInput, NotFound, wrong_field
from recipes.chat import openai_shapes as shapes
from recipes.chat import services
from recipes.chat.api import event_stream
from recipes.chat.openai_answers import Asked
from recipes.chat.openai_api import AnswerView, OpenAiView, openai_errors
from recipes.chat.openai_body import as_saying
from recipes.chat.openai_pictures import Picture
from recipes.chat.openai_responses_answers import Shape, events, response
from recipes.chat.openai_responses_body import PREFIX, ResponseRequest, check_calls, read_request
from recipes.chat.openai_responses_history import as_said, items_of, turns_before
from recipes.chat.services import Saying, Turn
from recipes.chat.stream import came_to
from recipes.live.following import Followed
from recipes.models import Execution
from workspaces.doors.endpoints import ONCE_HEADER
from workspaces.models import Workspace

ORDERS = ("desc", "asc")
ID = OpenApiParameter("execution_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


def kept(workspace: Workspace, execution_id: UUID) -> Execution:
    """The run of a response that was to be kept. Raises NotFound."""
    rows = Execution.objects.select_related("conversation").filter(workspace=workspace, pk=execution_id)
    found = rows.filter(input_data__wishes__response__store=True, conversation__deleted_at=None).first()
    if found is None:
        raise NotFound(f"There is no response {PREFIX}{execution_id}, or it is not kept any more.")
    return found


class Responses(AnswerView):
    """One answer of an agent that can be had again."""

    route = "responses"

    @extend_schema(
        operation_id="openai_responses",
        parameters=[ONCE_HEADER],
        request=shapes.ResponseIn,
        responses={
            (200, "application/json"): shapes.ResponseOut,
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "With `stream`: OpenAI's events."),
            **openai_errors(409, 413, 415, 502, 503, 504),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Answer the input, after what was said in the response before it. Nobody waits in a thread for it.

        A client that leaves stops the run; with an Idempotency-Key the run goes on, and the same request again gets
        its answer.
        """
        wanted = read_request(request.data)
        before, origins = self._before(wanted.previous)
        check_calls(as_said(before), wanted.chat.messages)

        async def answer(asked: Asked, execution: Execution) -> HttpResponseBase:
            shape = Shape(execution)
            return event_stream(events(asked, shape)) if wanted.chat.stream else await response(asked, shape)

        return self.answered(wanted.chat, lambda pictures: _saying(wanted, pictures, before, origins), answer)

    def _before(self, previous: UUID | None) -> tuple[list[Turn], Sequence[str]]:
        """What was said up to the response before, and where untrusted text in it came from."""
        if previous is None:
            return [], ()
        try:
            run = kept(self.workspace, previous)
        except NotFound:
            text = f"Previous response with id {PREFIX}{previous} was not found."
            fields = {"previous_response_id": [text]}
            raise InvalidInput(text, code="previous_response_not_found", fields=fields) from None
        if run.is_live:
            raise wrong_field("previous_response_id", "That response is not over yet. Wait for it first.")
        return turns_before(run, came_to(Followed(run.pk, run.workspace_id))), run.input_data.get("origins", ())


def _saying(wanted: ResponseRequest, pictures: list[Picture], before: Sequence[Turn], origins: Sequence[str]) -> Saying:
    said = as_saying(wanted.chat, pictures)
    told = [Turn("system", wanted.instructions)] if wanted.instructions else []
    return replace(
        said,
        before=[*told, *before, *said.before],
        wishes={**said.wishes, "response": dict(wanted.told)},
        origins=list(dict.fromkeys([*origins, *said.origins])),
    )


class ResponseOne(OpenAiView):
    """One response that was kept."""

    needs = {"GET": "executions:read", "DELETE": "executions:run"}

    @extend_schema(
        operation_id="openai_response", parameters=[ID], responses={200: shapes.ResponseOut, **openai_errors()}
    )
    def get(self, request: Request, execution_id: UUID) -> HttpResponseBase:
        """The response as it is now."""
        run = kept(self.workspace, execution_id)
        shape = Shape(run)
        made = shape.begun() if run.is_live else shape.over(came_to(Followed(run.pk, run.workspace_id)))
        return JsonResponse(made)

    @extend_schema(
        operation_id="openai_response_delete",
        parameters=[ID],
        responses={200: shapes.ResponseDeletedOut, **openai_errors(409)},
    )
    def delete(self, request: Request, execution_id: UUID) -> Response:
        """Take it out of sight, with its conversation."""
        run = kept(self.workspace, execution_id)
        if run.is_live or run.conversation is None:
            raise Conflict("This response is not over yet. Wait for it first.", code="still_live")
        services.delete(conversation=run.conversation)
        return Response({"id": f"{PREFIX}{run.pk}", "object": "response", "deleted": True})


class ResponseItems(OpenAiView):
    """What a response was given."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="openai_response_items",
        parameters=[ID, OpenApiParameter("order", OpenApiTypes.STR, enum=list(ORDERS))],
        responses={200: shapes.ResponseItemsOut, **openai_errors()},
    )
    def get(self, request: Request, execution_id: UUID) -> Response:
        """Its items and those said before, the newest first unless `order` is asc; pictures without their bytes."""
        order = request.query_params.get("order", ORDERS[0])
        if order not in ORDERS:
            raise wrong_field("order", f"order is one of {', '.join(ORDERS)}.")
        items = list(items_of(kept(self.workspace, execution_id)))
        if order == ORDERS[0]:
            items.reverse()
        ends = (
            {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {"first_id": None, "last_id": None}
        )
        return Response({"object": "list", "data": items, "has_more": False, **ends})
