"""What each kind of step needs beside its agent: its settings, and where it may stand."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from automatos.checking import Problems
from recipes.engine import expressions, templating
from recipes.engine.graph import BRANCHES
from recipes.engine.ledger import as_json
from recipes.engine.new_steps import PERSON, TIME, expression_of, is_told
from recipes.engine.parking import LONGEST
from recipes.engine.templating import texts_of
from recipes.models import RecipeStep, StepKind

# The kinds that a recipe's steps may be, and the settings each has.
SETTINGS: dict[str, tuple[str, ...]] = {
    StepKind.AGENT: (),
    StepKind.CONDITION: ("expression",),
    StepKind.TOOL: ("tool", "arguments"),
    StepKind.WAIT: ("for", "within", "fields", "seconds", "until"),
}
USABLE = tuple(str(kind) for kind in SETTINGS)
# Those under which other steps may stand, with the branches they have.
BRANCHING = {StepKind.CONDITION: BRANCHES}
# The icons of kinds without an agent, in place of its face.
ICONS: dict[str, str] = {StepKind.CONDITION: "split", StepKind.WAIT: "hourglass", StepKind.TOOL: "wrench"}


def has_prompt(kind: str, config: Mapping[str, Any] | None) -> bool:
    """Whether such a step has a text with variables: what an agent or a person is asked."""
    return kind == StepKind.AGENT or (kind == StepKind.WAIT and is_told(kind, config))


def when(condition: str, branch: str) -> str:
    """With which outcome of the condition of this name a step runs, in words."""
    return f"only if {condition}" if branch == "then" else f"only if not {condition}"


def shown(step: RecipeStep) -> str:
    """What a step is asked, for people to read."""
    config = step.config or {}
    if step.kind == StepKind.TOOL:
        return f"{config.get('tool')} {as_json(config.get('arguments') or {})}"
    if step.kind == StepKind.WAIT and config.get("for") == TIME:
        return f"until {config['until']}" if "until" in config else f"{config.get('seconds')} seconds"
    return step.prompt_template or expression_of(config)


def check_kind(field: str, step: RecipeStep, problems: Problems) -> None:
    """Notes a kind there is not, and settings it does not have."""
    problems.choice(f"{field}.kind", step.kind, USABLE)
    allowed = SETTINGS.get(step.kind, ())
    for name in step.config or {}:
        if name not in allowed:
            known = f"It has: {', '.join(allowed)}." if allowed else "Leave config out."
            problems.add(f"{field}.config.{name}", f"A step of the kind {step.kind} has no such setting. {known}")


def check_settings(
    field: str, step: RecipeStep, inputs: Collection[str], earlier: Sequence[templating.Output], problems: Problems
) -> None:
    """Notes what is wrong with the settings of a step that no model does."""
    if step.kind == StepKind.CONDITION:
        _check_condition(field, step, inputs, earlier, problems)
    elif step.kind == StepKind.WAIT:
        _check_wait(field, step, inputs, earlier, problems)
    elif step.kind == StepKind.TOOL:
        _check_tool(field, step, inputs, earlier, problems)


def _check_tool(
    field: str, step: RecipeStep, inputs: Collection[str], earlier: Sequence[templating.Output], problems: Problems
) -> None:
    config = step.config or {}
    problems.text(f"{field}.config.tool", config.get("tool", ""), longest=200, required=True)
    arguments = config.get("arguments", {})
    if not isinstance(arguments, dict):
        problems.add(f"{field}.config.arguments", 'Write an object, for example {"expression": "1 + 1"}.')
        return
    for text in texts_of(arguments):
        for problem in templating.check(text, inputs=inputs, earlier=earlier):
            problems.add(f"{field}.config.arguments", problem)


def _check_wait(
    field: str, step: RecipeStep, inputs: Collection[str], earlier: Sequence[templating.Output], problems: Problems
) -> None:
    config = step.config or {}
    waits_for = config.get("for", "")
    own = {PERSON: ("within", "fields"), TIME: ("seconds", "until")}.get(str(waits_for))
    if own is None:
        problems.add(f"{field}.config.for", f"Write {PERSON} or {TIME}.")
        return
    for name in config:
        if name not in ("for", *own):
            problems.add(f"{field}.config.{name}", f"A wait for a {waits_for} has no such setting.")
    if waits_for == PERSON:
        if "within" in config:
            _check_seconds(f"{field}.config.within", config["within"], problems)
        if not isinstance(config.get("fields", {}), dict):
            problems.add(f"{field}.config.fields", 'Write an object, for example {"reason": {"type": "string"}}.')
    elif ("seconds" in config) == ("until" in config):
        problems.add(f"{field}.config.seconds", "Write either seconds, or until with a time.")
    elif "seconds" in config:
        _check_seconds(f"{field}.config.seconds", config["seconds"], problems)
    else:
        until = config["until"]
        for problem in (
            templating.check(until, inputs=inputs, earlier=earlier) if isinstance(until, str) else ["Write text."]
        ):
            problems.add(f"{field}.config.until", problem)


def _check_seconds(field: str, value: Any, problems: Problems) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        problems.add(field, "Write a number of seconds.")
    else:
        problems.number(field, value, low=1, high=LONGEST)


def _check_condition(
    field: str, step: RecipeStep, inputs: Collection[str], earlier: Sequence[templating.Output], problems: Problems
) -> None:
    """Notes what is wrong with a condition's expression."""
    expression = (step.config or {}).get("expression", "")
    if not isinstance(expression, str):
        problems.add(f"{field}.config.expression", "Write text.")
        return
    known = [f"input.{name}" for name in inputs] + [output.key for output in earlier]
    if earlier:
        known += ["previous_output", *(f"step_{output.order}_output" for output in earlier)]
    if problem := expressions.check(expression, known):
        problems.add(f"{field}.config.expression", problem)


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
            f"{field}.under", f"A step can only stand under a condition that comes before it. There are: {conditions}."
        )
    elif step.branch not in branches:
        problems.add(f"{field}.branch", f"Write {' or '.join(branches)}.")
