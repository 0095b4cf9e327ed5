"""Shares, means and differences with how sure they are. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, inf, sqrt

# Of a normal distribution, for 95 of 100.
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval; low and high are None where there are too few to say."""

    value: float
    low: float | None = None
    high: float | None = None


def wilson(passed: int, of: int) -> Interval | None:
    """The share that passed, with Wilson's score interval; None for none."""
    if not of:
        return None
    share = passed / of
    scale = 1 + Z**2 / of
    middle = (share + Z**2 / (2 * of)) / scale
    half = Z * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2)) / scale
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def mean(values: Sequence[float], most: float = inf) -> Interval | None:
    """The mean with its normal interval, from 0 to `most`; None for none, without an interval for one."""
    if not values:
        return None
    middle = sum(values) / len(values)
    if len(values) == 1:
        return Interval(middle)
    half = Z * sqrt(sum((one - middle) ** 2 for one in values) / (len(values) - 1) / len(values))
    return Interval(middle, max(0.0, middle - half), min(most, middle + half))


def chance(better: int, worse: int) -> float:
    """How likely at least so uneven a number of changes is by chance alone (McNemar, exact, two-sided), 0 to 1."""
    changed, fewer = better + worse, min(better, worse)
    if not changed:
        return 1.0
    ways = sum(comb(changed, count) for count in range(fewer + 1))
    return min(1.0, float(2 * ways / 2**changed))
