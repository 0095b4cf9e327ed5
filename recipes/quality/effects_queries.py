"""Reads: whether a suggestion that was taken up helped: the runs before its version against those with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recipes.models import Recipe, RecipeFigures, RecipeSuggestion
from recipes.quality.intervals import Estimate, difference_of_means, difference_of_shares, mean_of, share_of

# Fewer runs on one side tell nothing.
FEWEST = 5
BETTER, WORSE, UNCLEAR, TOO_FEW = "better", "worse", "unclear", "too_few"
VERDICTS = (BETTER, WORSE, UNCLEAR, TOO_FEW)
Figures = Mapping[int, RecipeFigures]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure before and after. verdict: by the interval of their difference, which has to leave out nought."""

    name: str
    label: str
    before: Estimate | None
    after: Estimate | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Effect:
    """before: the newest version with runs before the one that took the suggestion up; after: the first from it on."""

    before_version: int | None
    before_runs: int
    after_version: int
    after_runs: int
    measures: Sequence[Measure]

    @property
    def verdict(self) -> str:
        """Of all measures together; unclear too where some are better and some worse."""
        found = {measure.verdict for measure in self.measures}
        if found == {TOO_FEW}:
            return TOO_FEW
        if (BETTER in found) == (WORSE in found):
            return UNCLEAR
        return BETTER if BETTER in found else WORSE

    @property
    def says(self) -> str:
        """The verdict in words."""
        better, worse = ([one.label.lower() for one in self.measures if one.verdict == v] for v in (BETTER, WORSE))
        if better and worse:
            return f"Better in {' and '.join(better)}, worse in {' and '.join(worse)}."
        return {
            BETTER: f"Yes: better in {' and '.join(better)}.",
            WORSE: f"No: worse in {' and '.join(worse)}.",
            UNCLEAR: "No clear difference so far.",
            TOO_FEW: f"Too few runs to tell: {FEWEST} of each are needed.",
        }[self.verdict]


def figures_by_version(recipe: Recipe) -> Figures:
    """The recipe's figures by version."""
    return {row.version: row for row in RecipeFigures.objects.filter(recipe=recipe)}


def effect_of(suggestion: RecipeSuggestion, figures: Figures) -> Effect | None:
    """What came of it; None for one that no version took up."""
    version = suggestion.accepted_version
    if version is None:
        return None
    with_runs = sorted(number for number, row in figures.items() if row.runs)
    before = next((figures[number] for number in reversed(with_runs) if number < version), None)
    after = next((figures[number] for number in with_runs if number >= version), None)
    return Effect(
        before_version=before.version if before else None,
        before_runs=before.runs if before else 0,
        after_version=after.version if after else version,
        after_runs=after.runs if after else 0,
        measures=_measures(before, after),
    )


def newest_effect(recipe: Recipe) -> Effect | None:
    """Of the suggestion that was taken up last; None before the first."""
    taken_up = RecipeSuggestion.objects.filter(recipe=recipe, status=RecipeSuggestion.Status.ACCEPTED)
    newest = taken_up.exclude(accepted_version=None).order_by("-accepted_version", "-decided_at").first()
    return effect_of(newest, figures_by_version(recipe)) if newest else None


def _measures(before: RecipeFigures | None, after: RecipeFigures | None) -> list[Measure]:
    found = [_success(before, after)]
    for name, label, more_is_better in (
        ("quality", "Quality", True), ("cost", "Cost", False), ("duration_ms", "Time", False),
    ):  # fmt: skip
        one, other = (_sums(row, name) if row else None for row in (before, after))
        shift = None
        if one and other and one[2] is not None and other[2] is not None:
            shift = difference_of_means((one[0], one[1], one[2]), (other[0], other[1], other[2]))
        verdict = _verdict(shift, min(one[0], other[0]) if one and other else 0, more_is_better=more_is_better)
        estimates = [mean_of(*sums) if sums else None for sums in (one, other)]
        found.append(Measure(name, label, estimates[0], estimates[1], verdict))
    return found


def _success(before: RecipeFigures | None, after: RecipeFigures | None) -> Measure:
    one, other = ((row.completed, row.completed + row.failed) if row else (0, 0) for row in (before, after))
    shift = difference_of_shares(one, other)
    verdict = _verdict(shift, min(one[1], other[1]), more_is_better=True)
    return Measure("success_rate", "Success", share_of(*one), share_of(*other), verdict)


def _sums(row: RecipeFigures, name: str) -> tuple[int, float, float | None]:
    """Count, sum and sum of squares; the last is None where they were not kept from the first run on."""
    match name:
        case "quality":
            return row.runs, row.quality_sum, row.quality_squares
        case "cost":
            return row.runs, float(row.cost), row.cost_squares
        case _:
            return row.runs, float(row.duration_ms), row.duration_squares


def _verdict(shift: tuple[float, float] | None, fewest: int, *, more_is_better: bool) -> str:
    if shift is None or fewest < FEWEST:
        return TOO_FEW
    low, high = shift
    if low <= 0 <= high:
        return UNCLEAR
    return BETTER if (low > 0) == more_is_better else WORSE
