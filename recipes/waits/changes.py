"""Arguments of a call that a person changes while allowing it: only those there are, each of the kind it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from automatos.checking import Problems
from automatos.errors import InvalidInput
from automatos.json_text import indented
from recipes.engine.hooking import GO_ON
from recipes.models import Approval
from tools.app_calls.checking import misfits_of_call

LONGEST_TEXT = 100_000
# Longer ones are shown, and not changed on a page.
LONGEST_TYPED = 20_000
NUMBERS = (int, float)
PREFIX = "argument-"


@dataclass(frozen=True, slots=True)
class Changeable:
    """An argument as a page shows it to be changed. value: the text itself, or JSON where it is something else.

    errors: what is wrong with what was typed.
    """

    name: str
    value: str
    rows: int
    hint: str = ""
    errors: Sequence[str] = ()


def may_change(found: Approval) -> bool:
    """Whether it is a call of a tool, whose arguments a person may change."""
    return found.kind == Approval.Kind.APPROVAL and bool(found.tool) and found.tool != GO_ON


def changed_arguments(found: Approval, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """All arguments as the call is made with them; None where nothing differs. Raises InvalidInput by name."""
    if not given:
        return None
    if not may_change(found):
        text = "This is no call of a tool, so it has no arguments to change."
        raise InvalidInput(text, fields={"arguments": [text]})
    problems = Problems()
    for name, value in given.items():
        field = f"arguments.{str(name)[:60]}"
        if name not in found.arguments:
            problems.add(field, f"The call has no such argument. It has: {', '.join(found.arguments) or 'none'}.")
        elif not _same_kind(found.arguments[name], value):
            problems.add(field, f"Write {_kind(found.arguments[name])}, as the agent did.")
        elif isinstance(value, str) and len(value) > LONGEST_TEXT:
            problems.add(field, f"This has {len(value):,} characters; shorten it to {LONGEST_TEXT:,} or fewer.")
        else:
            problems.json(field, value)
    problems.raise_any()
    made = {**found.arguments, **given}
    if made == found.arguments:
        return None
    _fit(found, made)
    return made


def _fit(found: Approval, made: Mapping[str, Any]) -> None:
    """Raises InvalidInput where the tool would not take the call so, which its model could mend and nobody here would.

    What was asked for by an earlier release does not say what its tool takes.
    """
    if found.arguments_schema is None:
        return
    problems = Problems()
    for field, text in misfits_of_call(found.workspace_id, found.tool, made, found.arguments_schema):
        problems.add(field if field == "arguments" else f"arguments.{field}", text)
    problems.raise_any()


def _same_kind(old: Any, new: Any) -> bool:
    if old is None or isinstance(old, bool) or isinstance(new, bool):
        return old is None or (isinstance(old, bool) and isinstance(new, bool))
    if isinstance(old, NUMBERS):
        return isinstance(new, NUMBERS)
    return type(old) is type(new)


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), "text")


def changeable(found: Approval) -> Sequence[Changeable]:
    """What of a call can be changed on a page."""
    if not may_change(found):
        return ()
    rows = [(name, value, _typed(value)) for name, value in found.arguments.items()]
    return [
        Changeable(name, text, min(12, max(1 + text.count("\n"), 1 + len(text) // 90)),
                   "" if isinstance(value, str) else f"{_kind(value).capitalize()}, as JSON.")
        for name, value, text in rows
        if len(text) <= LONGEST_TYPED
    ]  # fmt: skip


def typed_arguments(found: Approval, posted: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that a page's form has otherwise than the call. Raises InvalidInput for what is no JSON."""
    problems, given = Problems(), {}
    for one in changeable(found):
        text = posted.get(f"{PREFIX}{one.name}")
        if text is None or _plain(str(text)) == _plain(one.value):
            continue
        given[one.name] = _plain(str(text))
        if not isinstance(found.arguments[one.name], str):
            try:
                given[one.name] = orjson.loads(str(text))
            except orjson.JSONDecodeError:
                problems.add(f"arguments.{one.name}", f"Write {_kind(found.arguments[one.name])}, as JSON.")
    problems.raise_any()
    return given


def _typed(value: Any) -> str:
    return value if isinstance(value, str) else indented(value)


def _plain(text: str) -> str:
    """As a browser sends it, with one kind of line break."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
