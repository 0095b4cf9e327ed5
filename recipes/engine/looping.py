"""Loops: the steps of a loop's body, once for each item of a list; a window of rounds joins the run at a time.

The body stands in the loop's config, folded there when the run begins. Each claim of the loop grows the next window,
the claim after the last one hands in what the rounds left, in order. So a list of any length costs the same a step.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from automatos.errors import AppError
from recipes.engine.branching import named
from recipes.engine.expressions import calculate, names, structured
from recipes.engine.growing import BODY, Child, children, grow
from recipes.engine.ledger import Ledger, Run
from recipes.engine.new_steps import NewStep, Round, is_told, iterated, kept_as, step_of
from recipes.engine.outside_inputs import origins_behind
from recipes.engine.steps import Outcome, Step
from recipes.engine.storing import as_json
from recipes.engine.templating import Output
from recipes.models import StepKind, StepStatus

MOST_ITEMS, USUAL_ITEMS = 1000, 100
# Rounds, and steps, that join a run at once; the most steps that a run may come to.
WINDOW, WINDOW_STEPS, MOST_STEPS_OF_RUN = 50, 200, 10_000
AT_ONCE = 10
LONGEST_RESULT = 5_000_000
# How lines of a list begin that a model wrote.
MARK = re.compile(r"^\s*(?:[-*•]\s+|\d{1,4}[.)]\s+)")


class LoopError(AppError):
    """A loop that has nothing to go through, or too much."""

    code = "loop_failed"


def folded(steps: Sequence[NewStep]) -> list[NewStep]:
    """The steps of a recipe as a run begins with them: those under a loop stand in its config."""
    above = {step.step_id: step for step in steps}
    inside: dict[str, list[NewStep]] = {}
    outside = []
    for step in steps:
        loop = _loop_of(step, above)
        if loop is None:
            outside.append(step)
        else:
            inside.setdefault(loop, []).append(replace(step, under="", branch="") if step.under == loop else step)
    return [_with_body(step, inside) for step in outside] if inside else list(steps)


def _loop_of(step: NewStep, above: Mapping[str, NewStep]) -> str | None:
    """The innermost loop a step stands in. A row that stands under itself, or under nothing known, stands in none."""
    seen = {step.step_id}
    while step.under in above and step.under not in seen:
        seen.add(step.under)
        step = above[step.under]
        if step.kind == StepKind.LOOP:
            return step.step_id
    return None


def _with_body(step: NewStep, inside: Mapping[str, list[NewStep]]) -> NewStep:
    if step.kind != StepKind.LOOP:
        return step
    body = [_with_body(one, inside) for one in inside.get(step.step_id, [])]
    agents = {str(one.agent_id) for one in body if one.agent_id}
    agents |= {agent for one in body for agent in (one.config or {}).get("agents", ())}
    kept = {**(step.config or {}), BODY: [kept_as(one) for one in body], "agents": sorted(agents)}
    return replace(step, config=kept)


def go_round(ledger: Ledger, run: Run, step: Step, outputs: Sequence[Output]) -> Outcome | None:
    """Grow the next window; when there is none, what the rounds left. Raises LoopError or ExpressionError."""
    config = step.config or {}
    if step.state is None:
        items = items_of(config, run.input_data, outputs, step.local)
        over = [f"{{{name}}}" for name in names(iterated(config))]
        step.state = {"items": items, "origins": list(origins_behind(run, step, over, outputs))}
    items, origins = step.state["items"], step.state["origins"]
    body = [step_of(one) for one in config[BODY]]
    begin = step.grown
    if begin >= len(items):
        return result(ledger, step, len(items))
    if run.total_steps + len(body) * len(items) > MOST_STEPS_OF_RUN and not begin:
        raise LoopError(f"A run has at most {MOST_STEPS_OF_RUN:,} steps; with {len(items)} items it would have more.")
    lanes = min(int(config.get("at_once") or AT_ONCE), run.parallel_limit or AT_ONCE)
    window = max(lanes, min(WINDOW, WINDOW_STEPS // len(body)))
    if begin:
        step.state = None  # written once
    grow(
        ledger,
        run,
        step,
        [
            Round(
                number,
                body,
                _local(items, number),
                after=max(0, number - lanes - begin) and number - lanes,
                origins=origins,
            )
            for number in range(begin + 1, min(begin + window, len(items)) + 1)
        ],
    )
    return None


def _local(items: Sequence[Any], number: int) -> dict[str, Any]:
    return {"item": items[number - 1], "loop": {"index": number - 1, "number": number, "count": len(items)}}


def items_of(
    config: Mapping[str, Any], inputs: Mapping[str, Any], outputs: Sequence[Output], local: Mapping[str, Any]
) -> list[Any]:
    """What a loop goes through: a list, a text that reads as a JSON list, or the lines of a text."""
    over = iterated(config)
    found = calculate(over, inputs, {**named(outputs), **local})
    if isinstance(found, str):
        found = structured(found)
    if isinstance(found, dict):
        raise LoopError(f"{over} is an object and no list. Name the field of it that is one: {over}.<field>")
    if found is None or isinstance(found, str):
        lines = (MARK.sub("", line).strip() for line in (found or "").splitlines())
        found = [line for line in lines if line]
    items: list[Any] = found if isinstance(found, list) else [found]
    most = int(config.get("at_most") or USUAL_ITEMS)
    if len(items) > most:
        raise LoopError(f"There are {len(items)} items, and this loop goes through {most} at most. Raise its limit.")
    return items


def result(ledger: Ledger, step: Step, count: int) -> Outcome:
    """The results in the order of the items; null where a round left none."""
    rounds: dict[int, list[Child]] = {}
    for child in children(ledger, step) if step.grown else ():
        rounds.setdefault(child.iteration, []).append(child)
    results = [_left(rounds.get(number, [])) for number in range(1, count + 1)]
    text = as_json(results) or "[]"
    if len(text) > LONGEST_RESULT:
        raise LoopError(f"The results are {len(text):,} characters long; the limit is {LONGEST_RESULT:,}.")
    origins = tuple(dict.fromkeys(o for round_ in rounds.values() for child in round_ for o in child.origins))
    return Outcome(step.id, step.fence, output=text, origins=origins, attempt=step.attempt)


def _left(round_: Sequence[Child]) -> Any:
    """What the last step of a round left that came to its end; objects and lists as such."""
    told = [child for child in round_ if is_told(child.kind, child.config) and child.status == StepStatus.COMPLETED]
    if not told or any(child.error for child in round_):
        return None
    found = structured(told[-1].output)
    return found if isinstance(found, (dict, list)) else told[-1].output
