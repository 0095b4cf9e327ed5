"""What the editor's buttons do to a draft's body. Each gives a changed copy and the step to show then."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from recipes.editor.body import Body, Step, free_id, new_step, place_of, step_at
from recipes.engine.new_steps import PERSON, TIME, WEBHOOK
from recipes.models import StepKind

Moved = tuple[Body, str]
# What a new step of a kind begins with, by the word of its button.
KINDS: dict[str, dict[str, Any]] = {
    "agent": {"kind": StepKind.AGENT},
    "condition": {"kind": StepKind.CONDITION, "config": {"expression": ""}},
    "loop": {"kind": StepKind.LOOP, "config": {"over": ""}},
    "recipe": {"kind": StepKind.RECIPE, "config": {}},
    "person": {"kind": StepKind.WAIT, "config": {"for": PERSON}},
    "wait": {"kind": StepKind.WAIT, "config": {"for": TIME, "seconds": 3600}},
    "message": {"kind": StepKind.WAIT, "config": {"for": WEBHOOK}},
    "tool": {"kind": StepKind.TOOL, "config": {"tool": ""}},
}


def family(body: Body, step_id: str) -> list[Step]:
    """The step and everything under it, in their order."""
    ids = {step_id}
    for _ in body["steps"]:
        more = {step["step_id"] for step in body["steps"] if step.get("under") in ids} - ids
        if not more:
            break
        ids |= more
    return [step for step in body["steps"] if step["step_id"] in ids]


def siblings(body: Body, step: Step) -> list[Step]:
    """The steps of the same lane."""
    known = {one["step_id"] for one in body["steps"]}
    lane = (step.get("under") if step.get("under") in known else "", step.get("branch") or "")
    return [
        one
        for one in body["steps"]
        if (one.get("under") if one.get("under") in known else "", one.get("branch") or "") == lane or one is step
    ]


def add(body: Body, kind: str, after: str = "", under: str = "", branch: str = "") -> Moved:
    """A new step after another one, in its lane; or at the end of the lane of `under`; or at the end."""
    body = deepcopy(body)
    step = new_step(body, **deepcopy(KINDS.get(kind, KINDS["agent"])))
    step["kind"] = str(step["kind"])
    behind = step_at(body, after)
    if under and step_at(body, under):
        step |= {"under": under, "branch": branch}
        place = _end_of(body, under)
    elif behind is not None:
        step |= {name: behind[name] for name in ("under", "branch") if behind.get(name)}
        place = _end_of(body, after)
    else:
        place = len(body["steps"])
    body["steps"].insert(place, step)
    return body, step["step_id"]


def copy(body: Body, step_id: str) -> Moved:
    """The step once more, after itself; what stands under it is not copied."""
    body = deepcopy(body)
    step = step_at(body, step_id)
    if step is None:
        return body, step_id
    name = str(step.get("name") or "")
    twin = {**deepcopy(step), "step_id": free_id(body), "name": f"{name} (copy)"[:160] if name else ""}
    twin.pop("output_key", None)
    body["steps"].insert(_end_of(body, step_id), twin)
    return body, twin["step_id"]


def remove(body: Body, step_id: str) -> Moved:
    """The step away; what stood under it takes its place."""
    body = deepcopy(body)
    place, step = place_of(body, step_id), step_at(body, step_id)
    if step is None:
        return body, ""
    for one in body["steps"]:
        if one.get("under") == step_id:
            one.pop("branch", None)
            one |= {"under": step.get("under") or "", "branch": step.get("branch") or ""}
    body["steps"].remove(step)
    left = body["steps"]
    return body, left[min(place, len(left) - 1)]["step_id"] if left else ""


def up(body: Body, step_id: str) -> Moved:
    """One place up among its lane; from the first place out of it, before what it stands under."""
    return _moved(body, step_id, -1)


def down(body: Body, step_id: str) -> Moved:
    """One place down among its lane; from the last place out of it."""
    return _moved(body, step_id, 1)


def _moved(body: Body, step_id: str, by: int) -> Moved:
    body = deepcopy(body)
    step = step_at(body, step_id)
    if step is None:
        return body, step_id
    lane = siblings(body, step)
    target = lane.index(step) + by
    block = family(body, step_id)
    if 0 <= target < len(lane):
        other = lane[target]
        anchor = place_of(body, other["step_id"]) if by < 0 else _end_of(body, other["step_id"])
    else:
        above = step_at(body, str(step.get("under") or ""))
        if above is None:
            return body, step_id
        anchor = place_of(body, above["step_id"]) if by < 0 else _end_of(body, above["step_id"])
        step |= {"under": above.get("under") or "", "branch": above.get("branch") or ""}
    _put(body, block, anchor)
    return body, step_id


def drop(body: Body, step_id: str, before: str) -> Moved:
    """The step, with all under it, before another one and into its lane; never into itself."""
    body = deepcopy(body)
    step, target = step_at(body, step_id), step_at(body, before)
    block = family(body, step_id)
    if step is None or target is None or target in block:
        return body, step_id
    step |= {"under": target.get("under") or "", "branch": target.get("branch") or ""}
    _put(body, block, place_of(body, before))
    return body, step_id


def _put(body: Body, block: Sequence[Step], anchor: int) -> None:
    """The block's steps to where the step at `anchor` stands, in their order."""
    before = [step for step in body["steps"][:anchor] if step not in block]
    after = [step for step in body["steps"][anchor:] if step not in block]
    body["steps"] = [*before, *block, *after]


def _end_of(body: Body, step_id: str) -> int:
    """Behind the step and all under it."""
    return max(place_of(body, one["step_id"]) for one in family(body, step_id)) + 1


def entry_add(kind: str) -> Callable[[Body], Body]:
    """One more input or output."""

    def add_entry(body: Body) -> Body:
        return {**body, kind: [*body[kind], {"name": "", "type": "string", "required": True}]}

    return add_entry


def entry_remove(body: Body, kind: str, place: int) -> Body:
    """An input or output away."""
    return {**body, kind: [entry for number, entry in enumerate(body[kind]) if number != place]}


def cure(body: Body, step_id: str, old: str, new: str) -> Body:
    """In the step's texts, another name in place of a wrong one."""
    body = deepcopy(body)
    step = step_at(body, step_id)
    if step is not None and old:
        step.update(_replaced({name: step[name] for name in ("prompt_template", "config") if name in step}, old, new))
    return body


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: _replaced(one, old, new) for key, one in value.items()}
    return [_replaced(one, old, new) for one in value] if isinstance(value, list) else value
