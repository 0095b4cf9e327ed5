"""Recipes to start from: files beside this one, each with its agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recipes.editor import document as documents

FOLDER = Path(__file__).with_name("samples")


@dataclass(frozen=True, slots=True)
class Sample:
    """A recipe to start from. text: its file."""

    slug: str
    name: str
    description: str
    steps: Sequence[str]
    text: str


@cache
def samples() -> Sequence[Sample]:
    """All of them, by name."""
    found = []
    for path in FOLDER.glob("*.yaml"):
        text = path.read_text("utf-8")
        body = documents.read(text).body
        steps = [str(step.get("name") or step["step_id"]) for step in body["steps"]]
        found.append(Sample(path.stem, body["name"], body["description"], steps, text))
    return sorted(found, key=lambda sample: sample.name)


def sample(slug: str) -> Sample | None:
    """The one of this name."""
    return next((one for one in samples() if one.slug == slug), None)
