"""Small checks that every form of input shares: what may be stored, how long it may be, all problems told at once."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from automatos.errors import InvalidInput
from automatos.paths import without_direction

# Deeper than any sensible document; a hostile one would exhaust the stack instead.
DEEPEST_JSON = 60


class Problems:
    """Collects what is wrong with an input, by field name, so that a person sees everything in one go."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}

    def add(self, field: str, text: str) -> None:
        """Note one problem of one field."""
        self.fields.setdefault(field, []).append(text)

    def __contains__(self, field: str) -> bool:
        return field in self.fields

    def raise_any(self) -> None:
        """Raise InvalidInput when something was noted; its message repeats the first problem."""
        if self.fields:
            field, texts = next(iter(self.fields.items()))
            raise InvalidInput(f"{field}: {texts[0]}", fields=self.fields)

    def text(self, field: str, value: str, *, longest: int, required: bool = False) -> str:
        """The text without surrounding blanks; notes when it is missing, too long or cannot be stored."""
        value = value.strip()
        if required and not value:
            self.add(field, "Write something here; it may not be empty.")
        elif len(value) > longest:
            self.add(field, f"This has {len(value):,} characters; shorten it to {longest:,} or fewer.")
        elif problem := unstorable_text(value):
            self.add(field, problem)
        return value

    def name(self, field: str, value: str, *, longest: int, required: bool = False) -> str:
        """As text; for a name that other people read among words of their own, so it turns no direction of theirs."""
        return self.text(field, without_direction(value), longest=longest, required=required)

    def choice(self, field: str, value: str, choices: Iterable[str]) -> None:
        """Notes a value that is not one of the choices, and lists them."""
        known = [str(choice) for choice in choices]
        if value not in known:
            self.add(field, f"{_shown(value)} is not one of {', '.join(known)}.")

    def number(self, field: str, value: float, *, low: float, high: float) -> None:
        """Notes a number outside low and high, both included."""
        if not _is_finite(value) or not low <= value <= high:
            self.add(field, f"Use a number from {low:,.10g} to {high:,.10g}.")

    def json(self, field: str, value: Any) -> None:
        """Notes each place of parsed JSON that cannot be stored."""
        for name, problem in unstorable_json(value):
            self.add(".".join(filter(None, (field, name))) or "body", problem)

    def tags(self, field: str, values: Iterable[str]) -> list[str]:
        """Tags without blanks and doubles, in their order; at most 20 of 40 characters."""
        tags = list(dict.fromkeys(tag.strip() for tag in values if tag.strip()))
        if len(tags) > 20:
            self.add(field, f"There are {len(tags)} tags; keep 20 or fewer.")
        for tag in tags:
            self.text(field, tag, longest=40)
        return tags


def _is_finite(value: float) -> bool:
    """Whether it can be compared: no NaN, no infinity. A Decimal may be asked, too."""
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return True
    except ValueError:  # a Decimal that is a signalling NaN
        return False


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…'"


def unstorable_text(value: str) -> str | None:
    """Why PostgreSQL cannot hold this text, or None."""
    if "\x00" in value:
        return "It contains a NUL character; remove it."
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        return "It contains half of a character (a lone surrogate); remove it."
    return None


def unstorable_json(value: Any) -> Iterator[tuple[str, str]]:
    """Each place of parsed JSON that cannot be stored: its dotted name and why."""
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        name, item, depth = waiting.pop()
        if isinstance(item, str):
            if problem := unstorable_text(item):
                yield name, problem
        elif isinstance(item, (dict, list)):
            if depth >= DEEPEST_JSON:
                yield name, f"This is nested deeper than {DEEPEST_JSON} levels; make it flatter."
                continue
            pairs = item.items() if isinstance(item, dict) else enumerate(item)
            for key, child in pairs:
                if isinstance(key, str) and (problem := unstorable_text(key)):
                    yield name, f"A name inside it cannot be used. {problem}"
                    continue
                waiting.append((f"{name}.{key}" if name else str(key), child, depth + 1))
        elif isinstance(item, float) and not math.isfinite(item):
            yield name, "This is not a finite number."
        elif isinstance(item, int) and not -(2**63) <= item < 2**63:
            yield name, "This number is too large; write it as text."
