"""Conditions: decided where their steps are claimed, without a worker's slot, a model or the network."""

from collections.abc import Sequence

from recipes.engine.expressions import evaluate, names
from recipes.engine.ledger import Run
from recipes.engine.outside_inputs import origins_behind
from recipes.engine.steps import Outcome, Step
from recipes.engine.storing import as_json
from recipes.engine.templating import Output
from recipes.models import StepKind


def asked_of(step: Step) -> str:
    """What a step without a prompt is asked, as people read it."""
    config = step.config or {}
    if step.kind == StepKind.TOOL:
        return f"{config.get('tool', '')} {as_json(config.get('arguments') or {})}"
    if step.kind == StepKind.LOOP:
        return str(config.get("over", ""))
    return str(config.get("expression") or config.get("stage") or "")


def named(outputs: Sequence[Output]) -> dict[str, str]:
    """The texts of outputs by all names that stand for them."""
    texts = {f"step_{output.order}_output": output.text for output in outputs}
    texts |= {output.key: output.text for output in outputs}
    last = next((output for output in reversed(outputs) if not output.passed_by), None)
    return {**texts, "previous_output": last.text} if last else texts


def decide(run: Run, step: Step, outputs: Sequence[Output]) -> Outcome:
    """The branch that is taken, `then` or `else`. Raises ExpressionError where that cannot be told."""
    expression = asked_of(step)
    holds = evaluate(expression, run.input_data, {**named(outputs), **step.local})
    origins = origins_behind(run, step, [f"{{{name}}}" for name in names(expression)], outputs)
    branch = "then" if holds else "else"
    return Outcome(step.id, step.fence, branch=branch, origins=origins, attempt=step.attempt)
