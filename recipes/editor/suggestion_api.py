"""REST: what a recipe's runs suggest, taking it up in the draft, and whether it helped."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import DiffLineOut, InputSerializer
from automatos.rest_lists import choice, list_parameters, listing, page_of
from recipes import queries
from recipes.api import RECIPE
from recipes.editor import suggestion_services
from recipes.editor.compare import draft_changes
from recipes.models import Recipe, RecipeSuggestion
from recipes.quality.effects_queries import VERDICTS, Effect, Figures, Measure, effect_of, figures_by_version
from recipes.quality.intervals import Estimate
from recipes.quality.suggestion_services import Wish, dismiss_suggestion
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

SUGGESTION = OpenApiParameter("suggestion_id", UUID, OpenApiParameter.PATH)
STATUSES = RecipeSuggestion.Status


class IntervalOut(serializers.Serializer[Estimate]):
    """A figure with its 95 % interval."""

    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text="null where too few runs tell, or an old release counted.")
    high = serializers.FloatField(allow_null=True)


class MeasureOut(serializers.Serializer[Measure]):
    """One figure before and after."""

    name = serializers.CharField(help_text="success_rate, quality, cost (US dollars a run) or duration_ms (a run).")
    before = IntervalOut(allow_null=True)
    after = IntervalOut(allow_null=True)
    verdict = serializers.ChoiceField(
        choices=VERDICTS, help_text="By the 95 % interval of the difference: better and worse leave out nought."
    )


class EffectOut(serializers.Serializer[Effect]):
    """Whether a suggestion helped: the runs before the version that took it up against those with it."""

    before_version = serializers.IntegerField(allow_null=True)
    before_runs = serializers.IntegerField()
    after_version = serializers.IntegerField()
    after_runs = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    measures = MeasureOut(many=True)


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
    status = serializers.ChoiceField(
        choices=STATUSES.choices, help_text="drafted: in the recipe's draft, until that is published or dropped."
    )
    last_run_id = serializers.UUIDField(allow_null=True)
    accepted_version = serializers.IntegerField(allow_null=True, help_text="The published version that has it.")
    effect = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(EffectOut(allow_null=True))
    def get_effect(self, suggestion: RecipeSuggestion) -> Any:
        """Whether it helped; null until a version has it."""
        figures: Figures = self.context.get("figures") or {}
        found = effect_of(suggestion, figures)
        return EffectOut(found).data if found else None


class SuggestionDraftedOut(SuggestionOut):
    """A suggestion in the recipe's draft."""

    difference = DiffLineOut(many=True, help_text="What publishing the draft would change.")


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
        recipe = self.recipe(recipe_id)
        rows = RecipeSuggestion.objects.filter(recipe=recipe).order_by("-updated_at", "id")
        if status := choice(request, "status", STATUSES.values):
            rows = rows.filter(status=status)
        return listing(request, rows, SuggestionOut, context={"figures": figures_by_version(recipe)})


class SuggestionAccept(_SuggestionView):
    """Taking a suggestion up."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="suggestions_accept",
        parameters=[WORKSPACE_HEADER, RECIPE, SUGGESTION],
        request=SuggestionAcceptIn,
        responses={200: SuggestionDraftedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str, suggestion_id: UUID) -> Response:
        """It is written into the recipe's draft, and the difference shown. Publishing the draft makes a version."""
        body = SuggestionAcceptIn(data=request.data)
        body.is_valid(raise_exception=True)
        recipe, wish = self.recipe(recipe_id), Wish(**body.validated_data)
        found = suggestion_services.accept_suggestion(
            recipe=recipe, suggestion_id=suggestion_id, user=self.caller, wish=wish
        )
        shape = {**SuggestionOut(found).data, "difference": DiffLineOut(draft_changes(recipe), many=True).data}
        return Response(shape)


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
        found = dismiss_suggestion(recipe=self.recipe(recipe_id), suggestion_id=suggestion_id, user=self.caller)
        return Response(SuggestionOut(found).data)
