"""How well hints find the action a task means.

`HINTS=all make test ARGS="tools/hints/tests/test_hint_quality.py -s"` prints it; the suite measures every fourth app.

For each way (meaning, words, both) hit@1, hit@5 and MRR over a labelled set of tasks and 2,000 actions of 40 apps, for
the half that was looked at while the search was made and for the half that was not; and the time of a query.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hint_set.reading import App, apps
from tools.composio.catalogue import write_words
from tools.composio.verbs import category_of
from tools.hints.search import Way, Where, search
from tools.models import ComposioActionCache, ComposioAppCache

TASKS = Path(__file__).parent / "hint_set" / "tasks.txt"
WAYS: tuple[Way, ...] = ("meaning", "words", "fused")


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody asks for, the actions any of which is right, and whether it was only measured."""

    text: str
    right: frozenset[str]
    held_out: bool


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of tasks, 0 to 1, and the mean of one over the place of the first right action."""

    hit_1: float
    hit_5: float
    mrr: float


def measures_all() -> bool:
    """Whether all 40 apps are measured, which takes a minute: with HINTS=all."""
    return os.environ.get("HINTS") == "all"


def chosen_apps() -> list[App]:
    """The apps that are measured: all, or every fourth."""
    return apps() if measures_all() else apps()[::4]


def tasks() -> list[Task]:
    """Every task of the set that an action of the chosen apps answers."""
    found, held_out = [], False
    known = {action.slug for app in chosen_apps() for action in app.actions}
    for line in TASKS.read_text().splitlines():
        if line == "--":
            held_out = True
        elif line and not line.startswith("#"):
            text, _, right = line.partition(" | ")
            if known.issuperset(right.split()):
                found.append(Task(text, frozenset(right.split()), held_out))
    return found


def plant() -> int:
    """Put the made-up catalogue into the shared one; how many actions there are."""
    number = 0
    for app in chosen_apps():
        row = ComposioAppCache.objects.create(
            slug=app.slug, app_name=app.name, display_name=app.name, categories=[app.category]
        )
        actions = [
            ComposioActionCache(
                app=row,
                action=action.slug,
                display_name=action.name,
                description=action.description,
                category=category_of(action.slug, app.slug, ()),
                digest="-",
            )
            for action in app.actions
        ]
        ComposioActionCache.objects.bulk_create(actions)
        write_words(row.pk, actions)
        number += len(actions)
    return number


def measure(way: Way, chosen: Sequence[Task]) -> tuple[Score, float, list[tuple[Task, list[str]]]]:
    """The score of a way, milliseconds a query (mean), and the tasks whose action is not among the first five."""
    where = Where(None, [app.slug for app in chosen_apps()])
    places, missed, begun = [], [], time.perf_counter()
    for task in chosen:
        found = [one.action for one in search(task.text, where, 20, way)]
        place = next((n for n, action in enumerate(found, 1) if action in task.right), 0)
        places.append(place)
        if not 0 < place <= 5:
            missed.append((task, found[:5]))
    took = (time.perf_counter() - begun) * 1000 / len(chosen)
    number = len(places)
    score = Score(
        sum(place == 1 for place in places) / number,
        sum(0 < place <= 5 for place in places) / number,
        sum(1 / place for place in places if place) / number,
    )
    return score, took, missed


def table() -> str:
    """Everything measured, as lines."""
    lines = []
    for title, chosen in (
        ("all tasks", tasks()),
        ("looked at while it was made", [task for task in tasks() if not task.held_out]),
        ("held out", [task for task in tasks() if task.held_out]),
    ):
        lines.append(f"{title} ({len(chosen)})")
        for way in WAYS:
            score, took, _ = measure(way, chosen)
            shares = f"hit@1 {score.hit_1:6.1%}  hit@5 {score.hit_5:6.1%}  MRR {score.mrr:.3f}"
            lines.append(f"  {way:8} {shares}  {took:.0f} ms a query")
    return "\n".join(lines)
