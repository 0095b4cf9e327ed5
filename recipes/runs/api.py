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

from automatos.errors import InvalidInput, NotFound
from automatos.local_time import UTC
from automatos.rest_lists import choice, list_parameters, listing, page_of
from recipes import queries
from recipes.api import RECIPE
from recipes.models import Call, Execution, ExecutionStatus, ExecutionStep, StepAttempt, StepKind, StepStatus, Trigger
from recipes.runs import reading, services
from recipes.runs.csv_export import csv_of
from recipes.runs.fallbacks import Fallback, fallback_of
from recipes.runs.filters import SORTS, STATES, TABS, RunFilter, narrowed
from recipes.runs.judgement_out import JudgementOut
from recipes.runs.tool_calls import duration_ms, in_order, is_error
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

RUN = OpenApiParameter("execution_id", UUID, OpenApiParameter.PATH)


class ProblemOut(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField()
    message = serializers.CharField()


class ToolCallOut(serializers.Serializer[Call]):
    """A tool an agent used."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    attempt = serializers.IntegerField()
    status = serializers.CharField()
    output = serializers.CharField()
    arguments = serializers.SerializerMethodField()
    is_error = serializers.SerializerMethodField()
    origin = serializers.SerializerMethodField()
    artefacts = serializers.SerializerMethodField()
    repeated = serializers.SerializerMethodField()
    path = serializers.CharField(help_text='Its place in the step\'s work; "3.0" was asked for by call 3.')
    duration_ms = serializers.SerializerMethodField()
    error = ProblemOut(allow_null=True)
    started_at = serializers.DateTimeField(source="sent_at")
    completed_at = serializers.DateTimeField(allow_null=True)

    def get_arguments(self, call: Call) -> dict[str, Any]:
        """What the tool was called with."""
        return dict((call.data or {}).get("arguments") or {})

    def get_is_error(self, call: Call) -> bool:
        """Whether the tool said that something went wrong."""
        return is_error(call)

    def get_origin(self, call: Call) -> str:
        """Where untrusted text in the output came from; empty where it is the product's own."""
        return str((call.data or {}).get("origin") or "")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_artefacts(self, call: Call) -> list[str]:
        """Names of files of the run that the call made."""
        return list((call.data or {}).get("artefacts") or ())

    def get_repeated(self, call: Call) -> bool:
        """Whether it was answered from the record of the step."""
        return bool((call.data or {}).get("repeated"))

    def get_duration_ms(self, call: Call) -> int | None:
        """Milliseconds until the result; null while there is none."""
        return duration_ms(call)


class FallbackOut(serializers.Serializer[Fallback]):
    """A fallback model that was asked because the agent's own could not answer."""

    model = serializers.CharField(help_text="provider:model that was asked instead.")
    instead_of = serializers.CharField(help_text="provider:model that failed.")
    code = serializers.CharField(help_text="Why: model_overloaded, model_refused, context_too_long and so on.")
    message = serializers.CharField()


class AttemptOut(serializers.Serializer[StepAttempt]):
    """An attempt that failed and was followed by another one."""

    attempt = serializers.IntegerField(source="n")
    model = serializers.CharField()
    prompt = serializers.CharField()
    output = serializers.CharField(help_text="What had come in by then.")
    error = ProblemOut()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars.")
    tool_calls = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField()


FINISH = "How its last model call ended: stop, length, refusal, content_filter, cut, or empty when none did."


class StepResultOut(serializers.Serializer[ExecutionStep]):
    """A step of a run: its state and what came out."""

    step_id = serializers.CharField()
    order = serializers.IntegerField()
    path = serializers.CharField(source="place", help_text="Its place in the run: its step_id, unless in a loop.")
    iteration = serializers.IntegerField(allow_null=True, help_text="The round of the loop it stands in, from 1.")
    kind = serializers.ChoiceField(choices=StepKind.choices)
    name = serializers.CharField()
    agent_id = serializers.UUIDField(allow_null=True, help_text="null where the kind needs no agent.")
    agent_name = serializers.CharField()
    status = serializers.ChoiceField(choices=StepStatus.choices)
    attempt = serializers.IntegerField()
    prompt = serializers.CharField()
    output = serializers.CharField()
    output_key = serializers.CharField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars.")
    model = serializers.CharField(help_text="provider:model")
    taken_over = serializers.SerializerMethodField()
    fallback = serializers.SerializerMethodField()
    finish_reason = serializers.CharField(help_text=FINISH)
    origins = serializers.SerializerMethodField()
    duration_ms = serializers.IntegerField(allow_null=True)
    tool_calls = serializers.SerializerMethodField()
    attempts = AttemptOut(many=True)
    error = ProblemOut(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)

    def get_taken_over(self, step: ExecutionStep) -> bool:
        """Whether it was done in the run that this one goes on from; it cost nothing here."""
        return step.taken_from is not None

    @extend_schema_field(FallbackOut(allow_null=True))
    def get_fallback(self, step: ExecutionStep) -> Any:
        """Which model was asked instead of the agent's own, and why; null where none was."""
        found = fallback_of(step)
        return FallbackOut(found).data if found else None

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_origins(self, step: ExecutionStep) -> list[str]:
        """Where untrusted text came from that its agent had read by then."""
        return list(step.origins or ())

    @extend_schema_field(ToolCallOut(many=True))
    def get_tool_calls(self, step: ExecutionStep) -> Any:
        """The tools its agent used, in order."""
        calls: Any = in_order(call for call in step.calls.all() if call.kind != Call.Kind.MODEL)
        return ToolCallOut(calls, many=True).data


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
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id) if recipe_id else None
        return reading.execution(workspace=self.workspace, execution_id=execution_id, recipe=recipe)


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
HOW = (
    " `from`, `to`: days in UTC; `cost`: at least so many US dollars; `duration`: at least so many seconds; `error`: "
    "its code; `agent`, `person`: their ids; `search`: in inputs, outputs and errors, `#128` for a number."
)


