"""REST: how a step of a run reads: its state, its tools, its attempts, and what came out."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from recipes.engine.lessons_told import lessons_of
from recipes.models import Call, ExecutionStep, StepAttempt, StepKind, StepStatus
from recipes.runs.fallbacks import Fallback, fallback_of
from recipes.runs.tool_calls import duration_ms, in_order, is_error


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


class ToldOut(serializers.Serializer[Any]):
    """A lesson that stood in the step's prompt."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    origins = serializers.ListField(child=serializers.CharField(), help_text="Of untrusted text in it.")
    vouched_by = serializers.CharField(default="", help_text="Who answered for it then, so that it did not taint.")


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
    lessons = serializers.SerializerMethodField()
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

    @extend_schema_field(ToldOut(many=True))
    def get_lessons(self, step: ExecutionStep) -> Any:
        """What it is told of earlier runs, at the end of its prompt."""
        return ToldOut(lessons_of(step.config), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_origins(self, step: ExecutionStep) -> list[str]:
        """Where untrusted text came from that its agent had read by then."""
        return list(step.origins or ())

    @extend_schema_field(ToolCallOut(many=True))
    def get_tool_calls(self, step: ExecutionStep) -> Any:
        """The tools its agent used, in order."""
        calls: Any = in_order(call for call in step.calls.all() if call.kind != Call.Kind.MODEL)
        return ToolCallOut(calls, many=True).data
