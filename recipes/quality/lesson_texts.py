"""What the patterns of a run teach the next one, in a sentence or two."""

from collections.abc import Sequence

from recipes.lessons.keeping import NewLesson
from recipes.models import ExecutionStep
from recipes.quality.patterns import Pattern

# Characters of an error's message that are repeated.
QUOTED = 200
TEXTS = {
    "slow_step": "Step {step} took {detail}. Keep its answer short and ask for no more than is needed.",
    "empty_output": "Step {step} answered with nothing. Always answer with at least one sentence.",
    "retry_needed": "Step {step} took {detail}. Follow its task word for word and keep to the asked form.",
    "missing_input": "The input {detail} was empty. Say what is missing instead of guessing it.",
}


def lessons_from(patterns: Sequence[Pattern], steps: Sequence[ExecutionStep]) -> list[NewLesson]:
    """A lesson for each pattern of a step; the failure of a whole run is told by that of its step."""
    by_order = {step.order: step for step in steps}
    found = []
    for pattern in patterns:
        step = by_order.get(pattern.step or 0)
        key = f"{pattern.type}:{pattern.step_id}"
        if pattern.type == "step_failure" and step is not None:
            found.append(_of_failure(key, step))
        elif pattern.type in TEXTS:
            name = f"{pattern.step} ({step.title})" if step else str(pattern.step)
            text = TEXTS[pattern.type].format(step=name, detail=pattern.detail)
            found.append(NewLesson(key, text, step.agent_id if step else None))
    return found


def _of_failure(key: str, step: ExecutionStep) -> NewLesson:
    """It repeats the error's words, so it carries whatever untrusted text the step had read."""
    error = step.error or {}
    message = " ".join(str(error.get("message", "")).split())[:QUOTED]
    text = f"Step {step.order} ({step.title}) failed with {error.get('code', 'an error')}: {message}"
    return NewLesson(key, f"{text} Avoid what led to it.", step.agent_id, tuple(map(str, step.origins or ())))
