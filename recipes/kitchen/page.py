"""What the kitchen page shows of one run, live or afterwards: everything comes from the database, in one shape."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from automatos import words
from automatos.errors import NotFound
from automatos.events import iso, streamed_text
from recipes import kinds
from recipes.engine.graph import BRANCHES
from recipes.engine.growing import BODY
from recipes.kitchen.costs import ModelCost, costs_of
from recipes.kitchen.pantry import Jar, count_of, input_jars, output_jars, parked
from recipes.kitchen.rail import Fold, Ticket, rail_of
from recipes.kitchen.shown import Counts, counted, in_place, steps_shown
from recipes.kitchen.stage import Stage, stage_of
from recipes.kitchen.timeline import Timeline, timeline_of
from recipes.models import Call, Execution, ExecutionStatus, ExecutionStep, StepKind, StepStatus
from recipes.models.totals import Totals
from recipes.quality.page import run_quality
from recipes.runs.fallbacks import fallback_of
from recipes.runs.files import files_of
from recipes.waits.allowing import Shown as Allowed
from recipes.waits.allowing import allowances_of
from tools.contract import FileEntry
from workspaces.models import Workspace

# How many finished runs of a recipe its usual length is taken from.
COMPARED_RUNS = 20
# Characters that a token of an answer has on average, and of how many steps at once their texts are looked at.
TOKEN_LENGTH = 4
MOST_WATCHED = 8

# Step status: (class of the ticket and of its part of the heat bar, icon).
LOOKS = {
    StepStatus.PENDING: ("wait", ""),
    StepStatus.RUNNING: ("hot", "flame"),
    StepStatus.WAITING: ("ask", "hand"),
    StepStatus.COMPLETED: ("ok", "check"),
    StepStatus.FAILED: ("bad", "x"),
    StepStatus.SKIPPED: ("skip", "skip-forward"),
    StepStatus.CANCELLED: ("wait", "circle-slash"),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """The strip on top. Times in milliseconds; since: the start of a clock, None for one that stands."""

    headline: str
    whole: Totals
    tokens: int
    tokens_told: str
    elapsed_ms: int
    since: str | None
    expected_ms: float | None
    steps_done: int
    steps_note: str
    model_calls: int
    calls_note: str
    heat_label: str
    spent: str


@dataclass(frozen=True, slots=True)
class Kitchen:
    """The whole page. now: the server's clock when it was made."""

    execution: Execution
    summary: Summary
    tickets: Sequence[Ticket]
    rail: Sequence[Ticket | Fold]
    stage: Stage
    jars: Sequence[Jar]
    files: Sequence[FileEntry]
    quality: dict[str, Any]
    now: str
    inputs: Sequence[Jar]
    result: str
    timeline: Timeline | None
    allowed: Sequence[Allowed]
    costs: Sequence[ModelCost]


def kitchen(
    *,
    workspace: Workspace,
    execution_id: UUID,
    step: int | None = None,
    tab: str = "",
    shown: str = "",
    otherwise: Callable[[Execution, Sequence[ExecutionStep]], int | None] | None = None,
) -> Kitchen:
    """The page of a run, with one step on the stage: the asked one, else the one that matters most now.

    shown: what the page that asks has of an answer that is being written, see `writing`.
    otherwise: says which that is in a workflow's run.

    Raises NotFound for a run that is unknown or another workspace's.
    """
    execution = _load(workspace, execution_id, step)
    now = timezone.now()
    steps = list(execution.steps.all())
    if step is None and otherwise is not None and execution.workflow_id is not None:
        step = otherwise(execution, steps)
    if execution.workflow_id is None:
        steps = in_place(steps)
    chosen = _choose(steps, step)
    tickets = [_ticket(each, steps, execution, chosen, now) for each in steps]
    return Kitchen(
        execution=execution,
        summary=_summary(execution, steps, now),
        tickets=tickets,
        rail=rail_of(tickets, steps, None if execution.is_live and step is None else chosen),
        stage=stage_of(execution, chosen, tab, waits_for(chosen, steps), shown),
        jars=output_jars(steps, execution.is_live),
        files=files_of(workspace.pk, execution.pk),
        quality=run_quality(execution),
        now=iso(now) or "",
        inputs=input_jars(execution),
        result=_result(execution, steps),
        timeline=timeline_of(execution, rail_of(tickets, steps, None), steps, now),
        allowed=allowances_of(execution),
        costs=costs_of(execution),
    )


