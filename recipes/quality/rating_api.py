"""REST: what members say of runs."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.errors import NotFound
from recipes.models import RunRating
from recipes.quality import rating_services
from recipes.quality.queries import rating_of
from recipes.runs.api import RUN, RunView
from workspaces.doors.endpoints import WORKSPACE_HEADER, errors


class RatingOut(serializers.Serializer[RunRating]):
    """What the caller says of a run."""

    stars = serializers.IntegerField(allow_null=True)
    thumb = serializers.SerializerMethodField()
    comment = serializers.CharField()
    updated_at = serializers.DateTimeField()

    def get_thumb(self, row: RunRating) -> str:
        """up, down or empty."""
        return {1: "up", -1: "down"}.get(row.thumb or 0, "")


class RatingIn(InputSerializer):
    """Stars, a thumb, a comment: at least one of them. A thumb without a comment becomes a lesson, too."""

    stars = serializers.IntegerField(required=False, allow_null=True, help_text="1 to 5.")
    thumb = serializers.CharField(required=False, allow_blank=True, help_text="up or down.")
    comment = serializers.CharField(
        required=False, allow_blank=True, help_text="What should be different; it becomes a lesson for the next runs."
    )


class ExecutionRating(RunView):
    """The caller's rating of a run."""

    needs = {"GET": "executions:read", "PUT": "executions:rate", "DELETE": "executions:rate"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={200: RatingOut, **errors(404)})
    def get(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """404 where the caller said nothing yet."""
        found = rating_of(self.bare(execution_id, recipe_id), self.caller)
        if found is None:
            raise NotFound()
        return Response(RatingOut(found).data)

    @extend_schema(
        parameters=[WORKSPACE_HEADER, RUN], request=RatingIn, responses={200: RatingOut, **errors(404, 409, 415)}
    )
    def put(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """In place of what the caller said before."""
        body = RatingIn(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = dict(body.validated_data)
        found = rating_services.rate(self.bare(execution_id, recipe_id), self.caller, rating_services.Said(**said))
        return Response(RatingOut(found).data)

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={204: None, **errors(404)})
    def delete(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Stars and thumb are taken back, with the lesson of a bare thumb; a correction stays a lesson."""
        rating_services.withdraw(self.bare(execution_id, recipe_id), self.caller)
        return Response(status=204)
