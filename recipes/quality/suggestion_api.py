"""REST: what a recipe's runs suggest, and what members say of runs."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.errors import NotFound
from automatos.rest_lists import choice, list_parameters, listing, page_of
from recipes import queries
from recipes.api import RECIPE
from recipes.models import Recipe, RecipeSuggestion, RunRating
from recipes.quality import rating_services, suggestion_services
from recipes.quality.queries import rating_of
from recipes.runs.api import RUN, RunView
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

SUGGESTION = OpenApiParameter("suggestion_id", UUID, OpenApiParameter.PATH)
STATUSES = RecipeSuggestion.Status


class SuggestionOut(serializers.Serializer[RecipeSuggestion]):
    """What could be done better."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=RecipeSuggestion.Type.choices)
    priority = serializers.CharField()
    because = serializers.CharField(help_text="The pattern behind it.")
    reason = serializers.CharField()
    step = serializers.IntegerField(allow_null=True)
    step_id = serializers.CharField()
    seen = serializers.IntegerField()
    status = serializers.ChoiceField(choices=STATUSES.choices)
    last_run_id = serializers.UUIDField(allow_null=True)
    accepted_version = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SuggestionAcceptIn(InputSerializer):
    """How it is taken up."""

    prompt_template = serializers.CharField(
        required=False, trim_whitespace=False, help_text="prompt_rewrite: in place of the proposed prompt."
    )
    agent_id = serializers.UUIDField(
        required=False, help_text="model_upgrade, tool_addition: who does the step from now on."
    )


class _SuggestionView(WorkspaceView):
    def recipe(self, recipe_id: str) -> Recipe:
        """The recipe of the address."""
        return queries.recipe(workspace=self.workspace, key=recipe_id)


class SuggestionList(_SuggestionView):
    """A recipe's suggestions."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="suggestions_list",
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters(search=False, filters={"status": STATUSES.values})],
        responses={200: page_of(SuggestionOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """Those that runs suggested last first."""
        rows = RecipeSuggestion.objects.filter(recipe=self.recipe(recipe_id)).order_by("-updated_at", "id")
        if status := choice(request, "status", STATUSES.values):
            rows = rows.filter(status=status)
        return listing(request, rows, SuggestionOut)


class SuggestionAccept(_SuggestionView):
    """Taking a suggestion up."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="suggestions_accept",
        parameters=[WORKSPACE_HEADER, RECIPE, SUGGESTION],
        request=SuggestionAcceptIn,
        responses={200: SuggestionOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str, suggestion_id: UUID) -> Response:
        """The recipe's next version is made of it."""
        body = SuggestionAcceptIn(data=request.data)
        body.is_valid(raise_exception=True)
        found = suggestion_services.accept_suggestion(
            recipe=self.recipe(recipe_id),
            suggestion_id=suggestion_id,
            user=self.caller,
            wish=suggestion_services.Wish(**body.validated_data),
        )
        return Response(SuggestionOut(found).data)


class SuggestionDismiss(_SuggestionView):
    """Putting a suggestion away."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="suggestions_dismiss",
        parameters=[WORKSPACE_HEADER, RECIPE, SUGGESTION],
        request=None,
        responses={200: SuggestionOut, **errors(404, 409)},
    )
    def post(self, request: Request, recipe_id: str, suggestion_id: UUID) -> Response:
        """Runs do not bring it back."""
        found = suggestion_services.dismiss_suggestion(
            recipe=self.recipe(recipe_id), suggestion_id=suggestion_id, user=self.caller
        )
        return Response(SuggestionOut(found).data)


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
        found = rating_of(self.run(execution_id, recipe_id), self.caller)
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
        found = rating_services.rate(self.run(execution_id, recipe_id), self.caller, rating_services.Said(**said))
        return Response(RatingOut(found).data)

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={204: None, **errors(404)})
    def delete(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Stars and thumb are taken back, with the lesson of a bare thumb; a correction stays a lesson."""
        rating_services.withdraw(self.run(execution_id, recipe_id), self.caller)
        return Response(status=204)
