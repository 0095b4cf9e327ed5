"""REST: runs, their steps, and stopping them. The same operations stand under a recipe and under /api/executions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.errors import InvalidInput
from automatos.local_time import UTC
from automatos.rest_lists import choice, list_parameters, listing, page_of
from recipes import queries
from recipes.api import RECIPE
from recipes.models import Execution, ExecutionStatus, Recipe, Trigger
from recipes.runs import reading, removal, services
from recipes.runs.csv_export import csv_of
from recipes.runs.filters import SORTS, STATES, TABS, RunFilter, narrowed
from recipes.runs.judgement_out import JudgementOut
from recipes.runs.step_out import ProblemOut, StepResultOut
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

RUN = OpenApiParameter("execution_id", UUID, OpenApiParameter.PATH)


class TotalsOut(serializers.Serializer[Execution]):
    """What a run came to so far, with the runs inside of it."""

    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars.")
    is_estimated = serializers.BooleanField(help_text="Servers did not tell all tokens: these are about right.")
    duration_ms = serializers.SerializerMethodField()
    tool_calls = serializers.IntegerField()
    runs_inside = serializers.IntegerField(source="inside", help_text="How many runs inside of it are counted.")

    def to_representation(self, execution: Execution) -> dict[str, Any]:
        """Its own calls and those below."""
        whole = execution.whole
        names = ("input_tokens", "output_tokens", "cost", "is_estimated", "tool_calls")
        found: dict[str, Any] = {name: getattr(whole, name) for name in names}
        found |= {"cost": float(whole.cost), "runs_inside": whole.inside}
        return {**found, "duration_ms": self.get_duration_ms(execution)}

    def get_duration_ms(self, execution: Execution) -> int | None:
        """Milliseconds from start to end, or until now; null before the start."""
        if execution.started_at is None:
            return None
        until = execution.completed_at or timezone.now()
        return round((until - execution.started_at).total_seconds() * 1000)


class ExecutionSummaryOut(serializers.Serializer[Execution]):
    """A run in a list."""

    execution_id = serializers.UUIDField(source="id")
    number = serializers.IntegerField(allow_null=True, help_text="What people call it: #128. Counted in its workspace.")
    recipe_id = serializers.UUIDField(allow_null=True, help_text="null for an answer in a conversation.")
    conversation_id = serializers.UUIDField(allow_null=True)
    recipe_name = serializers.CharField()
    recipe_version = serializers.IntegerField()
    parent_execution_id = serializers.SerializerMethodField()
    root_id = serializers.UUIDField(allow_null=True, help_text="The run at the top, of one that a step cooks.")
    source_id = serializers.UUIDField(allow_null=True, help_text="The run it goes on from; null for none.")
    status = serializers.ChoiceField(choices=ExecutionStatus.choices)
    current_step = serializers.IntegerField()
    total_steps = serializers.IntegerField()
    totals = TotalsOut(source="*")
    error = ProblemOut(allow_null=True)
    triggered_by = serializers.ChoiceField(choices=Trigger.choices)
    trigger_id = serializers.UUIDField(allow_null=True, help_text="The schedule or trigger that started it.")
    quality_score = serializers.FloatField(allow_null=True, help_text="0 to 1; null until it was assessed.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    paused_at = serializers.DateTimeField(allow_null=True, help_text="Since when it is paused; null when it is not.")

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_parent_execution_id(self, execution: Execution) -> Any:
        """The run whose step cooks this one; null for none."""
        return execution.parent_step.execution_id if execution.parent_step else None


class ExecutionOut(ExecutionSummaryOut):
    """A run with everything in it."""

    input_data = serializers.DictField()
    output_data = serializers.DictField(allow_null=True, help_text="final_output, and each output by its key.")
    step_results = StepResultOut(many=True, source="steps")
    quality = serializers.DictField(
        allow_null=True,
        help_text="quality_score, breakdown, grade, bottlenecks, assessed_at; null as long as it was not assessed.",
    )
    learning = serializers.DictField(
        allow_null=True, help_text="patterns, suggestions, metrics; null where its recipe does not learn by itself."
    )
    judgement = JudgementOut(allow_null=True)


class RunView(WorkspaceView):
    """Finds the run of the address, under its recipe or by itself."""

    def run(self, execution_id: UUID, recipe_id: str | None) -> Execution:
        """The run with its steps; NotFound where recipe and run do not belong together."""
        return reading.execution(workspace=self.workspace, execution_id=execution_id, recipe=self._recipe(recipe_id))

    def bare(self, execution_id: UUID, recipe_id: str | None) -> Execution:
        """The same without its steps."""
        return reading.bare_execution(
            workspace=self.workspace, execution_id=execution_id, recipe=self._recipe(recipe_id)
        )

    def _recipe(self, key: str | None) -> Recipe | None:
        return queries.recipe(workspace=self.workspace, key=key) if key else None


FILTERS: dict[str, Sequence[str]] = {
    "status": list(STATES),
    "recipe": (),
    "tab": list(TABS),
    "from": (),
    "to": (),
    "version": (),
    "agent": (),
    "trigger": Trigger.values,
    "person": (),
    "cost": (),
    "duration": (),
    "error": (),
    "sort": list(SORTS),
}
FILTERS_OF_RECIPE = {name: values for name, values in FILTERS.items() if name != "recipe"}
HOW = (
    " `from`, `to`: days in UTC; `cost`: at least so many US dollars; `duration`: at least so many seconds; `error`: "
    "its code; `agent`, `person`: their ids; `search`: in inputs, outputs and errors, `#128` for a number."
)


class ExecutionList(WorkspaceView):
    """The workspace's runs."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="executions_list",
        description="Newest first, without the runs of evaluations. `recipe` takes a UUID or template_id." + HOW,
        parameters=[WORKSPACE_HEADER, *list_parameters(filters=FILTERS)],
        responses={200: page_of(ExecutionSummaryOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The runs that pass every filter."""
        return listing(request, _found(self, request), ExecutionSummaryOut)


class ExecutionCsv(WorkspaceView):
    """The workspace's runs for a spreadsheet."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="executions_csv",
        description="At most 10,000 runs, with the filters of the list." + HOW,
        parameters=[WORKSPACE_HEADER, OpenApiParameter("search", str)]
        + [OpenApiParameter(name, str, enum=list(values) or None) for name, values in FILTERS.items()],
        responses={(200, "text/csv"): OpenApiTypes.STR, **errors(404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """A line for each run, under a line of names."""
        return HttpResponse(csv_of(_found(self, request)), content_type="text/csv")


class RecipeExecutions(WorkspaceView):
    """A recipe's runs."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="recipes_executions",
        description="Newest first." + HOW,
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters(filters=FILTERS_OF_RECIPE)],
        responses={200: page_of(ExecutionSummaryOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """Newest first."""
        return listing(request, _found(self, request, recipe_id), ExecutionSummaryOut)


def _found(view: WorkspaceView, request: Request, recipe_key: str = "") -> QuerySet[Execution]:
    """The runs that the query asks for. Raises InvalidInput naming each parameter that makes no sense."""
    query: dict[str, Any] = request.query_params.dict()
    query["q"] = query.pop("search", "")
    query["status"] = choice(request, "status", STATES)
    if key := recipe_key or query.get("recipe"):
        query["recipe"] = str(queries.recipe(workspace=view.workspace, key=key).pk)
    wanted = RunFilter.of(query, UTC)
    if wanted.problems:
        text = " ".join(f"{name}: {cures[0]}" for name, cures in wanted.problems.items())
        raise InvalidInput(text, fields=wanted.problems)
    rows = narrowed(view.workspace, wanted, view.caller).filter(conversation=None)
    return rows.defer("input_data", "output_data", "quality", "learning")


class ExecutionDetail(RunView):
    """One run."""

    needs = {"GET": "executions:read", "DELETE": "executions:run"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={200: ExecutionOut, **errors(404)})
    def get(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """The run, live or over, with every step's prompt and output."""
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={204: None, **errors(404, 409)})
    def delete(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Out of every list, for 30 days to be brought back; its cost still counts. 409 while it lives."""
        removal.delete(workspace=self.workspace, execution_id=self.bare(execution_id, recipe_id).pk)
        return Response(status=204)


class ExecutionStepDetail(RunView):
    """One step of a run."""

    needs = {"GET": "executions:read"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={200: StepResultOut, **errors(404)})
    def get(self, request: Request, execution_id: UUID, place: str, recipe_id: str | None = None) -> Response:
        """The step with this number, counted from 1, or at this path."""
        return Response(StepResultOut(reading.step_at(self.bare(execution_id, recipe_id), place)).data)


class ExecutionCancel(RunView):
    """Stopping a run."""

    needs = {"POST": "executions:run"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], request=None, responses={200: ExecutionOut, **errors(404, 409)})
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Calls in flight are aborted; 409 when the run is over already."""
        services.cancel(execution=self.bare(execution_id, recipe_id), user=self.caller)
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)


class ExecutionPause(RunView):
    """Holding a run."""

    needs = {"POST": "executions:run"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], request=None, responses={200: ExecutionOut, **errors(404, 409)})
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Nothing new begins, calls in flight come to their end, the clock stands; 409 when it is over or paused."""
        services.pause(execution=self.bare(execution_id, recipe_id), user=self.caller)
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)


class ExecutionResume(RunView):
    """Letting a paused run go on."""

    needs = {"POST": "executions:run"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], request=None, responses={200: ExecutionOut, **errors(404, 409)})
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """It goes on with the time it had left; 409 when it is not paused."""
        services.resume(execution=self.bare(execution_id, recipe_id), user=self.caller)
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)
