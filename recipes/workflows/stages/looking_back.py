"""Stages 6, 7 and 8: what the run teaches, how well it went, and what of it is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid5

from django.db.models import BooleanField, Case, Value, When
from django.utils import timezone

from agents.knowledge import memories
from agents.knowledge.memories import Note
from automatos.events import iso
from automatos.llm import embeddings
from recipes.engine.stages import Question, StageInput, StageResult
from recipes.models import Execution, ExecutionStep, StepKind
from recipes.quality import formulas
from recipes.quality.facts import seconds
from recipes.quality.formulas import RunFacts, StepFacts
from recipes.quality.lesson_texts import lessons_from
from recipes.quality.patterns import Pattern, bottlenecks_of, metrics_of, patterns_of, plain, suggestions_for
from recipes.workflows.names import EXECUTION, LEARNING, QUALITY, SELECTION
from recipes.workflows.planning import Plan
from recipes.workflows.plans import dumped, loaded
from recipes.workflows.stages.decomposition import goal_of, plan_of
from tools.contract import ToolProblem
from workspaces.scope.tenancy import workspace_scope

# How long an experience is kept, how many a run leaves, and how much of a result it repeats.
KEPT_FOR = timedelta(days=180)
MOST_EXPERIENCES = 5
QUOTED = 240
# What is confident enough to be kept: a run below this quality leaves its lessons alone.
LEAST_QUALITY = 0.6


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database knows of a run's subtasks by now. rows and facts in the same order."""

    execution: Execution
    rows: Sequence[ExecutionStep]
    facts: Sequence[StepFacts]
    patterns: Sequence[Pattern]


def seen(stage: StageInput) -> Seen:
    """Read it; only inside the workspace's scope."""
    written = Case(When(output__regex=r"\S", then=Value(True)), default=Value(False), output_field=BooleanField())
    execution = Execution.objects.get(pk=stage.execution_id)
    steps = ExecutionStep.objects.filter(execution=execution, path__isnull=False, kind=StepKind.AGENT)
    rows = list(steps.annotate(has_output=written).defer("prompt", "opening", "prompt_template").order_by("order"))
    begun = [row for row in rows if row.started_at is not None]
    facts = [_facts(row) for row in begun]
    patterns = patterns_of(status="completed", steps=facts, error="", missing=())
    return Seen(execution, begun, facts, patterns)


def _facts(row: ExecutionStep) -> StepFacts:
    has_output: bool = row.has_output  # type: ignore[attr-defined]  # annotated above
    status = "failed" if row.error is not None and row.status == "skipped" else row.status
    return StepFacts(
        row.order, row.step_id, row.name, status, max(0, row.attempt - 1), seconds(row.started_at, row.completed_at),
        row.timeout, has_output, row.error is not None,
    )  # fmt: skip


class Learning:
    """Patterns of the run, what could be done about them, and lessons."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """No model: rules."""
        return None

    def work(self, stage: StageInput) -> StageResult:
        """Note them with the run."""
        with workspace_scope(stage.workspace_id):
            known = seen(stage)
            suggestions = suggestions_for(known.patterns, known.facts)
            errors = [
                {"step": row.order, "code": str((row.error or {}).get("code", ""))} for row in known.rows if row.error
            ]
            told = {"patterns": plain(known.patterns), "suggestions": plain(suggestions)}
            metrics = metrics_of(duration=_so_far(known.execution), steps=known.facts, errors=errors)
            Execution.objects.filter(pk=known.execution.pk).update(learning={**told, "metrics": metrics})
            lessons = lessons_from(known.patterns, known.rows)
        kept = [{"text": one.text, "origins": list(one.origins)} for one in lessons]
        origins = tuple(dict.fromkeys(origin for one in lessons for origin in one.origins))
        return StageResult(dumped({**told, "lessons": kept}), origins, events=(("learning.ready", told),))


class Assessing:
    """The five dimensions of the run up to now: it measures the work on the subtasks, not the text."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """No model: arithmetic."""
        return None

    def work(self, stage: StageInput) -> StageResult:
        """Keep the score with the run."""
        with workspace_scope(stage.workspace_id):
            known = seen(stage)
            now = timezone.now()
            dimensions = formulas.breakdown(_run_facts(stage, known))
            value = formulas.score(dimensions)
            quality: dict[str, Any] = {
                "quality_score": value,
                "breakdown": dimensions,
                "grade": formulas.grade(value),
                "bottlenecks": bottlenecks_of(known.facts),
                "assessed_at": iso(now),
            }
            rows = Execution.objects.filter(pk=known.execution.pk)
            rows.update(quality=quality, quality_score=value, assessed_at=now)
        return StageResult(dumped(quality), events=(("quality.ready", quality),))


def _run_facts(stage: StageInput, known: Seen) -> RunFacts:
    """The run as the formulas take it: what its plan asked for, and what was begun."""
    executed = loaded(stage.text(EXECUTION)).get("subtasks") or {}
    execution = known.execution
    timeout = (execution.deadline_at - execution.created_at).total_seconds()
    return RunFacts(
        status="completed",
        expected=len(plan_of(stage).subtasks),
        steps=known.facts,
        has_error=any(row["status"] != "completed" for row in executed.values()),
        duration=_so_far(execution),
        timeout=timeout,
        high=sum(pattern.severity == "high" for pattern in known.patterns),
        medium=sum(pattern.severity == "medium" for pattern in known.patterns),
        tokens=execution.tokens or None,
    )


def _so_far(execution: Execution) -> float | None:
    return seconds(execution.started_at, timezone.now())


class Remembering:
    """Experiences become memories: what was asked for, who did it and how it went; and the run's lessons."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """No model: the words of the run."""
        return None

    def work(self, stage: StageInput) -> StageResult:
        """Keep them once each, with where untrusted words in them came from."""
        score = float(loaded(stage.text(QUALITY)).get("quality_score") or 0.0)
        with workspace_scope(stage.workspace_id):
            known = seen(stage)
        wanted = _experiences(stage, known, score) if score >= LEAST_QUALITY else []
        wanted = _with_vectors([*wanted, *_lessons(stage, score)])
        kept = 0
        try:
            for one in wanted:
                memories.keep(one)
                kept += 1
            why = ""
        except ToolProblem as full:
            why = str(full)
        texts = [{"id": str(one.id), "kind": one.kind, "text": one.text} for one in wanted[:kept]]
        return StageResult(dumped({"kept": kept, "memories": texts, "why_not_more": why}))


