"""What hooks say, as a model reads it and as people do."""

import re
from collections.abc import Sequence

from automatos.skill_format.catalogue import ORIGIN
from marketplace.hooks.deciding import Ruling

LONGEST = 12_000
FENCES = re.compile(r"<(?=\s*+(?:/\s*+)?(?:plugins|plugin_text)\b)", re.IGNORECASE)


def notes_text(notes: Sequence[tuple[str, str]]) -> str:
    """Texts of hooks between marks that say where they are from; the newest, as far as there is room."""
    parts: list[str] = []
    room = LONGEST
    for origin, text in reversed(notes):
        part = fenced("hook", origin, text)
        room -= len(part)
        if parts and room < 0:
            break
        parts.insert(0, part)
    return "\n\n".join(parts)


def fenced(name: str, origin: str, text: str) -> str:
    """A text of a plugin between marks that say where it is from."""
    return f'<plugin_text name="{_quoted(name)}" origin="{_quoted(origin)}">\n{ORIGIN}\n\n{inert(text)}\n</plugin_text>'


def _quoted(text: str) -> str:
    return " ".join(text.replace('"', "'").replace("<", "").split())


def inert(text: str) -> str:
    """The text, unable to open or close one of our fences."""
    return FENCES.sub("&lt;", text)


def said_of(ruling: Ruling) -> str:
    """A ruling for people."""
    said = [f"Told the model: {text}" for _, text in ruling.notes]
    said += [f"Refused: {ruling.refused}"] if ruling.refused else []
    said += [f"Wants a person to decide: {ruling.asks}"] if ruling.asks else []
    return "\n\n".join(said) or "Said nothing."
