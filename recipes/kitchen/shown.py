"""Which steps of a run the kitchen shows: those at the top, and of loops the rounds around the one looked at."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from recipes.models import Call, Execution, ExecutionStep, StepKind, StepStatus

# Rounds of a loop before and after the one that is looked at.
AROUND = 10
# As many steps of rounds are all shown.
MOST = 60
UNSETTLED = (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.WAITING, StepStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Counts:
    """Of all steps of a run: how many there are, are done and were skipped; and its model calls."""

    steps: int
    done: int
    skipped: int
    calls: int
    failed_calls: int
    sent_again: int


def steps_shown(execution_id: UUID, asked: int | None) -> QuerySet[ExecutionStep]:
    """The steps at the top, and those near the asked one, else near what goes on in a loop; all where they are few."""
    steps = ExecutionStep.objects.filter(execution_id=execution_id)
    if not steps.exclude(path=None)[MOST:].exists():
        return steps
    return steps.filter(Q(path=None) | _inside(steps, asked))


def _inside(steps: QuerySet[ExecutionStep], asked: int | None) -> Q:
    """Each round from the top down to the looked-at step, of the innermost loop the rounds around it."""
    near = steps.filter(order=asked) if asked is not None else steps.filter(status=StepStatus.RUNNING, path=None)
    step = near.filter(Q(path__isnull=False) | Q(grown__gt=0)).order_by("order").first()
    found = Q(pk=None)
    if step is None:
        return found
    parts = step.place.split(".")
    for end in range(2, len(parts), 2):
        found |= _of_rounds(".".join(parts[: end - 1]), int(parts[end - 1]), int(parts[end - 1]))
    loop, center = step.place, None
    if step.kind != StepKind.LOOP:
        loop, center = ".".join(parts[:-2]), step.iteration
    if center is None:
        rounds = steps.filter(path__startswith=f"{loop}.", status__in=UNSETTLED, parent=step)
        center = rounds.aggregate(first=Min("iteration"))["first"] or 1
    return found | _of_rounds(loop, center - AROUND, center + AROUND)


def _of_rounds(loop: str, first: int, last: int) -> Q:
    return Q(path__regex=rf"^{re.escape(loop)}\.\d+\.[^.]+$", iteration__gte=first, iteration__lte=last)


def in_place(steps: list[ExecutionStep]) -> list[ExecutionStep]:
    """The steps as people read them: those of a loop's rounds behind the loop."""
    orders = {step.place: step.order for step in steps}

    def key(step: ExecutionStep) -> tuple[int, ...]:
        parts = step.place.split(".")
        found: list[int] = []
        for end in range(1, len(parts), 2):
            found += [orders.get(".".join(parts[:end]), 0), int(parts[end])]
        return (*found, step.order)

    return sorted(steps, key=key)


def counted(execution: Execution, shown: list[ExecutionStep]) -> Counts:
    """The counts; two statements more where not all steps are shown."""
    if execution.total_steps <= len(shown):
        calls = [call for step in shown for call in step.calls.all() if call.kind == Call.Kind.MODEL]
        return Counts(
            len(shown),
            sum(step.status == StepStatus.COMPLETED for step in shown),
            sum(step.status == StepStatus.SKIPPED for step in shown),
            len(calls),
            sum(call.status == Call.Status.FAILED for call in calls),
            sum(call.sends - 1 for call in calls),
        )
    steps = ExecutionStep.objects.filter(execution=execution).aggregate(
        done=Count("id", Q(status=StepStatus.COMPLETED)), skipped=Count("id", Q(status=StepStatus.SKIPPED))
    )
    calls_of = Call.objects.filter(step__execution=execution, kind=Call.Kind.MODEL).aggregate(
        all=Count("id"), failed=Count("id", Q(status=Call.Status.FAILED)), again=Sum(F("sends") - 1)
    )
    return Counts(
        execution.total_steps, steps["done"], steps["skipped"],
        calls_of["all"], calls_of["failed"], calls_of["again"] or 0,
    )  # fmt: skip
