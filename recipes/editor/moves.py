"""The buttons of the recipe editor that rearrange it: each changes the draft and says where the focus goes."""

import secrets
from collections.abc import Callable

from recipes.editor.draft import NEW_INPUT, NEW_STEP, Draft, Row
from recipes.engine.new_steps import PERSON
from recipes.models import StepKind


def carry_out(draft: Draft, order: str) -> str:
    """Do what a button says, such as `step-up:2` (places count from 0). The id of the control to focus next, or ""."""
    name, _, rest = order.partition(":")
    place, _, value = rest.partition(":")
    move = MOVES.get(name)
    if move is None:
        return ""
    return move(draft, int(place) if place.isascii() and place.isdigit() and len(place) < 5 else 0, value)


def _add_input(draft: Draft, place: int, value: str) -> str:
    draft.inputs.append(dict(NEW_INPUT))
    return f"id_inputs-{len(draft.inputs) - 1}-name"


def _add_step(draft: Draft, place: int, value: str) -> str:
    draft.steps.append({**NEW_STEP, "step_id": _new_id(draft)})
    return f"id_steps-{len(draft.steps) - 1}-name"


def _add_condition(draft: Draft, place: int, value: str) -> str:
    draft.steps.append({**NEW_STEP, "kind": StepKind.CONDITION, "step_id": _new_id(draft)})
    return f"id_steps-{len(draft.steps) - 1}-name"


def _add_wait(draft: Draft, place: int, value: str) -> str:
    draft.steps.append({**NEW_STEP, "kind": StepKind.WAIT, "waits_for": PERSON, "step_id": _new_id(draft)})
    return f"id_steps-{len(draft.steps) - 1}-name"


def _add_tool(draft: Draft, place: int, value: str) -> str:
    draft.steps.append({**NEW_STEP, "kind": StepKind.TOOL, "step_id": _new_id(draft)})
    return f"id_steps-{len(draft.steps) - 1}-name"


def _copy_step(draft: Draft, place: int, value: str) -> str:
    if place >= len(draft.steps):
        return ""
    name = draft.steps[place]["name"]
    copy: Row = {**draft.steps[place], "step_id": _new_id(draft), "output_key": "", "name": f"{name} (copy)"[:160]}
    draft.steps.insert(place + 1, copy if name else {**copy, "name": ""})
    return f"id_steps-{place + 1}-name"


def _swap(by: int) -> Callable[[Draft, int, str], str]:
    def move(draft: Draft, place: int, value: str) -> str:
        target = place + by
        if not (0 <= place < len(draft.steps) and 0 <= target < len(draft.steps)):
            return ""
        draft.steps[place], draft.steps[target] = draft.steps[target], draft.steps[place]
        # The focus stays on the button that was pressed, or on its neighbour where that one has nowhere to go.
        last = len(draft.steps) - 1
        onward = "up" if by < 0 else "down"
        back = "down" if by < 0 else "up"
        return f"step-{target}-{back if target == (0 if by < 0 else last) else onward}"

    return move


def _remove(kind: str) -> Callable[[Draft, int, str], str]:
    def move(draft: Draft, place: int, value: str) -> str:
        rows = draft.steps if kind == "steps" else draft.inputs
        if place >= len(rows):
            return ""
        draft.removed = {"kind": kind, "place": place, "row": rows.pop(place)}
        return "put-back"

    return move


def _put_back(draft: Draft, place: int, value: str) -> str:
    if draft.removed is None:
        return ""
    kind, place = draft.removed["kind"], draft.removed["place"]
    rows = draft.steps if kind == "steps" else draft.inputs
    rows.insert(place, draft.removed["row"])
    draft.removed = None
    return f"id_{kind}-{min(place, len(rows) - 1)}-name"


def _insert(draft: Draft, place: int, value: str) -> str:
    if place >= len(draft.steps):
        return ""
    prompt = draft.steps[place]["prompt_template"]
    space = " " if prompt and not prompt[-1].isspace() else ""
    draft.steps[place]["prompt_template"] = f"{prompt}{space}{{{value}}}"
    return f"id_steps-{place}-prompt_template"


def _new_id(draft: Draft) -> str:
    taken = {row["step_id"] for row in draft.steps}
    number = len(draft.steps) + 1
    return f"step_{number}" if f"step_{number}" not in taken else f"step_{number}_{secrets.token_hex(2)}"


MOVES: dict[str, Callable[[Draft, int, str], str]] = {
    "input-add": _add_input,
    "input-remove": _remove("inputs"),
    "step-add": _add_step,
    "condition-add": _add_condition,
    "wait-add": _add_wait,
    "tool-add": _add_tool,
    "step-copy": _copy_step,
    "step-up": _swap(-1),
    "step-down": _swap(1),
    "step-remove": _remove("steps"),
    "put-back": _put_back,
    "insert": _insert,
}
