"""What a run shows that is worth learning from, and what could be done about it: rules, no model."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from recipes.quality.formulas import MANY_RETRIES, SLOW, SLOWEST, StepFacts

# Seconds from which a step is a pattern of its own.
SLOW_STEP = 30.0
# Attempts after the first from which another model is advised.
STUBBORN = 3
SEVERITY = {
    "failure": "high",
    "step_failure": "high",
    "slow_step": "medium",
    "empty_output": "low",
    "retry_needed": "medium",
    "missing_input": "high",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something a run shows. step: the place of the step it is about, None for the whole run; detail: how much."""

    type: str
    severity: str
    step: int | None = None
    step_id: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What could be done. type: prompt_rewrite, model_upgrade or tool_addition; because: the pattern behind it."""

    type: str
    priority: str
    because: str
    reason: str
    step: int | None = None
    step_id: str = ""


def patterns_of(
    *, status: str, steps: Sequence[StepFacts], error: str, missing: Iterable[tuple[str, int, str]]
) -> list[Pattern]:
    """The patterns of a run. error: its code, if any; missing: (input, order, step_id) of inputs without a value."""
    found = []
    if status in ("failed", "stopped"):
        found.append(_pattern("failure", detail=error))
    for step in steps:
        if step.status == "failed":
            found.append(_pattern("step_failure", step))
        if step.duration is not None and step.duration > SLOW_STEP:
            found.append(_pattern("slow_step", step, f"{step.duration:.1f} s"))
        if step.status == "completed" and not step.has_output:
            found.append(_pattern("empty_output", step))
        if step.retries:
            found.append(_pattern("retry_needed", step, f"{step.retries + 1} attempts"))
    for name, order, step_id in missing:
        found.append(Pattern("missing_input", SEVERITY["missing_input"], order, step_id, name))
    return found


def _pattern(kind: str, step: StepFacts | None = None, detail: str = "") -> Pattern:
    return Pattern(kind, SEVERITY[kind], step.order if step else None, step.step_id if step else "", detail)


def suggestions_for(patterns: Iterable[Pattern], steps: Sequence[StepFacts]) -> list[Suggestion]:
    """What each pattern suggests; the same for the same step once, with the highest priority."""
    retries = {step.step_id: step.retries for step in steps}
    found: dict[tuple[str, str], Suggestion] = {}
    for pattern in patterns:
        for one in _advice(pattern, retries.get(pattern.step_id, 0)):
            known = found.get((one.type, one.step_id))
            if known is None or RANK[one.priority] > RANK[known.priority]:
                found[one.type, one.step_id] = one
    return list(found.values())


RANK = {"low": 0, "medium": 1, "high": 2}


def _advice(pattern: Pattern, retries: int) -> Iterable[Suggestion]:
    def advise(kind: str, priority: str, reason: str) -> Suggestion:
        return Suggestion(kind, priority, pattern.type, reason, pattern.step, pattern.step_id)

    match pattern.type:
        case "step_failure":
            yield advise("prompt_rewrite", "high", "The step failed. Say more exactly what it is to do.")
            yield advise("model_upgrade", "medium", "The step failed. A stronger model may manage it.")
        case "slow_step":
            yield advise("prompt_rewrite", "medium", f"The step took {pattern.detail}. Ask for less.")
        case "empty_output":
            yield advise("prompt_rewrite", "low", "The step answered with nothing. Say what the answer must hold.")
        case "retry_needed":
            yield advise("tool_addition", "medium", f"The step took {pattern.detail}. A tool may do part of it.")
            if retries >= STUBBORN:
                yield advise("model_upgrade", "high", f"The step took {pattern.detail}. Use a stronger model.")
        case "failure":
            yield advise("prompt_rewrite", "high", "The run failed. Look at what its steps are asked.")


def metrics_of(
    *, duration: float | None, steps: Sequence[StepFacts], errors: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """What the run came to: seconds in all and of each step, share of completed steps, retries, errors."""
    completed = sum(step.status == "completed" for step in steps)
    return {
        "total_duration": duration,
        "step_durations": {step.step_id: step.duration for step in steps},
        "success_rate": completed / len(steps) if steps else 0.0,
        "retries": sum(step.retries for step in steps),
        "errors": list(errors),
    }


def bottlenecks_of(steps: Sequence[StepFacts]) -> list[dict[str, Any]]:
    """The three slowest steps over 5 s, each failed step, each step with many retries. Times in milliseconds."""
    slow = sorted((s for s in steps if s.duration is not None and s.duration > SLOW), key=lambda s: -(s.duration or 0))
    found = [_bottleneck("slow_step", step) for step in slow[:SLOWEST]]
    found += [_bottleneck("failed_step", step) for step in steps if step.status == "failed"]
    return found + [_bottleneck("many_retries", step) for step in steps if step.retries >= MANY_RETRIES]


def _bottleneck(kind: str, step: StepFacts) -> dict[str, Any]:
    milliseconds = None if step.duration is None else round(step.duration * 1000)
    return {
        "type": kind,
        "step": step.order,
        "step_id": step.step_id,
        "name": step.name or step.step_id,
        "duration_ms": milliseconds,
        "retries": step.retries,
    }


def plain(rows: Iterable[Pattern | Suggestion]) -> list[dict[str, Any]]:
    """As JSON keeps them."""
    return [asdict(row) for row in rows]
