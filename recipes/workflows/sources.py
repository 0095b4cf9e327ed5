"""Where a run's statements come from: what its subtasks were given and what they read, numbered for the answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recipes.engine.stages import Joined


@dataclass(frozen=True, slots=True)
class Source:
    """A source. kind: document, memory, lesson or outside; subtasks: that had it; is_outside: not written here."""

    number: int
    kind: str
    title: str
    subtasks: tuple[str, ...]
    is_outside: bool = False


def sources_of(context: Mapping[str, Any], steps: Iterable[Joined]) -> list[Source]:
    """The passages that were found, with their numbers, then whatever else the subtasks' agents read."""
    users: dict[int, list[str]] = {}
    for subtask, found in (context.get("subtasks") or {}).items():
        for number in found.get("sources") or ():
            users.setdefault(number, []).append(subtask)
    kept = [
        Source(one["number"], one["kind"], one["title"], tuple(users.get(one["number"], ())), bool(one["origins"]))
        for one in context.get("sources") or ()
        if one["number"] in users
    ]
    told = {origin for one in context.get("sources") or () for origin in one["origins"]}
    readers: dict[str, list[str]] = {}
    for step in steps:
        if step.status == "completed" and "subtask" in step.config:
            for origin in step.origins:
                if origin not in told:
                    readers.setdefault(origin, []).append(str(step.config["subtask"]))
    first = max((one.number for one in kept), default=0) + 1
    more = [
        Source(number, "outside", origin, tuple(dict.fromkeys(by)), True)
        for number, (origin, by) in enumerate(readers.items(), first)
    ]
    return [*kept, *more]


def of_subtask(sources: Iterable[Source], subtask: str) -> list[int]:
    """The numbers of a subtask's sources."""
    return [one.number for one in sources if subtask in one.subtasks]
