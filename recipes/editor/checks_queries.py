"""Every problem of a draft before it cooks: what the services refuse, and what they cannot see.

The editor, POST /validate and YAML show these same problems. An error hinders publishing or cooking; a warning says
what would go wrong or never happen.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from agents.models import Agent
from agents.work.queries import spec_of, unusable
from agents.work.toolbox import toolbox_of
from recipes import services
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.editor.body import Body
from recipes.engine import expressions, templating
from recipes.engine.new_steps import WEBHOOK
from recipes.engine.parking import UNSIGNED
from recipes.models import Recipe, RecipeTrigger, StepKind, TriggerKind
from recipes.validation import NO_SUCH_AGENT
from workspaces.models import Workspace

ERROR, WARNING = "error", "warning"
# As `templating.check` and `expressions.check` tell of a name that is not there.
UNKNOWN = re.compile(r"^\{?([\w.\-\[\]]+)\}? (?:is not known here|is not an input of this recipe)\.(.*)$", re.S)
FOREIGN = re.compile(r"^(\{.*\}) would be sent as it stands, .* Write (\{.*\})\.$", re.S)
NAME = re.compile(r"\{?((?:input\.)?[A-Za-z_][\w-]*)\}?")
PREVIOUS = "previous_output"
NUMBERS = ("number", "integer")
WORDS = {"number": "a number", "integer": "a whole number", "boolean": "true or false", "array": "a list"}


@dataclass(frozen=True, slots=True)
class Cure:
    """What mends a problem at once: in the field's text, `old` becomes `new`."""

    words: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. field: as services name it, steps by their place from 0. step_id: of its step."""

    field: str
    text: str
    severity: str = ERROR
    step_id: str = ""
    cures: Sequence[Cure] = ()


def check(workspace: Workspace, body: Body, recipe: Recipe) -> list[Problem]:
    """The draft's problems, in the order of the recipe, errors before warnings at one field."""
    told: list[tuple[str, str, str]] = [(name, text, ERROR) for name, text in bodies.doubles(body)]
    refused = services.problems_of(workspace, drafts.as_input(body))
    told += [(name, text, ERROR) for name, texts in refused.items() for text in texts]
    idle = list(_idle(workspace, body))
    told = [row for row in told if row[1] != NO_SUCH_AGENT or row[0] not in {name for name, _, _ in idle}] + idle
    bad = {name for name, _, _ in told}
    for look in (_unreachable, _mismatched):
        told += [(name, text, WARNING) for name, text in look(body) if name not in bad]
    told += [row for row in _tools(workspace, body) if row[0] not in bad]
    told += [(name, text, WARNING) for name, text in _unsigned(recipe, body) if name not in bad]
    found = [_problem(body, *row) for row in dict.fromkeys(told)]
    return sorted(found, key=_place)


def _place(problem: Problem) -> tuple[int, int, str, str]:
    first, _, rest = problem.field.partition(".")
    number = int(rest.split(".")[0]) if first == "steps" and rest.split(".")[0].isdigit() else -1
    rank = {"steps": 1, "execution_config": 2}.get(first, 0)
    return rank, number, problem.field, problem.severity


def _problem(body: Body, name: str, text: str, severity: str) -> Problem:
    parts = name.split(".")
    place = int(parts[1]) if parts[0] == "steps" and len(parts) > 1 and parts[1].isdigit() else -1
    step_id = body["steps"][place]["step_id"] if 0 <= place < len(body["steps"]) else ""
    if foreign := FOREIGN.match(text):
        return Problem(name, text, severity, step_id, (Cure(f"Use {foreign[2]}", foreign[1], foreign[2]),))
    match = UNKNOWN.match(text)
    if match is None:
        return Problem(name, text, severity, step_id)
    wrong, rest = match[1], match[2]
    names = rest.split(";")[0].partition("can use" if "can use" in rest else "are")[2]
    known: list[str] = list(NAME.findall(names))
    near = get_close_matches(wrong, known, n=1, cutoff=0.5) or _by_last_part(wrong, known)
    wished = list(dict.fromkeys([*near, *([PREVIOUS] if PREVIOUS in known or _has_output(known) else [])]))
    braces = text.startswith("{")
    shown = (lambda each: f"{{{each}}}") if braces else str
    cures = [Cure(f"Use {shown(each)}", shown(wrong), shown(each)) for each in wished]
    what = "of this recipe" if "is not an input" in text else "and no output of an earlier step"
    hint = f" Did you mean {shown(near[0])}?" if near else "" if known else " There is nothing to refer to yet."
    return Problem(name, f"{shown(wrong)} is no input {what}.{hint}", severity, step_id, tuple(cures))


def _by_last_part(wrong: str, known: Sequence[str]) -> list[str]:
    """`topic` for `input.topic`, and the other way round."""
    last = wrong.rpartition(".")[2]
    return [each for each in known if each.rpartition(".")[2] == last][:1]


def _has_output(known: Sequence[str]) -> bool:
    return any(not each.startswith("input.") for each in known)


