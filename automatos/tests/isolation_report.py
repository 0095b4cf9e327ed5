"""Adds up what the parts of the isolation tests tried, wherever they ran, and says it at the end of the suite."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from workspaces.tests.matrix import World

NAME = "isolation"
# Says what was tried and how much of it, then fails when there was a leak.
Report = Callable[[World, str, int], None]


def lines(reports: Iterable[Any]) -> list[str]:
    """A line for each kind: how many were tried, with how many requests, and how many leaks."""
    totals: dict[str, Counter[str]] = {}
    for report in reports:
        for name, value in getattr(report, "user_properties", []):
            if name == NAME:
                totals.setdefault(value["what"], Counter()).update(value["numbers"])
    return [
        f"{what}: {', '.join(f'{number:,} {name}' for name, number in numbers.items())}"
        for what, numbers in sorted(totals.items())
    ]
