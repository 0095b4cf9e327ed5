"""A run of a workflow as it is shown: its stages, its subtasks, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from recipes.engine.stage_steps import joined
from recipes.engine.stages import Joined
from recipes.models import Call, Execution, ExecutionStep, StepKind, StepStatus
from recipes.workflows.names import AGGREGATION, CONTEXT, DECOMPOSITION, RESPONSE, SELECTION, STAGES, StageName
from recipes.workflows.planning import Plan, plan_by_rules, plan_from
from recipes.workflows.plans import loaded
from recipes.workflows.sources import Source, sources_of

# How a stage's step stands, as people are told: one word for each.
WORDS = {StepStatus.WAITING: "running", StepStatus.CANCELLED: "skipped"}


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage of a run. status: pending, running, completed, skipped or failed; step: None where a dry run has none."""

    stage: StageName
    status: str
    step: ExecutionStep | None

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from its start to its end; None while it is not over."""
        return self.step.duration_ms if self.step else None


@dataclass(frozen=True, slots=True)
class SubtaskRow:
    """A subtask of a run. steps: every step it had, the last one counts; match: how its agent was picked."""

    id: str
    title: str
    description: str
    dependencies: tuple[str, ...]
    steps: Sequence[ExecutionStep]
    match: dict[str, Any] = field(default_factory=dict)
    complexity: str = "medium"
    required_capabilities: tuple[str, ...] = ()

    @property
    def step(self) -> ExecutionStep | None:
        """The step that counts."""
        return self.steps[-1] if self.steps else None

    @property
    def status(self) -> str:
        """pending, running, completed, skipped or failed: one that failed and was passed over counts as failed."""
        step = self.step
        if step is None:
            return "skipped" if not self.match.get("agent_id") else "pending"
        if step.status == StepStatus.SKIPPED and step.error:
            return "skipped" if step.error.get("code") == "dependency_failed" else "failed"
        return WORDS.get(StepStatus(step.status), step.status)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything. plan: None before there is one."""

    execution: Execution
    stages: Sequence[StageRow]
    plan: Plan | None
    subtasks: Sequence[SubtaskRow]
    sources: Sequence[Source]
    context: dict[str, Any]
    extra: Sequence[ExecutionStep]

    @property
    def by_rules(self) -> bool:
        """Whether rules stood in for a model that cannot plan."""
        return any((row.step.config or {}).get("by_rules") for row in self.stages if row.step)

    @property
    def replans(self) -> int:
        """How often the plan was changed while it ran."""
        rounds = {(one.config or {}).get("round") for row in self.subtasks for one in row.steps if _replaces(one)}
        return len(rounds)

    @property
    def report(self) -> str:
        """What stage 5 left."""
        return self._output(AGGREGATION)

    @property
    def result(self) -> str:
        """The answer; the report where there is none."""
        return self._output(RESPONSE) or self.report

    def _output(self, key: str) -> str:
        row = next((row for row in self.stages if row.stage.key == key), None)
        return row.step.output if row and row.step and row.step.status == StepStatus.COMPLETED else ""


def _replaces(step: ExecutionStep) -> bool:
    return bool((step.config or {}).get("replaces"))


def reading_of(execution: Execution) -> Reading:
    """Read a run of a workflow, live or over."""
    rows = ExecutionStep.objects.filter(execution=execution).select_related("agent").prefetch_related("attempts")
    steps = list(rows.defer("prompt", "opening").order_by("order"))
    top = {step.step_id: step for step in steps if step.path is None}
    children = [step for step in steps if step.path is not None]
    plan = _plan(top, execution)
    picked = loaded(_text(top, SELECTION)).get("selection") or {}
    context = loaded(_text(top, CONTEXT))
    return Reading(
        execution=execution,
        stages=[_stage(stage, top) for stage in STAGES if stage.key in top],
        plan=plan,
        subtasks=_subtasks(plan, children, picked),
        sources=sources_of(context, as_joined(children)),
        context=context,
        extra=[step for step in children if step.kind == StepKind.STAGE],
    )


def as_joined(steps: Sequence[ExecutionStep]) -> tuple[Joined, ...]:
    """Rows of steps as stages read them."""
    return joined(
        (step.order, step.config, step.status, step.output, step.error, step.origins, step.agent_name) for step in steps
    )