def _result(execution: Execution, steps: Sequence[ExecutionStep]) -> str:
    """What a finished run of several steps came to."""
    if execution.status != ExecutionStatus.COMPLETED or len(steps) < 2:
        return ""
    final = KeyTextTransform("final_output", "output_data")
    return str(Execution.objects.filter(pk=execution.pk).values_list(final, flat=True).first() or "")


def _load(workspace: Workspace, execution_id: UUID, asked: int | None) -> Execution:
    calls = Call.objects.defer("output", "data").order_by("attempt", "sent_at", "path")
    steps = (
        steps_shown(execution_id, asked)
        .defer("prompt", "prompt_template", "opening", "state", "scope")
        .select_related("agent")
        .prefetch_related(Prefetch("calls", calls))
    )
    found = (
        Execution.objects.filter(workspace=workspace, pk=execution_id, deleted_at=None)
        .select_related("recipe", "user", "workflow", "parent_step")
        .defer("output_data")
        .prefetch_related(Prefetch("steps", steps.order_by("order")))
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _choose(steps: Sequence[ExecutionStep], asked: int | None) -> ExecutionStep:
    """The asked step, else what failed, else what cooks, else the last that came to an end, else the first."""
    for step in steps:
        if step.order == asked:
            return step
    for status in (StepStatus.FAILED, StepStatus.WAITING, StepStatus.RUNNING):
        for step in steps:
            if step.status == status:
                return step
    over = [step for step in steps if step.status in (StepStatus.COMPLETED, StepStatus.SKIPPED)]
    return over[-1] if over else steps[0]


# --- the strip -------------------------------------------------------------------------------------------------------


def _summary(execution: Execution, steps: Sequence[ExecutionStep], now: datetime) -> Summary:
    start = execution.started_at or execution.created_at
    stands = _stands_since(execution, steps)
    elapsed = _milliseconds(start, stands or now)
    counts = counted(execution, list(steps))
    whole = execution.whole
    tokens = whole.tokens
    writing = _being_written(steps)
    heat = ", ".join(f"{index}. {step.get_status_display().lower()}" for index, step in enumerate(steps, 1))
    return Summary(
        headline=_headline(execution, steps, elapsed),
        whole=whole,
        tokens=tokens,
        tokens_told=f"~{words.compact(tokens + writing)}" if writing else words.compact(tokens),
        elapsed_ms=elapsed,
        since=iso(start) if stands is None else None,
        expected_ms=_expected(execution) if execution.is_live else None,
        steps_done=counts.done,
        steps_note=_steps_note(counts),
        model_calls=counts.calls,
        calls_note=_calls_note(counts),
        heat_label=f"{counts.done} of {counts.steps} steps done: {heat}",
        spent=f"{count_of(counts.done, 'step')} of {counts.steps} done, {words.compact(tokens)} tokens and "
        f"{'about ' * whole.is_estimated}{words.money(whole.cost)} spent so far"
        + (f", and about {words.compact(writing)} tokens of an answer that is being written." if writing else "."),
    )


def _stands_since(execution: Execution, steps: Sequence[ExecutionStep]) -> datetime | None:
    """The moment the run's clock stands at: its end, or since when a paused run is at nothing; None otherwise."""
    at_work = any(step.status == StepStatus.RUNNING and step.owner is not None for step in steps)
    if execution.completed_at or execution.paused_at is None or at_work:
        return execution.completed_at
    return max([execution.paused_at, *(step.completed_at for step in steps if step.completed_at)])


def _being_written(steps: Sequence[ExecutionStep]) -> int:
    """Tokens of answers that are still written, estimated from their length."""
    running = [step for step in steps if step.status == StepStatus.RUNNING and step.kind == StepKind.AGENT]
    return sum(len(streamed_text(step.id, step.attempt)) // TOKEN_LENGTH for step in running[:MOST_WATCHED])


def _headline(execution: Execution, steps: Sequence[ExecutionStep], elapsed: int) -> str:
    """The state in words, e.g. "Cooking, step 2 of 3"."""
    word = execution.get_status_display()
    if execution.paused_at and execution.is_live:
        return "Paused"
    if execution.status == ExecutionStatus.RUNNING:
        cooking = [step.order for step in steps if step.status == StepStatus.RUNNING]
        place = [step.order for step in steps].index(cooking[0]) + 1 if cooking else execution.current_step
        return f"{word}, step {max(place, 1)} of {max(len(steps), execution.total_steps)}"
    if execution.status == ExecutionStatus.WAITING:
        return (
            word
            if any(step.kind == StepKind.WAIT and step.status == "waiting" for step in steps)
            else f"{word} for approval"
        )
    if execution.status == ExecutionStatus.COMPLETED:
        return f"{word} in {words.duration(elapsed)}"
    if execution.status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED) and (execution.error or {}).get("step"):
        return f"{word} at step {(execution.error or {})['step']}"
    return word if execution.is_live else f"{word} after {words.duration(elapsed)}"


def _steps_note(counts: Counts) -> str:
    return f"of {counts.steps}" + (f", {counts.skipped} skipped" if counts.skipped else "")


def _calls_note(counts: Counts) -> str:
    notes = [f"{counts.failed_calls} failed"] if counts.failed_calls else []
    if counts.sent_again:
        notes.append(f"{counts.sent_again} sent again")
    return ", ".join(notes)


def _expected(execution: Execution) -> float | None:
    """How long the recipe's last finished runs took, the median in milliseconds; None when there is none."""
    if execution.recipe_id is None:
        return None
    spans = (
        Execution.objects.filter(
            recipe_id=execution.recipe_id, status=ExecutionStatus.COMPLETED, started_at__isnull=False
        )
        .order_by("-created_at")
        .values_list(F("completed_at") - F("started_at"), flat=True)[:COMPARED_RUNS]
    )
    times = [span.total_seconds() * 1000 for span in spans if span is not None]
    return median(times) if times else None


# --- the rail --------------------------------------------------------------------------------------------------------


def _ticket(
    step: ExecutionStep, steps: Sequence[ExecutionStep], execution: Execution, chosen: ExecutionStep, now: datetime
) -> Ticket:
    look, icon = LOOKS[StepStatus(step.status)]
    running = step.status == StepStatus.RUNNING
    return Ticket(
        order=step.order,
        name=step.title,
        agent_id=step.agent_id,
        agent_name=step.agent_name or step.get_kind_display(),
        kind_icon=kinds.ICONS.get(step.kind, ""),
        look=look,
        icon=icon,
        word=step.get_status_display().lower(),
        duration_ms=step.duration_ms,
        cooking_ms=_milliseconds(step.started_at or now, now),
        since=iso(step.started_at) if running else None,
        facts=_facts(step, steps, is_live=execution.is_live),
        selected=step.order == chosen.order,
        is_inside=step.path is not None,
    )


def _facts(step: ExecutionStep, steps: Sequence[ExecutionStep], *, is_live: bool) -> list[str]:
    facts = _branch_facts(step, steps)
    if step.taken_from:
        facts.append("taken over")
    if step.status == StepStatus.PENDING:
        facts.append(waits_for(step, steps) if is_live else "not started")
    elif step.status == StepStatus.WAITING:
        facts.append(parked(step))
    elif step.status == StepStatus.CANCELLED:
        facts.append("stopped while cooking" if step.started_at else "not started")
    elif step.status == StepStatus.SKIPPED:
        facts.append("skipped after an error" if step.error else "its branch was not taken")
    elif step.status == StepStatus.RUNNING and not step.input_tokens:
        facts.append("cooking")
    tokens = step.input_tokens + step.output_tokens
    if tokens:
        facts += [f"{words.compact(tokens)} tokens", words.money(step.cost)]
    if step.tool_calls:
        facts.append(count_of(step.tool_calls, "tool call"))
    if fallback_of(step):
        facts.append("fallback model")
    if step.attempt > 1:
        facts.append("retried once" if step.attempt == 2 else f"retried {step.attempt - 1} times")
    return facts


def _branch_facts(step: ExecutionStep, steps: Sequence[ExecutionStep]) -> list[str]:
    """What a condition came to; under which one a step stands."""
    if step.kind == StepKind.CONDITION and step.status == StepStatus.COMPLETED:
        return ["it was true" if step.output == "then" else "it was not true"]
    if step.kind == StepKind.LOOP and step.grown:
        return [count_of(step.grown, "round")]
    above = next((one for one in steps if one.id == step.parent_id), None)
    if above and step.branch == BODY and above.kind == StepKind.LOOP:
        return [f"round {step.iteration} of {above.title}"]
    return [kinds.when(above.title, step.branch)] if above and step.branch in BRANCHES else []


def waits_for(step: ExecutionStep, steps: Sequence[ExecutionStep]) -> str:
    """What a waiting step waits for, e.g. "waits for brief"."""
    if step.attempt > 1:
        return f"waits before attempt {step.attempt}"
    over = (StepStatus.COMPLETED, StepStatus.SKIPPED)
    names = [each.title for each in steps if each.order in step.depends_on and each.status not in over]
    return f"waits for {', '.join(names)}" if names else "next to cook"


def _milliseconds(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))
