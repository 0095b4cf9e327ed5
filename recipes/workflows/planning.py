"""A goal's plan: subtasks and their order, as a model writes it, as rules make it, and what may be wrong with it.

Pure: no database and no model, so each rule can be tried alone.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from agents.work.answers import unwrapped
from recipes.workflows.capabilities import CAPABILITIES, capabilities_in

MOST_SUBTASKS = 30
MOST_BY_RULES = 3
LONGEST_GOAL, LONGEST_DESCRIPTION, LONGEST_TITLE = 4_000, 2_000, 120
MOST_CAPABILITIES = 8
STRATEGIES = ("sequential", "parallel", "mixed")
COMPLEXITIES = ("low", "medium", "high")
SUBTASK_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SENTENCE = re.compile(r"[^.!?;\n]+(?:[.!?;](?!\s|$)[^.!?;\n]*)*[.!?;]*")


@dataclass(frozen=True, slots=True)
class Subtask:
    """A part of the goal. dependencies: ids of the subtasks whose results it needs; priority: 1 (first) to 5."""

    id: str
    title: str
    description: str
    complexity: str = "medium"
    required_capabilities: tuple[str, ...] = ()
    priority: int = 3
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Subtasks in an order in which each comes after those it needs. planner: model, rules or person."""

    subtasks: tuple[Subtask, ...]
    strategy: str
    planner: str = "model"

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        body: dict[str, Any] = orjson.loads(orjson.dumps(asdict(self)))
        return body

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Plan":
        """A kept plan."""
        return cls(tuple(subtask_of(one) for one in body["subtasks"]), body["strategy"], body.get("planner", "model"))


def subtask_of(body: Mapping[str, Any]) -> Subtask:
    """A subtask as it was kept or sent, already checked."""
    return Subtask(
        str(body["id"]),
        str(body.get("title") or "").strip() or title_of(str(body["description"])),
        str(body["description"]).strip(),
        str(body.get("complexity") or "medium"),
        tuple(str(one) for one in body.get("required_capabilities") or ()),
        int(body.get("priority") or 3),
        tuple(str(one) for one in body.get("dependencies") or ()),
    )


def title_of(description: str) -> str:
    """The first words of a subtask, as its name."""
    words = " ".join(description.split()).rstrip(".!?;")
    return words if len(words) <= 60 else words[:59].rsplit(" ", 1)[0] + "…"


# --- a model's plan ---------------------------------------------------------------------------------------------------

DEFAULT_PROMPT = (
    "Split the goal below into subtasks for a team of agents, as JSON.\n"
    "- As few as the goal needs: a small goal stays one subtask. At most {most}.\n"
    "- description: what to do, complete in itself, in one to three sentences. title: two to six words.\n"
    "- dependencies: ids of the subtasks whose results it needs, none where it needs none. No circles.\n"
    "- strategy: sequential (one after another), parallel (all at once) or mixed (as the dependencies say).\n"
    "- complexity: low, medium or high. priority: 1 (first) to 5.\n"
    "- required_capabilities: one to three of the list below, and no others.\n"
    "- impossible: empty; or, where no team of agents could reach the goal, why, and then no subtasks.\n"
)


def schema() -> dict[str, Any]:
    """The JSON Schema of a plan."""
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    properties = {
        "id": text,
        "title": text,
        "description": text,
        "complexity": {"type": "string", "enum": list(COMPLEXITIES)},
        "required_capabilities": texts,
        "priority": {"type": "integer"},
        "dependencies": texts,
    }
    subtask = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "strategy": {"type": "string", "enum": list(STRATEGIES)},
            "subtasks": {"type": "array", "items": subtask},
            "impossible": text,
        },
        "required": ["strategy", "subtasks", "impossible"],
        "additionalProperties": False,
    }


def prompt_for(goal: str, known: Collection[str], own: str = "") -> str:
    """What the model is asked. own: a person's words in place of ours; known: the capabilities there are."""
    asked = own.strip() or DEFAULT_PROMPT.format(most=MOST_SUBTASKS)
    return f"{asked}\n\nCapabilities: {', '.join(sorted(known))}\n\n## Goal\n\n{goal}"


def problem_with_plan(text: str, known: Collection[str]) -> str:
    """What is wrong with a model's plan, in words for the model; empty where nothing is."""
    try:
        body = orjson.loads(unwrapped(text))
    except orjson.JSONDecodeError:
        return "Your answer is not JSON."
    problems = problems_of(body, known)
    return "This plan cannot be carried out:\n" + "\n".join(f"- {one}" for one in problems[:8]) if problems else ""


def plan_from(text: str) -> Plan:
    """The plan of an answer in which nothing is wrong, its subtasks in order."""
    body = orjson.loads(unwrapped(text))
    planner = str(body.get("planner") or "model")
    return arranged([subtask_of(one) for one in body["subtasks"]], str(body["strategy"]), planner)


