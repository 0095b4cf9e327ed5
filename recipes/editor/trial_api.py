"""REST: one step of a draft tried alone, and the values that trials use."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from recipes import queries
from recipes.api import RECIPE, StartedOut
from recipes.editor import services as drafts
from recipes.editor import trying_services as trying
from recipes.editor.draft_run_services import start_test_run
from recipes.models import Execution, Recipe
from recipes.runs.links import links_of
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors

STEP = OpenApiParameter("step", str, OpenApiParameter.PATH, description="The step_id in the draft.")


class TrialIn(InputSerializer):
    """What the names of the prompt stand for."""

    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False),
        required=False,
        help_text="By name, as prompts write them; what is left out is taken from pinned values, else the last run.",
    )


class PinsOut(serializers.Serializer[Any]):
    """The values that trials of this recipe use."""

    values = serializers.DictField(child=serializers.CharField(), help_text="Empty: those of the last run.")


class StepTrial(WorkspaceView):
    """Trying a step."""

    needs = {"POST": "executions:run"}
    starts_work = True

    @extend_schema(
        operation_id="recipes_try_step",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER, RECIPE, STEP],
        request=TrialIn,
        responses={202: StartedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str, step: str) -> Response:
        """Cook the step of the draft alone: a run of its own, triggered by `trial`, which no figure counts."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        sent = TrialIn(data=request.data)
        sent.is_valid(raise_exception=True)
        draft = drafts.draft_of(recipe)
        body = drafts.body_now(recipe, draft)
        known = trying.values_of(recipe, draft, body, trying.wanted(body, step))
        values = {**known.texts, **sent.validated_data.get("values", {})}
        run = trying.start_trial(recipe=recipe, user=self.caller, step_id=step, values=values)
        return _started(request, recipe, run, self.workspace.slug)


class DraftRunIn(InputSerializer):
    """What a test run is given."""

    input_data = serializers.DictField(required=False, help_text="By input of the draft.")


class DraftExecute(WorkspaceView):
    """A test run of a draft."""

    needs = {"POST": "executions:run"}

    @extend_schema(
        operation_id="recipes_draft_execute",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=DraftRunIn,
        responses={202: StartedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """Cook the draft as it stands, unpublished: a run triggered by `trial`, which no figure counts.

        400 names every problem of the draft by its field.
        """
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        sent = DraftRunIn(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data.get("input_data", {})
        run = start_test_run(recipe=recipe, user=self.caller, input_data=given)
        return _started(request, recipe, run, self.workspace.slug)


def _started(request: Request, recipe: Recipe, run: Execution, slug: str) -> Response:
    out: dict[str, Any] = {
        "execution_id": str(run.pk),
        "recipe_id": str(recipe.pk),
        "status": run.status,
        "total_steps": run.total_steps,
        "links": links_of(request, run, slug),
    }
    return Response(out, status=202, headers={"Location": out["links"]["self"]})


class DraftPins(WorkspaceView):
    """Values kept for trials."""

    needs = {"PUT": "recipes:write"}

    @extend_schema(
        operation_id="recipes_draft_pins",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=TrialIn,
        responses={200: PinsOut, **errors(404, 415)},
    )
    def put(self, request: Request, recipe_id: str) -> Response:
        """Keep these values for trials; none lets go of all."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        sent = TrialIn(data=request.data)
        sent.is_valid(raise_exception=True)
        draft = trying.pin(recipe=recipe, user=self.caller, values=sent.validated_data.get("values", {}))
        return Response(PinsOut({"values": draft.pins}).data)
