"""What the database knows of an ended run, in the shape the formulas take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import BooleanField, Case, Value, When

from recipes.engine.templating import names
from recipes.models import Execution, ExecutionStep, RecipeVersion, StepKind, StepStatus
from recipes.quality.formulas import RunFacts, StepFacts
from recipes.quality.patterns import Pattern, patterns_of
from recipes.validation import with_defaults

# Steps that count although they came to no end of their own, once they were begun.
BROKEN_OFF = (StepStatus.CANCELLED, StepStatus.RUNNING, StepStatus.WAITING)
# A longer final output is not read as JSON in search of declared fields.
LONGEST_JSON = 1_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A run as it is assessed. steps: the rows behind the facts, in the same order."""

    run: RunFacts
    patterns: Sequence[Pattern]
    steps: Sequence[ExecutionStep]


def facts_of(execution: Execution) -> Found:
    """Read the run's steps and its recipe as it was then."""
    every = list(_steps(execution))
    rows = [step for step in every if _was_begun(step)]
    # Neither a branch that was not taken nor a further round of a loop is what its recipe made expect.
    expected = {step.step_id for step in every if not _was_spared(step)}
    steps = [_step_facts(step) for step in rows]
    body = RecipeVersion.objects.filter(recipe=execution.recipe, version=execution.recipe_version).first()
    kept: Mapping[str, Any] = body.body if body else {}
    declared = list(kept.get("outputs") or ())
    timeout = float(with_defaults(kept.get("execution_config") or {})["total_timeout"])
    patterns = patterns_of(
        status=execution.status,
        steps=steps,
        error=str((execution.error or {}).get("code", "")),
        missing=_missing(execution, kept.get("inputs") or {}, _steps_told(execution)),
    )
    run = RunFacts(
        status=execution.status,
        expected=len(expected),
        steps=steps,
        has_error=execution.error is not None,
        declared=len(declared),
        present=present_fields(declared, execution.output_data),
        duration=_duration(execution, timeout),
        timeout=timeout,
        high=sum(pattern.severity == "high" for pattern in patterns),
        medium=sum(pattern.severity == "medium" for pattern in patterns),
        tokens=execution.tokens or None,
    )
    return Found(run, patterns, rows)


def _steps(execution: Execution) -> Iterable[ExecutionStep]:
    written = Case(When(output__regex=r"\S", then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = ExecutionStep.objects.filter(execution=execution).annotate(has_output=written).order_by("order")
    return rows.defer("prompt", "output", "opening", "prompt_template")


def _steps_told(execution: Execution) -> Iterable[tuple[int, str, str]]:
    rows = ExecutionStep.objects.filter(execution=execution).order_by("order")
    return rows.values_list("order", "step_id", "prompt_template")


def _was_begun(step: ExecutionStep) -> bool:
    if step.status in BROKEN_OFF:
        return step.started_at is not None
    return step.status != StepStatus.PENDING and not _was_spared(step)


def _was_spared(step: ExecutionStep) -> bool:
    """Whether it stands in a branch that was not taken."""
    return step.status == StepStatus.SKIPPED and step.started_at is None and step.error is None


def _step_facts(step: ExecutionStep) -> StepFacts:
    has_output: bool = step.has_output  # type: ignore[attr-defined]  # annotated above
    return StepFacts(
        order=step.order,
        step_id=step.step_id,
        name=step.name,
        status=step.status,
        retries=max(0, step.attempt - 1),
        duration=seconds(step.started_at, step.completed_at),
        timeout=step.timeout,
        # What only decides has nothing to say.
        has_output=has_output or step.kind != StepKind.AGENT,
        has_error=step.error is not None,
    )


def seconds(start: datetime | None, end: datetime | None) -> float | None:
    """From start to end; None where one of them is not known."""
    return None if start is None or end is None else (end - start).total_seconds()


def _duration(execution: Execution, timeout: float) -> float | None:
    """Seconds from its start to its end, without the time in which it waited for a person.

    Its deadline moves on as long as it waits, so what is left to it tells how long it was at work.
    """
    took = seconds(execution.started_at, execution.completed_at)
    left = seconds(execution.completed_at, execution.deadline_at)
    return took if took is None or left is None or left < 0 else min(took, max(0.0, timeout - left))


def present_fields(declared: Sequence[str], output: Mapping[str, Any] | None) -> int:
    """How many declared fields have a value: among the outputs by their keys, or in a final output that is JSON."""
    if not declared or not output:
        return 0
    known = {**_as_object(output.get("final_output")), **(output.get("outputs") or {})}
    return sum(known.get(name) not in (None, "", [], {}) for name in declared)


def _as_object(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > LONGEST_JSON:
        return {}
    inside = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        found = orjson.loads(inside)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _missing(
    execution: Execution, inputs: Mapping[str, Any], steps: Iterable[tuple[int, str, str]]
) -> list[tuple[str, int, str]]:
    """Inputs that a prompt names and that had no value: (input, order and id of the first such step)."""
    found: dict[str, tuple[str, int, str]] = {}
    for order, step_id, template in steps:
        for name in names(template):
            key = name.removeprefix("input.")
            if name == key or key in found or key not in inputs:
                continue
            value = execution.input_data.get(key)
            if value is None or (isinstance(value, str) and not value.strip()):
                found[key] = (key, order, step_id)
    return list(found.values())
