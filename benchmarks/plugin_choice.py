"""Which of an agent's plugins a task gets in full: the share of tasks whose plugin is among the two chosen.

`make bench-plugins` prints words, meaning and both together over the labelled set, and how often nothing was chosen.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import django

if TYPE_CHECKING:
    from marketplace.context.choosing import Likeness
    from marketplace.context.plugin import AssignedPlugin

NAMESPACE = UUID("5d0f3a52-7d6b-4a6e-9a35-0a0d5c5d2a10")


def main() -> int:
    """Print the figures; 0 once they are printed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")
    os.environ.setdefault("DATA", tempfile.mkdtemp())
    django.setup()
    from benchmarks.plugin_choice_set import PLUGINS, TASKS
    from marketplace.context import choosing

    plugins = [_plugin(slug, text) for slug, text in PLUGINS.items()]
    assert len(plugins) == 60
    assert len(TASKS) == 40
    likeness = {task: choosing.likeness_of(plugins, task) for task, _ in TASKS}
    ways: dict[str, Callable[[str], list[AssignedPlugin]]] = {
        "words": lambda task: choosing.chosen(plugins, task),
        "embeddings": lambda task: _nearest(plugins, likeness[task])[: choosing.MOST_TEXTS],
        "fusion": lambda task: choosing.chosen(plugins, task, likeness[task]),
    }
    print(f"{len(plugins)} plugins, {len(TASKS)} tasks")
    for name, choose in ways.items():
        found = [[one.slug for one in choose(task)] for task, _ in TASKS]
        hits = [wanted in slugs for slugs, (_, wanted) in zip(found, TASKS, strict=True)]
        thirds = ", ".join(f"{sum(hits[a:b])}/{b - a}" for a, b in ((0, 13), (13, 27), (27, 40)))
        empty = sum(not slugs for slugs in found)
        share = f"{sum(hits)}/{len(hits)} ({sum(hits) / len(hits):.0%})"
        print(f"{name:<11} hit@2 {share}; by third {thirds}; none chosen {empty}")
        if "-v" in sys.argv:
            for (task, wanted), slugs, hit in zip(TASKS, found, hits, strict=True):
                if not hit:
                    near = likeness[task]
                    places = [one.slug for one in _nearest(plugins, near)]
                    print(f"  {wanted} (place {places.index(wanted) + 1}): {task[:60]} -> {slugs}")
    return 0


def _nearest(plugins: "Sequence[AssignedPlugin]", likeness: "Likeness") -> "list[AssignedPlugin]":
    """By meaning alone."""
    return sorted(plugins, key=lambda one: -likeness.get(one.plugin_id, 0.0))


def _plugin(slug: str, text: str) -> "AssignedPlugin":
    from marketplace.context.plugin import AssignedPlugin

    summary, _, skills = text.partition("|")
    parts = [one.partition(":") for one in skills.split("|")]
    rows = [{"name": name, "summary": about.strip()} for name, _, about in parts]
    key = uuid5(NAMESPACE, slug)
    return AssignedPlugin(
        key, key, {"slug": slug, "version": "1.0.0", "summary": summary, "text": text, "skills": rows}
    )


if __name__ == "__main__":
    sys.exit(main())
