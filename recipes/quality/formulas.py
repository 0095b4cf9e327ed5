"""The arithmetic of a run's quality: five dimensions from 0 to 1, whose mean is the score.

It measures the run, not the text. Nothing here reads the database, so each figure can be checked by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

DIMENSIONS = ("completeness", "accuracy", "efficiency", "reliability", "cost")
# The lowest score of each grade; below the last one it is F.
GRADES = ((0.90, "A"), (0.75, "B"), (0.60, "C"), (0.40, "D"))
COMPLETENESS_OF_STATUS = {"completed": 1.0, "running": 0.3}
RELIABILITY_OF_STATUS = {"completed": 1.0, "running": 0.7, "waiting": 0.7, "pending": 0.5, "cancelled": 0.2}
# Tokens of a run that leave nothing of its share of the cost dimension.
TOKENS = 100_000
UNKNOWN_TOKENS, UNKNOWN_TIME = 0.7, 0.5
# A step slower than this, in seconds, may be a bottleneck; so is one tried again this often.
SLOW, MANY_RETRIES, SLOWEST = 5.0, 2, 3


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step that was begun. retries: attempts after the first; duration and timeout in seconds, None when unknown."""

    order: int
    step_id: str
    name: str
    status: str
    retries: int = 0
    duration: float | None = None
    timeout: float = 300.0
    has_output: bool = False
    has_error: bool = False

    @property
    def is_useful(self) -> bool:
        """Whether it completed and left something."""
        return self.status == "completed" and self.has_output


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run came to. expected: the steps its recipe has; steps: those that were begun.

    declared, present: the output fields the recipe declares, and how many of them the run has.
    high, medium: its patterns of these severities. tokens: in and out, None when nothing reported them.
    """

    status: str
    expected: int
    steps: Sequence[StepFacts] = ()
    has_error: bool = False
    declared: int = 0
    present: int = 0
    duration: float | None = None
    timeout: float = 600.0
    high: int = 0
    medium: int = 0
    tokens: int | None = None

    @property
    def retries(self) -> int:
        """Attempts after the first, of all steps."""
        return sum(step.retries for step in self.steps)


def time_score(seconds: float | None, timeout: float) -> float:
    """1 up to half the time-out, then 1 - .5·t/timeout, 0 beyond it; .5 when unknown."""
    if seconds is None or timeout <= 0:
        return UNKNOWN_TIME
    if seconds <= timeout / 2:
        return 1.0
    return 1 - 0.5 * seconds / timeout if seconds <= timeout else 0.0


def completeness(run: RunFacts) -> float:
    """How much of what was to be done is there."""
    done = sum(step.status == "completed" for step in run.steps)
    written = sum(step.is_useful for step in run.steps)
    of = COMPLETENESS_OF_STATUS.get(run.status, 0.0)
    return 0.5 * _share(done, run.expected) + 0.3 * _share(written, run.expected) + 0.2 * of


def accuracy(run: RunFacts) -> float:
    """How little went wrong; .5 when no step was begun."""
    if not run.steps:
        return 0.5
    right = sum(not step.has_error for step in run.steps) / len(run.steps)
    fields = run.present / run.declared if run.declared else 1.0
    return 0.5 * right + 0.3 * fields + 0.2 * (not run.has_error)


def efficiency(run: RunFacts) -> float:
    """How little time and how few attempts it took."""
    count = len(run.steps)
    times = [time_score(step.duration, step.timeout) for step in run.steps]
    mean_time = sum(times) / count if count else UNKNOWN_TIME
    mean_retries = run.retries / count if count else 0.0
    return 0.4 * mean_time + 0.3 * time_score(run.duration, run.timeout) + 0.3 * max(0.0, 1 - 0.25 * mean_retries)


def reliability(run: RunFacts) -> float:
    """How far one may count on it: how it ended, what patterns it showed, how many steps failed."""
    status = RELIABILITY_OF_STATUS.get(run.status, 0.0)
    calm = max(0.0, 1 - 0.3 * run.high - 0.1 * run.medium)
    failed = sum(step.status == "failed" for step in run.steps)
    return 0.4 * status + 0.3 * calm + 0.3 * (1 - (failed / len(run.steps) if run.steps else 0.0))


def cost(run: RunFacts) -> float:
    """How little was spent on nothing."""
    count = len(run.steps)
    tries = max(0.0, 1 - run.retries / (2 * count)) if count else 1.0
    useful = sum(step.is_useful for step in run.steps) / count if count else 0.0
    lean = min(1.0, run.expected / count) if count else 1.0
    spent = UNKNOWN_TOKENS if run.tokens is None else max(0.0, 1 - run.tokens / TOKENS)
    return 0.3 * tries + 0.3 * useful + 0.2 * lean + 0.2 * spent


def breakdown(run: RunFacts) -> dict[str, float]:
    """Each dimension by its name."""
    return {
        "completeness": completeness(run),
        "accuracy": accuracy(run),
        "efficiency": efficiency(run),
        "reliability": reliability(run),
        "cost": cost(run),
    }


def score(dimensions: dict[str, float]) -> float:
    """The mean of the five."""
    return sum(dimensions.values()) / len(dimensions)


def grade(value: float) -> str:
    """A letter for a score."""
    # A mean of five sums may lie a rounding error below the bound it stands for.
    return next((letter for least, letter in GRADES if value >= least - 1e-9), "F")


def _share(part: int, whole: int) -> float:
    return min(1.0, part / whole) if whole else 0.0