class ExecutionList(WorkspaceView):
    """The workspace's runs."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="executions_list",
        description="Newest first. `recipe` takes a UUID or template_id." + HOW,
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
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters(filters={"status": list(STATES)})],
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

    needs = {"GET": "executions:read"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={200: ExecutionOut, **errors(404)})
    def get(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """The run, live or over, with every step's prompt and output."""
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)


class ExecutionStepDetail(RunView):
    """One step of a run."""

    needs = {"GET": "executions:read"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={200: StepResultOut, **errors(404)})
    def get(self, request: Request, execution_id: UUID, place: str, recipe_id: str | None = None) -> Response:
        """The step with this number, counted from 1, or at this path."""
        steps = self.run(execution_id, recipe_id).steps.all()
        found = (step for step in steps if place in (str(step.order), step.place))
        step = min(found, key=lambda step: place != str(step.order), default=None)
        if step is None:
            raise NotFound()
        return Response(StepResultOut(step).data)


class ExecutionCancel(RunView):
    """Stopping a run."""

    needs = {"POST": "executions:run"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], request=None, responses={200: ExecutionOut, **errors(404, 409)})
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Calls in flight are aborted; 409 when the run is over already."""
        services.cancel(execution=self.run(execution_id, recipe_id), user=self.caller)
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)


class ExecutionPause(RunView):
    """Holding a run."""

    needs = {"POST": "executions:run"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], request=None, responses={200: ExecutionOut, **errors(404, 409)})
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """Nothing new begins, calls in flight come to their end, the clock stands; 409 when it is over or paused."""
        services.pause(execution=self.run(execution_id, recipe_id), user=self.caller)
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)


class ExecutionResume(RunView):
    """Letting a paused run go on."""

    needs = {"POST": "executions:run"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], request=None, responses={200: ExecutionOut, **errors(404, 409)})
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """It goes on with the time it had left; 409 when it is not paused."""
        services.resume(execution=self.run(execution_id, recipe_id), user=self.caller)
        return Response(ExecutionOut(self.run(execution_id, recipe_id)).data)
