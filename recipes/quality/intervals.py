"""The 95 % intervals of means and shares, and of the difference of two of them. Nothing here reads the database."""

from dataclasses import dataclass
from math import sqrt

# Of a normal distribution, for 95 of 100.
NINETY_FIVE = 1.959963984540054
# Of Student's distribution with one and two degrees of freedom, where its series does not hold.
FEW = {1: 12.706204736, 2: 4.302652730}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; low and high are None where too few runs tell."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def half(self) -> float | None:
        """Half the interval's width."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


def student(freedom: float) -> float:
    """How many standard errors hold 95 of 100, with so many degrees of freedom; to 0.2 % of the exact number."""
    if freedom <= max(FEW):
        return FEW[max(1, int(freedom))]
    z, v = NINETY_FIVE, freedom
    terms = (
        (z**3 + z) / (4 * v),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3),
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4),
    )
    return z + sum(terms)


def variance(count: int, total: float, squares: float) -> float:
    """Of a sample, from its sums."""
    mean = total / count
    return max(0.0, (squares - count * mean * mean) / (count - 1))


def mean_of(count: int, total: float, squares: float | None) -> Estimate | None:
    """The mean of so many values by their sum and the sum of their squares; None where there are none."""
    if not count:
        return None
    mean = total / count
    if count < 2 or squares is None:
        return Estimate(mean)
    half = student(count - 1) * sqrt(variance(count, total, squares) / count)
    return Estimate(mean, mean - half, mean + half)


def share_of(part: int, whole: int) -> Estimate | None:
    """A share with Wilson's interval; None where there is nothing to share."""
    if not whole:
        return None
    z2, share = NINETY_FIVE**2, part / whole
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = NINETY_FIVE * sqrt(share * (1 - share) / whole + z2 / (4 * whole**2)) / (1 + z2 / whole)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))


def difference_of_means(one: tuple[int, float, float], other: tuple[int, float, float]) -> tuple[float, float] | None:
    """The interval of other minus one, by Welch; each as count, sum and sum of squares. None from fewer than 2."""
    if min(one[0], other[0]) < 2:
        return None
    errors = [variance(*sample) / sample[0] for sample in (one, other)]
    shift, error = other[1] / other[0] - one[1] / one[0], sum(errors)
    if not error:
        return shift, shift
    freedom = error**2 / sum(e**2 / (sample[0] - 1) for e, sample in zip(errors, (one, other), strict=True))
    half = student(freedom) * sqrt(error)
    return shift - half, shift + half


def difference_of_shares(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float] | None:
    """The interval of other minus one, by Newcombe from Wilson's; each as part and whole. None where one is empty."""
    first, second = share_of(*one), share_of(*other)
    if first is None or second is None:
        return None
    assert first.low is not None
    assert first.high is not None
    assert second.low is not None
    assert second.high is not None
    shift = second.value - first.value
    below = sqrt((second.value - second.low) ** 2 + (first.high - first.value) ** 2)
    above = sqrt((second.high - second.value) ** 2 + (first.value - first.low) ** 2)
    return shift - below, shift + above
