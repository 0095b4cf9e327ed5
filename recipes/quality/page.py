"""What the quality pages show, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recipes.models import Execution, Recipe, RecipePattern, RecipeSuggestion, RunJudgement
from recipes.quality.effects_queries import Effect, effect_of, figures_by_version
from recipes.quality.formulas import DIMENSIONS
from recipes.quality.queries import RecipeQuality, Stats, quality_of, stats_of

# Suggestions taken up whose effect is shown.
EFFECTS = 3
MEANS = {
    "completeness": "Half for steps that completed, three tenths for steps with an output, two for the run's end.",
    "accuracy": "Half for steps without an error, three tenths for declared fields that are there, two for the run.",
    "efficiency": "Four tenths for the steps' time, three for the run's, three for doing without retries.",
    "reliability": "Four tenths for how it ended, three for few patterns, three for no failed step.",
    "cost": "Three tenths each for few retries and useful steps, two each for no more steps and few tokens.",
}


@dataclass(frozen=True, slots=True)
class Dimension:
    """A line of the breakdown."""

    name: str
    value: float
    means: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a recipe's pages."""

    label: str
    route: str
    icon: str
    current: bool


def tabs_of(current: str) -> list[Tab]:
    """The tabs of a recipe. current: the name of the address being looked at."""
    known = (
        ("Overview", "recipe_detail", "book-open-text"),
        ("Quality", "recipe_quality", "gauge"),
        ("Lessons", "recipe_lessons", "graduation-cap"),
        ("Evaluations", "recipe_evaluations", "list-checks"),
        ("Schedule and triggers", "recipe_triggers", "alarm-clock"),
    )
    return [Tab(label, route, icon, route == current) for label, route, icon in known]


def dimensions_of(breakdown: dict[str, float] | None) -> list[Dimension]:
    """The five in their order; none for a run that was not assessed."""
    return [Dimension(name.capitalize(), breakdown[name], MEANS[name]) for name in DIMENSIONS] if breakdown else []


@dataclass(frozen=True, slots=True)
class Helped:
    """A suggestion that a version took up, and what came of it."""

    suggestion: RecipeSuggestion
    effect: Effect


@dataclass(frozen=True, slots=True)
class QualityPage:
    """The page of a recipe's quality."""

    quality: RecipeQuality
    stats: Stats
    dimensions: Sequence[Dimension]
    patterns: Sequence[RecipePattern]
    suggestions: Sequence[RecipeSuggestion]
    drafted: Sequence[RecipeSuggestion]
    effects: Sequence[Helped]
    judgement: RunJudgement | None

    @property
    def labels(self) -> list[str]:
        """The runs of the trend."""
        return [f"{run.created_at.day} {run.created_at:%b}" for run in self.quality.trend]

    @property
    def scores(self) -> list[float]:
        """Their scores."""
        return [run.quality_score or 0.0 for run in self.quality.trend]

    @property
    def slowest(self) -> list[dict[str, Any]]:
        """The steps by their share of the time."""
        total = sum(step.duration_ms for step in self.stats.steps)
        rows = sorted(self.stats.steps, key=lambda step: -step.duration_ms)[:5]
        return [
            {"step": row, "share": row.duration_ms / total, "mean": row.duration_ms / row.runs}
            for row in rows
            if total and row.duration_ms
        ]


def quality_page(recipe: Recipe) -> QualityPage:
    """Everything the page shows."""
    quality = quality_of(recipe)
    rows = RecipeSuggestion.objects.filter(recipe=recipe)
    open_ones = rows.filter(status=RecipeSuggestion.Status.OPEN)
    rank = {"high": 0, "medium": 1, "low": 2}
    return QualityPage(
        quality=quality,
        stats=stats_of(recipe),
        dimensions=dimensions_of(quality.breakdown),
        patterns=list(RecipePattern.objects.filter(recipe=recipe).order_by("-seen", "type", "step_id")[:50]),
        judgement=newest_judgement(recipe),
        drafted=list(rows.filter(status=RecipeSuggestion.Status.DRAFTED).order_by("step", "type")),
        effects=_effects(recipe),
        suggestions=sorted(open_ones, key=lambda one: (rank.get(one.priority, 3), one.step or 0, one.type)),
    )


def _effects(recipe: Recipe) -> list[Helped]:
    """Of the suggestions that were taken up last."""
    taken_up = RecipeSuggestion.objects.filter(recipe=recipe, status=RecipeSuggestion.Status.ACCEPTED)
    newest = list(taken_up.exclude(accepted_version=None).order_by("-accepted_version", "step")[:EFFECTS])
    figures = figures_by_version(recipe) if newest else {}
    return [Helped(one, effect) for one in newest if (effect := effect_of(one, figures))]


def newest_judgement(recipe: Recipe) -> RunJudgement | None:
    """What the judge thinks of the newest run it was asked about."""
    rows = RunJudgement.objects.filter(execution__recipe=recipe).select_related("execution")
    return rows.order_by("-execution__created_at").first()


def run_quality(execution: Execution) -> dict[str, Any]:
    """The assessment of one run, for its page."""
    quality = execution.quality or {}
    return {
        "score": execution.quality_score,
        "grade": execution.grade,
        "dimensions": dimensions_of(quality.get("breakdown")),
        "bottlenecks": quality.get("bottlenecks", []),
        "patterns": (execution.learning or {}).get("patterns", []),
        "judgement": RunJudgement.objects.filter(execution=execution).first() if execution.assessed_at else None,
    }
