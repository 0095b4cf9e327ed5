"""What each kind of step needs beside its agent: its settings, and where it may stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from automatos.checking import Problems
from recipes.engine import expressions, templating
from recipes.engine.graph import BRANCHES
from recipes.engine.growing import BODY
from recipes.engine.looping import MOST_ITEMS
from recipes.engine.new_steps import PERSON, TIME, WEBHOOK, expression_of, iterated
from recipes.engine.parking import LONGEST
from recipes.engine.storing import as_json
from recipes.engine.templating import texts_of
from recipes.models import RecipeStep, StepKind

# The kinds that a recipe's steps may be, and the settings each has.
SETTINGS: dict[str, tuple[str, ...]] = {
    StepKind.AGENT: (),
    StepKind.CONDITION: ("expression",),
    StepKind.LOOP: ("over", "at_most", "at_once"),
    StepKind.RECIPE: ("recipe", "version", "inputs", "leaves"),
    StepKind.TOOL: ("tool", "arguments"),
    StepKind.WAIT: ("for", "within", "fields", "seconds", "until"),
}
USABLE = tuple(str(kind) for kind in SETTINGS)
# Those under which other steps may stand, with the branches they have.
BRANCHING: dict[StepKind, tuple[str, ...]] = {StepKind.CONDITION: BRANCHES, StepKind.LOOP: (BODY,)}
# What a loop's body may name besides, how deep loops may stand in one another, and most rounds of one at work at once.
LOCAL = ("item", "loop")
DEEPEST_LOOP, MOST_AT_ONCE = 3, 100
# The icons of kinds without an agent, in place of its face.
ICONS: dict[str, str] = {
    StepKind.CONDITION: "split",
    StepKind.LOOP: "repeat",
    StepKind.RECIPE: "book-open",
    StepKind.WAIT: "hourglass",
    StepKind.TOOL: "wrench",
}


def has_prompt(kind: str, config: Mapping[str, Any] | None) -> bool:
    """Whether such a step has a text with variables: what an agent or a person is asked."""
    return kind == StepKind.AGENT or (kind == StepKind.WAIT and (config or {}).get("for") == PERSON)


def when(condition: str, branch: str) -> str:
    """With which outcome of the condition of this name a step runs, or in which loop, in words."""
    if branch == BODY:
        return f"in each round of {condition}"
    return f"only if {condition}" if branch == "then" else f"only if not {condition}"


def shown(step: RecipeStep) -> str:
    """What a step is asked, for people to read."""
    config = step.config or {}
    if step.kind == StepKind.TOOL:
        return f"{config.get('tool')} {as_json(config.get('arguments') or {})}"
    if step.kind == StepKind.WAIT and config.get("for") == WEBHOOK:
        return "a signed message"
    if step.kind == StepKind.WAIT and config.get("for") == TIME:
        return f"until {config['until']}" if "until" in config else f"{config.get('seconds')} seconds"
    if step.kind == StepKind.RECIPE:
        return f"version {config.get('version')} with {as_json(config.get('inputs') or {})}"
    if step.kind == StepKind.LOOP:
        return f"for each of {iterated(config)}"
    return step.prompt_template or expression_of(config)


def check_kind(field: str, step: RecipeStep, problems: Problems) -> None:
    """Notes a kind there is not, and settings it does not have."""
    problems.choice(f"{field}.kind", step.kind, USABLE)
    allowed = SETTINGS.get(step.kind, ())
    for name in step.config or {}:
        if name not in allowed:
            known = f"It has: {', '.join(allowed)}." if allowed else "Leave config out."
            problems.add(f"{field}.config.{name}", f"A step of the kind {step.kind} has no such setting. {known}")


@dataclass(frozen=True, slots=True)
class Known:
    """What a step may name. local: item and loop, inside of a loop."""

    inputs: Sequence[str]
    earlier: Sequence[templating.Output]
    local: Sequence[str] = ()

    def problems_of(self, text: str) -> list[str]:
        """What is wrong with the variables of a text."""
        return templating.check(text, inputs=self.inputs, earlier=self.earlier, local=self.local)

    @property
    def names(self) -> list[str]:
        """What an expression may name."""
        found = [*self.local, *(f"input.{name}" for name in self.inputs), *(output.key for output in self.earlier)]
        if self.earlier:
            numbered = (f"step_{output.order}_output" for output in self.earlier if output.order > 0)
            found += ["previous_output", *numbered]
        return found


def known(
    row: RecipeStep, before: Sequence[RecipeStep], told: Sequence[templating.Output], inputs: Sequence[str]
) -> Known:
    """What a step may name: what is told before the loops it stands in, and in the same rounds.

    told: the outputs of the rows before it. Those of a loop's body are nobody's outside, and have no number.
    """
    loops = loops_of(row, before)
    rows = {one.order: one for one in before}
    earlier = []
    for output in told:
        inside = loops_of(rows[output.order], before)
        if inside != loops[: len(inside)] or (len(inside) < len(loops) and output.order >= loops[len(inside)].order):
            continue
        earlier.append(replace(output, order=-output.order) if inside else output)
    return Known(inputs, earlier, LOCAL if loops else ())


def loops_of(row: RecipeStep, before: Sequence[RecipeStep]) -> list[RecipeStep]:
    """The loops a step stands in, the outermost first."""
    found: list[RecipeStep] = []
    above: RecipeStep | None = row
    while above is not None and above.under:
        above = next((one for one in before if one.step_id == above.under and one.order < above.order), None)
        if above is not None and above.kind == StepKind.LOOP:
            found.insert(0, above)
    return found


def check_loops(rows: Sequence[tuple[str, RecipeStep]], problems: Problems) -> None:
    """Notes loops without a body, loops nested too deep, and output keys that mean something else in a loop."""
    steps = [row for _, row in rows]
    for field, row in rows:
        inside = loops_of(row, steps)
        if len(inside) >= DEEPEST_LOOP and row.kind == StepKind.LOOP:
            problems.add(f"{field}.under", f"Loops may stand in one another {DEEPEST_LOOP} deep.")
        if row.kind == StepKind.LOOP and not any(one.under == row.step_id for one in steps):
            text = f"Nothing stands in this loop. Put a step into it: under {row.step_id}, branch {BODY}."
            problems.add(f"{field}.config.over", text)
        if row.output_key in LOCAL and any(one.kind == StepKind.LOOP for one in steps):
            problems.add(f"{field}.output_key", f"{row.output_key} has a meaning in loops; choose another name.")


def check_settings(field: str, step: RecipeStep, known: Known, problems: Problems) -> None:
    """Notes what is wrong with the settings of a step that no model does."""
    check = CHECKS.get(StepKind(step.kind)) if step.kind in StepKind.values else None
    if check is not None:
        check(field, step, known, problems)


def _check_tool(field: str, step: RecipeStep, known: Known, problems: Problems) -> None:
    config = step.config or {}
    problems.text(f"{field}.config.tool", config.get("tool", ""), longest=200, required=True)
    arguments = config.get("arguments", {})
    if not isinstance(arguments, dict):
        problems.add(f"{field}.config.arguments", 'Write an object, for example {"expression": "1 + 1"}.')
        return
    for text in texts_of(arguments):
        for problem in known.problems_of(text):
            problems.add(f"{field}.config.arguments", problem)


def _check_wait(field: str, step: RecipeStep, known: Known, problems: Problems) -> None:
    config = step.config or {}
    waits_for = config.get("for", "")
    own = {PERSON: ("within", "fields"), TIME: ("seconds", "until"), WEBHOOK: ("within",)}.get(str(waits_for))
    if own is None:
        problems.add(f"{field}.config.for", f"Write {PERSON}, {TIME} or {WEBHOOK}.")
        return
    for name in config:
        if name not in ("for", *own):
            problems.add(f"{field}.config.{name}", f"A wait for a {waits_for} has no such setting.")
    if "within" in config:
        _check_seconds(f"{field}.config.within", config["within"], problems)
    if waits_for == WEBHOOK:
        return
    if waits_for == PERSON:
        if not isinstance(config.get("fields", {}), dict):
            problems.add(f"{field}.config.fields", 'Write an object, for example {"reason": {"type": "string"}}.')
    elif ("seconds" in config) == ("until" in config):
        problems.add(f"{field}.config.seconds", "Write either seconds, or until with a time.")
    elif "seconds" in config:
        _check_seconds(f"{field}.config.seconds", config["seconds"], problems)
    else:
        until = config["until"]
        for problem in known.problems_of(until) if isinstance(until, str) else ["Write text."]:
            problems.add(f"{field}.config.until", problem)


def _check_seconds(field: str, value: Any, problems: Problems) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        problems.add(field, "Write a number of seconds.")
    else:
        problems.number(field, value, low=1, high=LONGEST)


def _check_condition(field: str, step: RecipeStep, known: Known, problems: Problems) -> None:
    """Notes what is wrong with a condition's expression."""
    expression = (step.config or {}).get("expression", "")
    if not isinstance(expression, str):
        problems.add(f"{field}.config.expression", "Write text.")
    elif problem := expressions.check(expression, known.names):
        problems.add(f"{field}.config.expression", problem)


