"""Reads: how well a recipe's runs went, from the figures that are kept and its last runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from recipes.models import Execution, Recipe, RecipeFigures, RunRating, StepFigures, Trigger
from recipes.quality.formulas import DIMENSIONS, grade
from recipes.quality.intervals import Estimate, mean_of
from recipes.validation import with_defaults
from workspaces.models import User, Workspace

# The rolling mean and the trend are of so many runs, the newest assessed ones.
ROLLING, TREND = 20, 30


@dataclass(frozen=True, slots=True)
class VersionQuality:
    """One version's runs. half: of the 95 % interval of the mean; None from too few runs."""

    version: int
    runs: int
    mean: float
    half: float | None

    @property
    def name(self) -> str:
        """Its number as a word."""
        return str(self.version)


@dataclass(frozen=True, slots=True)
class RecipeQuality:
    """A recipe's quality. score: the rolling mean, None before the first assessed run; trend: oldest first."""

    score: float | None
    threshold: float
    trend: Sequence[Execution] = ()
    breakdown: dict[str, float] = field(default_factory=dict)
    versions: Sequence[VersionQuality] = ()

    @property
    def grade(self) -> str:
        """The letter of the rolling mean."""
        return "" if self.score is None else grade(self.score)

    @property
    def below(self) -> list[Execution]:
        """The runs of the rolling mean that are below the threshold, the newest first."""
        return [run for run in reversed(self.trend[-ROLLING:]) if (run.quality_score or 0) < self.threshold]

    @property
    def is_low(self) -> bool:
        """Whether the rolling mean itself is below the threshold."""
        return self.score is not None and self.score < self.threshold


@dataclass(frozen=True, slots=True)
class Stats:
    """What a recipe's assessed runs came to. Times in milliseconds, cost in US dollars, rates from 0 to 1."""

    use_count: int
    completed: int
    failed: int
    cancelled: int
    success_rate: float | None
    average_rating: float | None
    ratings: int
    quality_score: float | None
    mean_duration_ms: float | None
    input_tokens: int
    output_tokens: int
    cost: Decimal
    steps: Sequence[StepFigures]
    agents: Sequence[dict[str, Any]]
    errors: dict[str, int]


def threshold_of(recipe: Recipe) -> float:
    """What its runs are expected to reach."""
    return float(with_defaults(recipe.execution_config)["quality_threshold"])


def rating_of(execution: Execution, user: User | None) -> RunRating | None:
    """What the member says of the run; None where they said nothing."""
    return RunRating.objects.filter(execution=execution, user=user).first() if user else None


def assessed_runs(recipe: Recipe) -> Any:
    """The recipe's assessed runs but those of evaluations, newest first, without what is large in them."""
    rows = Execution.objects.filter(recipe=recipe, assessed_at__isnull=False).order_by("-created_at", "-id")
    return rows.exclude(triggered_by=Trigger.EVALUATION).defer("input_data", "output_data", "learning")


def quality_of(recipe: Recipe) -> RecipeQuality:
    """The recipe's quality as of now, in two queries."""
    newest = list(assessed_runs(recipe)[:TREND])
    rolling = newest[:ROLLING]
    scores = [run.quality_score or 0.0 for run in rolling]
    return RecipeQuality(
        score=sum(scores) / len(scores) if scores else None,
        threshold=threshold_of(recipe),
        trend=newest[::-1],
        breakdown={name: _mean_of(rolling, name) for name in DIMENSIONS} if rolling else {},
        versions=[version_quality(row) for row in RecipeFigures.objects.filter(recipe=recipe)[:10]],
    )


def _mean_of(runs: Sequence[Execution], name: str) -> float:
    return sum(float((run.quality or {})["breakdown"][name]) for run in runs) / len(runs)


def version_quality(row: RecipeFigures) -> VersionQuality:
    """Mean and interval of one version's runs."""
    found = mean_of(row.runs, row.quality_sum, row.quality_squares) or Estimate(0.0)
    return VersionQuality(row.version, row.runs, found.value, found.half)


def stats_of(recipe: Recipe) -> Stats:
    """The recipe's figures; sums over its versions, none over its runs."""
    rows = list(RecipeFigures.objects.filter(recipe=recipe))
    steps = list(StepFigures.objects.filter(recipe=recipe))
    total = {name: sum(getattr(row, name) for row in rows) for name in SUMMED}
    finished = total["completed"] + total["failed"]
    return Stats(
        use_count=total["runs"],
        completed=total["completed"],
        failed=total["failed"],
        cancelled=total["cancelled"],
        success_rate=_ratio(total["completed"], finished),
        average_rating=_ratio(total["stars_sum"], total["stars_count"]),
        ratings=total["stars_count"],
        quality_score=_ratio(total["quality_sum"], total["runs"]),
        mean_duration_ms=_ratio(total["duration_ms"], total["runs"]),
        input_tokens=total["input_tokens"],
        output_tokens=total["output_tokens"],
        cost=total["cost"] or Decimal(0),
        steps=steps,
        agents=_by_agent(steps),
        errors=_errors(steps),
    )


SUMMED = (
    *("runs", "completed", "failed", "cancelled", "stars_sum", "stars_count", "quality_sum", "duration_ms"),
    *("input_tokens", "output_tokens", "cost"),
)
OF_AGENT = ("runs", "completed", "failed", "retries", "duration_ms", "input_tokens", "output_tokens", "cost")


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def _by_agent(steps: Sequence[StepFigures]) -> list[dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for step in steps:
        start = {"agent_id": step.agent_id, "agent_name": step.agent_name, **dict.fromkeys(OF_AGENT, 0)}
        row = found.setdefault(step.agent_id, start)
        for name in OF_AGENT:
            row[name] += getattr(step, name)
    return sorted(found.values(), key=lambda row: str(row["agent_name"]))


def _errors(steps: Sequence[StepFigures]) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in steps:
        for code, count in step.errors.items():
            found[code] = found.get(code, 0) + count
    return found


@dataclass(frozen=True, slots=True)
class Alarm:
    """A recipe whose last run is below what it expects."""

    recipe: Recipe
    score: float
    threshold: float
    run_id: UUID


def alarms(workspace: Workspace, most: int = 5) -> list[Alarm]:
    """The recipes whose newest assessed run is below their threshold, the worst first: one probe of an index each."""
    newest = Execution.objects.filter(recipe=OuterRef("pk"), assessed_at__isnull=False).order_by("-created_at", "-id")
    recipes = Recipe.objects.visible().filter(workspace=workspace)
    last = {"last_score": Subquery(newest.values("quality_score")[:1]), "last_run": Subquery(newest.values("id")[:1])}
    found = []
    for row in recipes.annotate(**last).values("last_score", "last_run", "pk", *SHOWN_OF_RECIPE):
        if row["last_score"] is None:
            continue
        recipe = Recipe(pk=row["pk"], **{name: row[name] for name in SHOWN_OF_RECIPE})
        if row["last_score"] < (expected := threshold_of(recipe)):
            found.append(Alarm(recipe, row["last_score"], expected, row["last_run"]))
    return sorted(found, key=lambda alarm: alarm.score)[:most]


SHOWN_OF_RECIPE = ("name", "template_id", "execution_config")