def problems_of(body: Any, known: Collection[str]) -> list[str]:
    """Sentences for each thing wrong with a plan: its size, its ids, its capabilities, its order."""
    rows = body.get("subtasks") if isinstance(body, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return ["subtasks must be a list of objects."]
    if not 1 <= len(rows) <= MOST_SUBTASKS:
        return [f"There are {len(rows)} subtasks; there must be 1 to {MOST_SUBTASKS}."]
    problems = []
    if body.get("strategy") not in STRATEGIES:
        problems.append(f"strategy must be one of {', '.join(STRATEGIES)}.")
    ids = [str(row.get("id", "")) for row in rows]
    for number, row in enumerate(rows, 1):
        problems += [f"Subtask {ids[number - 1] or number}: {text}" for text in _problems(row, ids, known)]
    problems += [f"The id {one} is used twice." for one in sorted({one for one in ids if ids.count(one) > 1})]
    if not problems and (circle := _circle(rows)):
        problems.append(f"These subtasks wait for one another in a circle: {', '.join(circle)}.")
    return problems


def _problems(row: Mapping[str, Any], ids: Sequence[str], known: Collection[str]) -> list[str]:
    found = []
    if not SUBTASK_ID.fullmatch(str(row.get("id", ""))):
        found.append("its id must be small letters, digits, - and _, at most 40.")
    description = row.get("description")
    if not isinstance(description, str) or not description.strip():
        found.append("its description is empty.")
    elif len(description) > LONGEST_DESCRIPTION:
        found.append(f"its description has {len(description):,} characters; at most {LONGEST_DESCRIPTION:,}.")
    if len(str(row.get("title") or "")) > LONGEST_TITLE:
        found.append(f"its title is longer than {LONGEST_TITLE} characters.")
    if (row.get("complexity") or "medium") not in COMPLEXITIES:
        found.append(f"complexity must be one of {', '.join(COMPLEXITIES)}.")
    priority = row.get("priority", 3)
    if not isinstance(priority, int) or isinstance(priority, bool) or not 1 <= priority <= 5:
        found.append("priority must be a whole number from 1 to 5.")
    needs, wanted = row.get("dependencies") or [], row.get("required_capabilities") or []
    if not isinstance(needs, list | tuple) or not isinstance(wanted, list | tuple):
        return [*found, "dependencies and required_capabilities must be lists."]
    found += [f"it waits for {str(one)[:60]}, which is no subtask." for one in needs if str(one) not in ids]
    if len(wanted) > MOST_CAPABILITIES:
        found.append(f"it needs {len(wanted)} capabilities; at most {MOST_CAPABILITIES}.")
    unknown = [str(one)[:60] for one in wanted if str(one) not in known]
    if unknown:
        found.append(f"there is no capability {', '.join(unknown)}.")
    return found


def _circle(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Subtasks that can never begin, since they wait for one another; none where the plan has an end."""
    left = {str(row["id"]): {str(one) for one in row.get("dependencies") or ()} for row in rows}
    while ready := [one for one, needs in left.items() if not needs & left.keys()]:
        for one in ready:
            del left[one]
    return list(left)


# --- order ------------------------------------------------------------------------------------------------------------


def arranged(subtasks: Sequence[Subtask], strategy: str, planner: str) -> Plan:
    """The plan with its subtasks in an order that can be followed, those of high priority first where it is free.

    sequential: each waits for the one before it as well.
    """
    left, done, order = list(subtasks), set[str](), list[Subtask]()
    while left:
        ready = [one for one in left if set(one.dependencies) <= done]
        first = min(ready, key=lambda one: one.priority)
        left.remove(first)
        done.add(first.id)
        order.append(first)
    if strategy == "sequential":
        order = [
            replace(one, dependencies=tuple(dict.fromkeys([*one.dependencies, order[place - 1].id]))) if place else one
            for place, one in enumerate(order)
        ]
    return Plan(tuple(order), strategy, planner)


def levels(subtasks: Sequence[Subtask]) -> list[list[Subtask]]:
    """The subtasks in columns: what stands in one can be worked on at the same time, after the columns before it."""
    depth: dict[str, int] = {}
    for one in subtasks:
        depth[one.id] = 1 + max((depth[need] for need in one.dependencies if need in depth), default=-1)
    return [[one for one in subtasks if depth[one.id] == level] for level in range(max(depth.values(), default=-1) + 1)]


def longest_chain(subtasks: Sequence[Subtask], seconds: Mapping[str, float]) -> tuple[list[str], float]:
    """The subtasks that decide how long all take, one after the other, and how many seconds that is."""
    best: dict[str, tuple[float, list[str]]] = {}
    for one in subtasks:
        before = max((best[need] for need in one.dependencies if need in best), default=(0.0, []))
        best[one.id] = before[0] + seconds.get(one.id, 0.0), [*before[1], one.id]
    total, chain = max(best.values(), default=(0.0, []))
    return chain, total


# --- rules ------------------------------------------------------------------------------------------------------------


def sentences(goal: str) -> list[str]:
    """The goal's sentences; list marks go."""
    found = (match[0].strip().lstrip("-*•0123456789.) ").strip() for match in SENTENCE.finditer(goal))
    return [one for one in found if re.search(r"\w", one)]


def plan_by_rules(goal: str) -> Plan:
    """A subtask for each sentence, three at most, each with the results of those before it."""
    parts = sentences(goal) or [goal.strip()]
    if len(parts) > MOST_BY_RULES:
        parts = [*parts[: MOST_BY_RULES - 1], " ".join(parts[MOST_BY_RULES - 1 :])]
    subtasks = [
        Subtask(
            f"s{number}",
            title_of(part),
            part[:LONGEST_DESCRIPTION],
            required_capabilities=tuple(capabilities_in(part)[:3]),
            dependencies=(f"s{number - 1}",) if number > 1 else (),
        )
        for number, part in enumerate(parts, 1)
    ]
    return Plan(tuple(subtasks), "sequential", "rules")


def known_capabilities(extra: Collection[str] = ()) -> set[str]:
    """The capabilities a plan may ask for: the usual ones, and those that agents of the workspace have by name."""
    return {*CAPABILITIES, *extra}