def _unreachable(body: Body) -> Iterator[tuple[str, str]]:
    """Branches of conditions that always come out the same way."""
    always: dict[str, str] = {}
    never: set[str] = set()
    for place, step in enumerate(body["steps"]):
        under, branch = step.get("under") or "", step.get("branch") or ""
        if under in never or (under in always and branch and branch != always[under]):
            never.add(step["step_id"])
            text = "This step is never reached: the condition above it always comes out the other way."
            yield f"steps.{place}.under", text
        if step.get("kind") == StepKind.CONDITION:
            expression = str((step.get("config") or {}).get("expression") or "")
            try:
                if not expressions.names(expression):
                    always[step["step_id"]] = "then" if expressions.evaluate(expression, {}, {}) else "else"
            except expressions.ExpressionError:
                continue


def _mismatched(body: Body) -> Iterator[tuple[str, str]]:
    """Conditions that compare an input with what it can never be."""
    inputs = {str(entry.get("name")): entry for entry in body["inputs"]}
    for place, step in enumerate(body["steps"]):
        if step.get("kind") != StepKind.CONDITION:
            continue
        expression = str((step.get("config") or {}).get("expression") or "")
        try:
            tree = ast.parse(expression.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                for one, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
                    if text := _never(one, other, node.ops[0], inputs):
                        yield f"steps.{place}.config.expression", text


def _never(one: ast.expr, other: ast.expr, operation: ast.cmpop, inputs: Mapping[str, Any]) -> str:
    """Why a comparison of an input with a constant makes no sense; empty where it does."""
    is_input = isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "input"
    if not is_input or not isinstance(other, ast.Constant) or not isinstance(one, ast.Attribute):
        return ""
    entry, value = inputs.get(one.attr), other.value
    if entry is None:
        return ""
    kind, name = str(entry.get("type", "string")), f"input.{one.attr}"
    if kind in NUMBERS and isinstance(value, str):
        return f"{name} is a number, and {value!r} is text: they are never equal. Leave the quotes out."
    if kind in ("string", "text", "choice") and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{name} is text. To compare it with {value}, write number({name})."
    options = entry.get("options")
    if kind == "choice" and isinstance(options, list) and isinstance(value, str) and value not in options:
        return f"{value!r} is none of the options of {name}: {', '.join(map(str, options))}."
    return ""


def _idle(workspace: Workspace, body: Body) -> Iterator[tuple[str, str, str]]:
    """Agents that cannot work; services look at them only where nothing else is wrong."""
    keys = drafts.uuids(str(step.get("agent_id") or "") for step in body["steps"])
    agents = {str(agent.pk): agent for agent in Agent.objects.filter(workspace=workspace, pk__in=keys)}
    for place, step in enumerate(body["steps"]):
        agent = agents.get(str(step.get("agent_id") or ""))
        if agent is not None and (why := unusable(agent)):
            yield f"steps.{place}.agent_id", why, ERROR


def _unsigned(recipe: Recipe, body: Body) -> Iterator[tuple[str, str]]:
    """Waits for messages that nobody can sign yet: no run begins before that."""
    rows = RecipeTrigger.objects.filter(recipe=recipe, kind=TriggerKind.WAIT, deleted_at=None)
    known = set(rows.values_list("config__step", flat=True))
    for place, step in enumerate(body["steps"]):
        is_message = step.get("kind") == StepKind.WAIT and (step.get("config") or {}).get("for") == WEBHOOK
        if is_message and step["step_id"] not in known:
            yield f"steps.{place}.config.for", UNSIGNED.format(step=step["step_id"])


def _tools(workspace: Workspace, body: Body) -> Iterator[tuple[str, str, str]]:
    """Tool calls of tools that their agent does not have, and arguments those do not take."""
    steps = [(place, step) for place, step in enumerate(body["steps"]) if step.get("kind") == StepKind.TOOL]
    keys = drafts.uuids(str(step.get("agent_id") or "") for _, step in steps)
    agents = {str(agent.pk): agent for agent in Agent.objects.visible().filter(workspace=workspace, pk__in=keys)}
    boxes = {key: toolbox_of(spec_of(agent)) for key, agent in agents.items()}
    for place, step in steps:
        key, config = str(step.get("agent_id")), step.get("config") or {}
        name, given = str(config.get("tool") or ""), config.get("arguments") or {}
        if key not in boxes or not name:
            continue
        tool = boxes[key].get(name)
        if tool is None:
            near = get_close_matches(name, boxes[key], n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else " Give it the tool on the agent's page, or choose another."
            yield f"steps.{place}.config.tool", f"{agents[key].name} has no tool {name}.{hint}", ERROR
        elif isinstance(given, dict):
            yield from ((f"steps.{place}.config.arguments", text, ERROR) for text in _arguments(tool.schema, given))


def _arguments(schema: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a tool's arguments, as far as it can be seen before their variables are filled in."""
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in given:
            yield f"{name} is missing; the tool needs it."
    kinds: dict[str, Callable[[Any], bool]] = {
        "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
        "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
        "boolean": lambda value: isinstance(value, bool),
        "array": lambda value: isinstance(value, list),
    }
    for name, value in given.items():
        if name not in properties:
            if schema.get("additionalProperties") is False:
                yield f"The tool takes no {name}. It takes: {', '.join(properties)}."
            continue
        kind = str(properties[name].get("type") or "")
        if isinstance(value, str) and templating.names(value):
            continue
        if kind in kinds and not kinds[kind](value):
            yield f"{name} should be {WORDS[kind]}."
