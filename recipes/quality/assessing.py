"""A run that is over is assessed once: its quality, its figures, what it teaches, and the two events that say so."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from automatos.events import Notice, iso
from recipes.lessons.keeping import keep_lessons
from recipes.models import LIVE_STATUSES, Event, Execution, Trigger
from recipes.quality import formulas
from recipes.quality.facts import Found, facts_of
from recipes.quality.figures import raise_figures, raise_learning
from recipes.quality.judging import note_for_judge
from recipes.quality.lesson_texts import lessons_from
from recipes.quality.patterns import bottlenecks_of, metrics_of, plain, suggestions_for
from recipes.runs.reading import event_body
from recipes.validation import with_defaults
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

# A message has this long to arrive before the sweep looks for what it should have said.
PATIENCE = timedelta(seconds=5)
BATCH = 200
DUE = Q(assessed_at=None, completed_at__isnull=False, recipe__isnull=False)


def assess(workspace_id: UUID, execution_id: UUID) -> Notice | None:
    """Assess a run that is over and has no assessment; what to publish, or None when there is nothing to do.

    Called twice, or by two workers at once, it counts once: the run's row is held, and what is assessed is left alone.
    """
    with workspace_scope(workspace_id):
        rows = Execution.objects.filter(DUE, pk=execution_id, workspace_id=workspace_id)
        execution = rows.exclude(status__in=LIVE_STATUSES).select_for_update(of=("self",), no_key=True).first()
        return _assess(execution) if execution is not None else None


def _assess(execution: Execution) -> Notice:
    found = facts_of(execution)
    now = timezone.now()
    quality = quality_of(found, at=iso(now))
    execution.quality, execution.quality_score, execution.assessed_at = quality, quality["quality_score"], now
    # What an evaluation tries says nothing of how the recipe does at work.
    is_tried = execution.triggered_by == Trigger.EVALUATION
    if not is_tried:
        raise_figures(execution, quality["quality_score"], found.steps)
    told = [("quality.ready", quality)]
    if not is_tried and _learns(execution):
        execution.learning = learn(execution, found)
        told.append(("learning.ready", {name: execution.learning[name] for name in ("patterns", "suggestions")}))
    if not is_tried:
        note_for_judge(execution)
    events = add_events(execution, told)
    execution.save(update_fields=["quality", "quality_score", "assessed_at", "learning", "last_seq"])
    return Notice(execution.workspace_id, execution.pk, events)


def quality_of(found: Found, *, at: str | None) -> dict[str, Any]:
    """The assessment as it is kept and shown."""
    dimensions = formulas.breakdown(found.run)
    value = formulas.score(dimensions)
    return {
        "quality_score": value,
        "breakdown": dimensions,
        "grade": formulas.grade(value),
        "bottlenecks": bottlenecks_of(found.run.steps),
        "assessed_at": at,
    }


def learn(execution: Execution, found: Found) -> dict[str, Any]:
    """Note the run's patterns and suggestions with its recipe; the whole as the run keeps it."""
    suggestions = suggestions_for(found.patterns, found.run.steps)
    raise_learning(execution, found.patterns, suggestions)
    keep_lessons(execution, lessons_from(found.patterns, found.steps))
    errors = [
        {"step": step.order, "code": str((step.error or {}).get("code", ""))} for step in found.steps if step.error
    ]
    metrics = metrics_of(duration=found.run.duration, steps=found.run.steps, errors=errors)
    return {"patterns": plain(found.patterns), "suggestions": plain(suggestions), "metrics": metrics}


def learn_late(execution: Execution, found: Found) -> Notice:
    """Learn from a run that was assessed without it; its row is held. What to publish."""
    execution.learning = learn(execution, found)
    told = {name: execution.learning[name] for name in ("patterns", "suggestions")}
    events = add_events(execution, [("learning.ready", told)])
    execution.save(update_fields=["learning", "last_seq"])
    return Notice(execution.workspace_id, execution.pk, events)


def _learns(execution: Execution) -> bool:
    """Whether the recipe wants to learn from its runs by itself."""
    assert execution.recipe is not None
    return bool(with_defaults(execution.recipe.execution_config)["auto_learning"])


def add_events(execution: Execution, told: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Number them after the run's last event; its row is held, so nobody else numbers meanwhile."""
    at = timezone.now()
    rows = [
        Event(workspace_id=execution.workspace_id, execution=execution, seq=seq, type=kind, data=data, at=at)
        for seq, (kind, data) in enumerate(told, execution.last_seq + 1)
    ]
    Event.objects.bulk_create(rows)
    execution.last_seq += len(rows)
    return [event_body(row) for row in rows]


def overdue() -> list[tuple[UUID, UUID]]:
    """Runs that nobody assessed although they are over for a while: (workspace, run), the oldest first."""
    with system_scope(Purpose.UPKEEP):
        rows = Execution.objects.filter(DUE, completed_at__lt=timezone.now() - PATIENCE)
        return list(rows.order_by("completed_at").values_list("workspace_id", "id")[:BATCH])
