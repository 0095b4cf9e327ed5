"""Agents to start from: read from `templates.yaml`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agents.drafts.steps import CUSTOM, NONE, PREDEFINED
from agents.models import Persona
from automatos.words import unwrapped

FILE = Path(__file__).parent / "templates.yaml"


@dataclass(frozen=True, slots=True)
class Template:
    """One agent to start from. about: for the person who chooses; persona: the slug of a seeded one, or empty."""

    slug: str
    name: str
    about: str
    category: str
    description: str
    tags: tuple[str, ...]
    persona: str
    prompt: str
    temperature: float
    max_tokens: int
    tools: tuple[str, ...]

    def values(self, persona: Persona | None) -> dict[str, Any]:
        """What a draft of it starts with, over a blank one. persona: the row of its persona, where it is installed."""
        kind = PREDEFINED if persona else CUSTOM if self.prompt else NONE
        return {
            "category": self.category,
            "name": self.name,
            "description": self.description,
            "tags": ", ".join(self.tags),
            "persona_kind": kind,
            "persona_id": str(persona.pk) if persona else "",
            "instructions": self.prompt if persona else "",
            "custom_prompt": "" if persona else self.prompt,
            "temperature": f"{self.temperature:g}",
            "max_tokens": str(self.max_tokens),
            "tools": list(self.tools),
        }


@cache
def templates() -> dict[str, Template]:
    """The templates by slug, in the file's order."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    made = [Template(**{**row, **_read(row)}) for row in rows]
    return {template.slug: template for template in made}


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return {"tags": tuple(row["tags"]), "tools": tuple(row["tools"]), "prompt": unwrapped(row["prompt"])}
