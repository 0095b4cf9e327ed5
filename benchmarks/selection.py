"""How well subtasks find their agents: `python -m benchmarks.selection`, no database and no network.

For each way (meaning, words, both, both with past success and load) hit@1 and hit@3 over 60 labelled subtasks and 30
agents: for the half on which weights and floor were chosen, and for the half that was only measured.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import django
import orjson

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")
django.setup()

from automatos.llm import embeddings  # noqa: E402 (settings first)
from recipes.workflows.planning import Subtask  # noqa: E402
from recipes.workflows.selection import Crowd, Profile, Way, text_of, texts_of  # noqa: E402

FOLDER = Path(__file__).parent / "selection_set"
LOOKED_AT = 30
WAYS: tuple[tuple[str, Way, bool], ...] = (
    ("meaning", "meaning", False),
    ("words", "words", False),
    ("both", "both", False),
    ("both and past success", "both", True),
)
SOMEWHERE = uuid5(NAMESPACE_URL, "selection")


@dataclass(frozen=True, slots=True)
class Task:
    """A subtask and the agents any of whom is right."""

    subtask: Subtask
    right: frozenset[str]


def agents() -> list[Profile]:
    """The thirty, as `recipes/workflows/profiles.py` would read them."""
    rows = orjson.loads((FOLDER / "agents.json").read_bytes())
    return [
        Profile(
            uuid5(SOMEWHERE, row["name"]),
            row["name"],
            (row["description"], f"{row['name']}, {row['category']}. {row['description']}", *row["skills"]),
            (*row["skills"], *row["tools"]),
            row["done"],
            row["failed"],
        )
        for row in rows
    ]


def tasks() -> list[Task]:
    """The sixty."""
    rows = orjson.loads((FOLDER / "subtasks.json").read_bytes())
    return [
        Task(Subtask(f"s{number}", text, text, required_capabilities=tuple(able)), frozenset(right))
        for number, (text, able, right) in enumerate(rows)
    ]


def hits(crowd: Crowd, chosen: Sequence[Task], way: Way, *, past: bool) -> tuple[int, int]:
    """How many have a right agent first, and among the first three."""
    first = among = 0
    for task in chosen:
        vector = crowd.vectors[text_of(task.subtask)]
        names = [match.name for match in crowd.matches(task.subtask, vector, way, past=past)[:3]]
        first += names[0] in task.right
        among += bool(task.right & set(names))
    return first, among


def main() -> None:
    """Print the table."""
    crew, every = agents(), tasks()
    texts = [*texts_of(crew), *(text_of(task.subtask) for task in every)]
    crowd = Crowd(crew, dict(zip(texts, embeddings.embed(texts), strict=True)))
    print(f"{'way':24}{'hit@1':>16}{'hit@3':>16}   (looked at + only measured)")
    for name, way, past in WAYS:
        seen = hits(crowd, every[:LOOKED_AT], way, past=past)
        kept = hits(crowd, every[LOOKED_AT:], way, past=past)
        cells = [f"{one}+{other} of {len(every)}" for one, other in zip(seen, kept, strict=True)]
        print(f"{name:24}{cells[0]:>16}{cells[1]:>16}")


if __name__ == "__main__":
    main()