def _experiences(stage: StageInput, known: Seen, score: float) -> list[Note]:
    """One for each subtask that was done, the best matches first."""
    plan, picked = plan_of(stage), loaded(stage.text(SELECTION)).get("selection") or {}
    titles = {one.id: one.title for one in plan.subtasks}
    done = [row for row in known.rows if row.status == "completed" and row.output.strip()]
    done.sort(key=lambda row: -float((picked.get(row.step_id) or {}).get("match_score") or 0.0))
    return [_experience(stage, plan, row, titles, score) for row in done[:MOST_EXPERIENCES]]


def _experience(stage: StageInput, plan: Plan, row: ExecutionStep, titles: dict[str, str], score: float) -> Note:
    took = seconds(row.started_at, row.completed_at) or 0.0
    result = " ".join(row.output.split())[:QUOTED]
    text = (
        f"For the goal “{' '.join(goal_of(stage).split())[:QUOTED]}” {row.agent_name} did “"
        f"{titles.get(row.step_id, row.name)}” in {took:.0f} s. Its result began: {result}"
    )
    confidence = round(score * (0.8 if row.attempt > 1 else 1.0), 3)
    origins = tuple(map(str, row.origins or ()))
    about = {"kind": "experience", "confidence": confidence, "agent_id": row.agent_id}
    return _note(stage, row.step_id, text, **about, tags=("workflow", *_able(plan, row.step_id)), origins=origins)


def _able(plan: Plan, subtask: str) -> tuple[str, ...]:
    return next((one.required_capabilities for one in plan.subtasks if one.id == subtask), ())


def _lessons(stage: StageInput, score: float) -> list[Note]:
    rows, goal = loaded(stage.text(LEARNING)).get("lessons") or (), " ".join(goal_of(stage).split())[:120]
    about = {"kind": "lesson", "confidence": round(max(0.3, score), 3), "agent_id": None, "tags": ("workflow",)}
    return [
        _note(stage, f"lesson {number}", f"In work on “{goal}”: {row['text']}", **about, origins=tuple(row["origins"]))
        for number, row in enumerate(rows, 1)
    ]


def _with_vectors(notes: Sequence[Note]) -> list[Note]:
    """The notes with vectors made on this machine, all at once: that takes a quarter of the time."""
    vectors = embeddings.embed([one.text for one in notes])
    return [replace(one, vector=tuple(vector)) for one, vector in zip(notes, vectors, strict=True)]


def _note(stage: StageInput, key: str, text: str, **about: Any) -> Note:
    """A memory that has no vector yet. about: further fields of it."""
    return Note(
        id=uuid5(stage.execution_id, key),
        workspace_id=stage.workspace_id,
        execution_id=stage.execution_id,
        text=text,
        model=embeddings.LOCAL,
        vector=(),
        expires_at=timezone.now() + KEPT_FOR,
        **about,
    )
