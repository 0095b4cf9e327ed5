"""A draft's body: a recipe as plain data, with everything as it was typed.

It has the shape that POST /api/workflow-recipes takes, except that inputs and outputs are lists of entries with a name
each: while somebody types, two may have the same name or none. Numbers that could not be read stay text.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any

from automatos.checking import Problems
from automatos.errors import wrong_field
from recipes.models import ErrorHandling, StepKind
from recipes.validation import MOST_STEPS, STEP_ID, StepInput

Body = dict[str, Any]
Step = dict[str, Any]
TEXTS = ("name", "description", "template_id")
SCHEMAS = ("inputs", "outputs")
BASICS = (*TEXTS, "tags", *SCHEMAS)
STEP = tuple(one.name for one in fields(StepInput) if one.name != "order")
# What starts the recipe; a draft that does not name it leaves it as it is.
STARTS = "schedule_config"
UNTITLED = "Untitled recipe"
EMPTY: tuple[Any, ...] = ("", None, {}, [])


def blank() -> Body:
    """A recipe nobody wrote anything of."""
    return {**dict.fromkeys(TEXTS, ""), "tags": [], "inputs": [], "outputs": [], "steps": [], "execution_config": {}}


def new_step(body: Body, kind: str = StepKind.AGENT, **values: Any) -> Step:
    """A step under a step_id that no other one of the body has; it is not put in."""
    step: Step = {"step_id": free_id(body), "kind": str(kind), "name": "", "error_handling": str(ErrorHandling.STOP)}
    return {**step, **values}


def free_id(body: Body) -> str:
    """A step_id that no step has."""
    taken = {step.get("step_id") for step in body["steps"]}
    number = len(body["steps"]) + 1
    return f"step_{number}" if f"step_{number}" not in taken else f"step_{number}_{secrets.token_hex(2)}"


def of_saved(saved: Mapping[str, Any]) -> Body:
    """From the shape of the API and of kept versions. Steps stand in their order and each has a step_id."""
    body = blank()
    for name in (*TEXTS, "tags", "execution_config"):
        body[name] = deepcopy(saved.get(name) or body[name])
    for name in SCHEMAS:
        entries = (saved.get(name) or {}).items()
        body[name] = [{**(entry if isinstance(entry, dict) else {}), "name": str(key)} for key, entry in entries]
    if saved.get(STARTS):
        body[STARTS] = deepcopy(saved[STARTS])
    steps = [dict(step) for step in saved.get("steps") or ()]
    for step in sorted(steps, key=_rank):
        kept = {name: deepcopy(step[name]) for name in STEP if step.get(name) not in (None, "")}
        kept["step_id"] = kept.get("step_id") or free_id(body)
        body["steps"].append({"kind": str(StepKind.AGENT), **kept})
    return body


def to_saved(body: Body) -> dict[str, Any]:
    """In the shape of the API. Of two entries of one name the first counts; `doubles` tells of them."""
    saved: dict[str, Any] = {name: body.get(name) or blank()[name] for name in (*TEXTS, "tags", "execution_config")}
    for name in SCHEMAS:
        entries: dict[str, Any] = {}
        for entry in body.get(name) or ():
            rest = {key: value for key, value in entry.items() if key != "name"}
            if not is_empty(entry):
                entries.setdefault(str(entry.get("name", "")).strip(), rest)
        saved[name] = entries
    if body.get(STARTS):
        saved[STARTS] = body[STARTS]
    saved["steps"] = [
        {"order": order, **{name: step[name] for name in STEP if name in step}}
        for order, step in enumerate(body["steps"], 1)
    ]
    return saved


def doubles(body: Body) -> Iterable[tuple[str, str]]:
    """Where an input or output has no name, or the name of another one: place and sentence."""
    for kind in SCHEMAS:
        seen: set[str] = set()
        for place, entry in enumerate(body.get(kind) or ()):
            name = str(entry.get("name", "")).strip()
            if name in seen:
                yield f"{kind}.{place}.name", f"Another one is called {name} already."
            elif not name and not is_empty(entry):
                yield f"{kind}.{place}.name", "Give it a name, or remove it."
            seen.add(name) if name else None


def is_empty(entry: Mapping[str, Any]) -> bool:
    """Whether nothing was typed in an entry of a schema."""
    typed = [entry.get(key) for key in ("name", "default", "description", "options")]
    return not any(value not in (None, "", []) for value in typed)


def step_at(body: Body, step_id: str) -> Step | None:
    """The step of this id."""
    return next((step for step in body["steps"] if step["step_id"] == step_id), None)


def place_of(body: Body, step_id: str) -> int:
    """Where the step stands, from 0; -1 where there is none."""
    return next((place for place, step in enumerate(body["steps"]) if step["step_id"] == step_id), -1)


def part(body: Body, name: str) -> Any:
    """One part, as it is written at once: `basics`, `settings`, or `step:<step_id>`; None where there is none."""
    if name == "basics":
        return {key: body[key] for key in BASICS}
    if name == "settings":
        return body["execution_config"]
    return step_at(body, name.removeprefix("step:")) if name.startswith("step:") else None


def with_part(body: Body, name: str, values: Mapping[str, Any]) -> Body:
    """A copy with this part replaced; what the values do not name of it stays."""
    copy = deepcopy(body)
    if name == "basics":
        copy.update({key: values[key] for key in BASICS if key in values})
    elif name == "settings":
        copy["execution_config"] = {key: value for key, value in values.items() if value not in (None, "")}
    elif (step := step_at(copy, name.removeprefix("step:"))) is not None:
        # A form sends every field; an empty one of something the step never had is no change.
        given = [key for key in STEP if key in values and (key in step or values[key] not in EMPTY)]
        step.update({key: values[key] for key in given if key != "step_id"})
    return copy


def digest(value: Any) -> str:
    """A short word for a part's content."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def output_keys(body: Body) -> list[str]:
    """Each step's output key; where none was typed, `step_N`, or the next free number."""
    keys = [str(step.get("output_key") or "").strip() for step in body["steps"]]
    for place, key in enumerate(keys):
        keys[place] = key or _free(keys, place + 1)
    return keys


