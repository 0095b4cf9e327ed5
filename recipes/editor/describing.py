"""A first draft of a recipe from what a person says it should do: its steps, and who may do each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recipes.editor import body as bodies
from recipes.editor.body import Body

LONGEST = 2_000
MOST = 12
SUBJECT = "subject"
# Where one thing ends and the next one begins.
NEXT = re.compile(
    r"(?:[,;]?\s+(?:and\s+)?(?:then|afterwards|finally|after that)\b,?|[.;!?]+(?=\s|$)|\n+|\s*(?:→|->)\s*)", re.I
)
WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Cook:
    """An agent that can be chosen. about: its name and what it is for."""

    id: str
    slug: str
    about: str


def described(text: str, cooks: Sequence[Cook]) -> Body:
    """A draft with one step for each thing that is to be done, in its order; blank where nothing is said."""
    body = bodies.blank()
    parts = [part for one in NEXT.split(text) if (part := one.strip(" ,.;:-"))][:MOST]
    body["name"] = _name(parts[0]) if parts else ""
    body["description"] = text.strip()
    body["inputs"] = [{"name": SUBJECT, "type": "text", "required": True, "description": "What it is about."}]
    for place, part in enumerate(parts):
        wish = part[0].upper() + part[1:].replace("{", "{{").replace("}", "}}")
        source = f"{{input.{SUBJECT}}}" if place == 0 else "{previous_output}"
        step = bodies.new_step(body, name=_name(part), prompt_template=f"{wish}.\n\n{source}")
        if cook := _fitting(part, cooks):
            step["agent_id"] = cook.id
        body["steps"].append(step)
    if not parts:
        body["steps"].append(bodies.new_step(body))
    return body


def _name(part: str) -> str:
    words = part.split()
    name = " ".join(words[:5])
    return (name[0].upper() + name[1:])[:60]


def _fitting(part: str, cooks: Sequence[Cook]) -> Cook | None:
    """The agent whose words have most in common with the step's; the first one where none has any."""
    wanted = {word.lower()[:5] for word in WORD.findall(part)}
    return max(
        cooks, key=lambda cook: len(wanted & {word.lower()[:5] for word in WORD.findall(cook.about)}), default=None
    )