def _text(top: dict[str, ExecutionStep], key: str) -> str:
    step = top.get(key)
    return step.output if step is not None and step.status == StepStatus.COMPLETED else ""


def _plan(top: dict[str, ExecutionStep], execution: Execution) -> Plan | None:
    if text := _text(top, DECOMPOSITION):
        return plan_from(text)
    first = top.get(DECOMPOSITION)
    if first is not None and first.status == StepStatus.SKIPPED:
        return plan_by_rules(str(execution.input_data.get("goal", "")))
    return None


def _stage(stage: StageName, top: dict[str, ExecutionStep]) -> StageRow:
    step = top[stage.key]
    status = WORDS.get(StepStatus(step.status), step.status)
    # Between its rounds the stage waits for its subtasks, or for a worker; to people it runs.
    if step.status == StepStatus.PENDING and step.started_at is not None:
        status = "running"
    return StageRow(stage, status, step)


def _subtasks(plan: Plan | None, children: Sequence[ExecutionStep], picked: dict[str, Any]) -> list[SubtaskRow]:
    of_subtask: dict[str, list[ExecutionStep]] = {}
    for step in children:
        if key := (step.config or {}).get("subtask"):
            of_subtask.setdefault(str(key), []).append(step)
    return [
        SubtaskRow(
            one.id, one.title, one.description, one.dependencies, of_subtask.get(one.id, []), picked.get(one.id, {}),
            one.complexity, one.required_capabilities,
        )
        for one in (plan.subtasks if plan else ())
    ]  # fmt: skip


def response_of(reading: Reading) -> dict[str, Any]:
    """What a run came to, as the API answers it."""
    execution = reading.execution
    done = [row for row in reading.stages if row.status == "completed"]
    used = {step.agent_name: str(step.agent_id) for row in reading.subtasks for step in row.steps if _worked(step)}
    return {
        "execution_id": execution.pk,
        "workflow_id": execution.workflow_id,
        "is_dry_run": bool(execution.input_data.get("dry_run")),
        "status": execution.status,
        "result": reading.result,
        "quality_score": execution.quality_score,
        "execution_time": seconds_of(execution.started_at, execution.completed_at),
        "stages_completed": len(done),
        "planned_by": reading.plan.planner if reading.plan else None,
        "replans": reading.replans,
        "stages": [_stage_body(row) for row in reading.stages],
        "subtasks": [_subtask_body(row) for row in reading.subtasks],
        "agents_used": [{"id": key, "name": name} for name, key in used.items()],
        "tools_used": tools_of(execution.pk),
        "sources": [
            {"number": one.number, "kind": one.kind, "title": one.title, "is_outside": one.is_outside}
            for one in reading.sources
        ],
        "error": execution.error,
        "cost": execution.cost,
        "tokens": execution.tokens,
    }


def _worked(step: ExecutionStep) -> bool:
    return step.started_at is not None and step.status == StepStatus.COMPLETED


def _stage_body(row: StageRow) -> dict[str, Any]:
    step = row.step
    return {
        "number": row.stage.number,
        "name": row.stage.key,
        "label": row.stage.label,
        "status": row.status,
        "step": step.order if step else None,
        "duration_ms": row.duration_ms,
        "error": step.error if step else None,
    }


def _subtask_body(row: SubtaskRow) -> dict[str, Any]:
    step = row.step
    return {
        "id": row.id,
        "title": row.title,
        "description": row.description,
        "dependencies": list(row.dependencies),
        "status": row.status,
        "agent_id": str(step.agent_id) if step else row.match.get("agent_id"),
        "agent_name": step.agent_name if step else row.match.get("agent_name", ""),
        "match_score": row.match.get("match_score"),
        "reasoning": row.match.get("reasoning", ""),
        "steps": [one.order for one in row.steps],
        "result": step.output if step and step.status == StepStatus.COMPLETED else "",
        "duration_ms": step.duration_ms if step else None,
        "error": step.error if step else None,
    }


def tools_of(execution_id: UUID) -> list[str]:
    """The tools that were called, by name."""
    rows = Call.objects.filter(step__execution_id=execution_id).exclude(kind=Call.Kind.MODEL)
    return sorted(set(rows.values_list("name", flat=True)))


def seconds_of(start: datetime | None, end: datetime | None) -> float | None:
    """From start to end in seconds; None where one of them is not known."""
    return None if start is None or end is None else round((end - start).total_seconds(), 3)