def _free(taken: list[str], place: int) -> str:
    while f"step_{place}" in taken:
        place += 1
    return f"step_{place}"


def _rank(step: Mapping[str, Any]) -> float:
    order = step.get("order")
    return order if isinstance(order, int) else float("inf")


def checked_shape(saved: Mapping[str, Any]) -> Body:
    """A body from what a program sent. It may be unfinished, but not of another shape: InvalidInput names the place."""
    problems = Problems()
    kinds: dict[str, tuple[type, str]] = {
        **dict.fromkeys(TEXTS, (str, "text")),
        "tags": (list, "a list of texts"),
        "inputs": (dict, "an object"),
        "outputs": (dict, "an object"),
        "execution_config": (dict, "an object"),
        STARTS: (dict, "an object"),
        "steps": (list, "a list of steps"),
    }
    for name, value in saved.items():
        kind = kinds.get(name)
        if kind is None:
            problems.add(f"body.{name}", f"There is no such field. There are: {', '.join(kinds)}.")
        elif value is not None and not isinstance(value, kind[0]):
            problems.add(f"body.{name}", f"This should be {kind[1]}.")
    problems.raise_any()
    for place, step in enumerate(saved.get("steps") or ()):
        if not isinstance(step, dict):
            problems.add(f"body.steps.{place}", "This should be an object.")
        else:
            _check_step(f"body.steps.{place}", step, problems)
    if len(saved.get("steps") or ()) > MOST_STEPS:
        problems.add("body.steps", f"Keep {MOST_STEPS} steps or fewer.")
    problems.raise_any()
    body = of_saved(saved)
    ids = [step["step_id"] for step in body["steps"]]
    if len(set(ids)) < len(ids):
        raise wrong_field("body.steps", "Two steps have the same step_id; give each its own, or leave them out.")
    return body


def _check_step(field: str, step: Mapping[str, Any], problems: Problems) -> None:
    known = (*STEP, "order", "agent_name")
    for name, value in step.items():
        if name not in known:
            problems.add(f"{field}.{name}", f"There is no such field. There are: {', '.join(known)}.")
        elif name == "config":
            if value is not None and not isinstance(value, dict):
                problems.add(f"{field}.config", "This should be an object.")
        elif isinstance(value, (dict, list)):
            problems.add(f"{field}.{name}", "This should be one value.")
    if not STEP_ID.fullmatch(str(step.get("step_id") or "step")):
        problems.add(f"{field}.step_id", "Use letters, digits, - and _; at most 80.")