def _check_loop(field: str, step: RecipeStep, known: Known, problems: Problems) -> None:
    """Notes what is wrong with what a loop goes through."""
    config = step.config or {}
    if not isinstance(config.get("over", ""), str) or not config.get("over", "").strip():
        problems.add(f"{field}.config.over", "Say what it goes through: a list such as {input.topics} or plan.topics.")
    elif problem := expressions.check(iterated(config), known.names):
        problems.add(f"{field}.config.over", problem)
    for name, most in (("at_most", MOST_ITEMS), ("at_once", MOST_AT_ONCE)):
        value = config.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int):
            problems.add(f"{field}.config.{name}", f"Write a whole number from 1 to {most}.")
        else:
            problems.number(f"{field}.config.{name}", value, low=1, high=most)


CHECKS = {
    StepKind.CONDITION: _check_condition,
    StepKind.LOOP: _check_loop,
    StepKind.TOOL: _check_tool,
    StepKind.WAIT: _check_wait,
}


def check_place(field: str, step: RecipeStep, before: Sequence[RecipeStep], problems: Problems) -> None:
    """Notes where a step stands under one that has no such branch, or that does not come before it."""
    if not step.under:
        if step.branch:
            problems.add(f"{field}.branch", "Say with `under` which step it stands under, or leave this out.")
        return
    above = next((one for one in before if one.step_id == step.under), None)
    branches = BRANCHING.get(StepKind(above.kind)) if above and above.kind in StepKind.values else None
    if branches is None:
        conditions = ", ".join(one.step_id for one in before if one.kind in BRANCHING) or "none"
        problems.add(
            f"{field}.under",
            f"A step can only stand under a condition or a loop that comes before it. There are: {conditions}.",
        )
    elif step.branch not in branches:
        problems.add(f"{field}.branch", f"Write {' or '.join(branches)}.")
