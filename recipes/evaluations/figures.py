"""Means within bounds, and how likely differences are by chance alone. Pure."""

from collections.abc import Sequence
from math import comb, inf

from recipes.quality.intervals import Estimate, mean_of


def mean(values: Sequence[float], most: float = inf) -> Estimate | None:
    """The mean with Student's interval, from 0 to `most`; None for none, without an interval for one."""
    found = mean_of(len(values), sum(values), sum(one * one for one in values))
    if found is None or found.low is None or found.high is None:
        return found
    return Estimate(found.value, max(0.0, found.low), min(most, found.high))


def chance(better: int, worse: int) -> float:
    """How likely at least so uneven a number of changes is by chance alone (McNemar, exact, two-sided), 0 to 1."""
    changed, fewer = better + worse, min(better, worse)
    if not changed:
        return 1.0
    ways = sum(comb(changed, count) for count in range(fewer + 1))
    return min(1.0, float(2 * ways / 2**changed))
