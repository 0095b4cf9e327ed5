"""Reads: sets, cases, evaluations, and the table of what an evaluation came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from automatos.errors import NotFound
from recipes.evaluations.advance_services import spent_of
from recipes.evaluations.figures import chance, mean
from recipes.models import Evaluation, EvaluationCase, EvaluationCell, EvaluationSet, EvaluationVariant, Recipe
from recipes.publish_gate_queries import needed
from recipes.quality.intervals import Estimate, share_of

Verdict, Status = EvaluationCell.Verdict, EvaluationCell.Status
NOT_RUN = (Verdict.BUDGET, Verdict.CANCELLED)


def sets_of(recipe: Recipe) -> QuerySet[EvaluationSet]:
    """The recipe's sets with `case_count`, the oldest first."""
    rows = EvaluationSet.objects.filter(recipe=recipe, deleted_at=None)
    count = Count("cases", filter=Q(cases__removed_at=None), distinct=True)
    return rows.annotate(case_count=count).order_by("created_at", "pk")


def set_of(recipe: Recipe, set_id: UUID) -> EvaluationSet:
    """One set; NotFound when it is unknown, removed or another recipe's."""
    found = sets_of(recipe).filter(pk=set_id).first()
    if found is None:
        raise NotFound()
    return found


def cases_of(one: EvaluationSet) -> QuerySet[EvaluationCase]:
    """The set's cases by their numbers."""
    return EvaluationCase.objects.filter(evaluation_set=one, removed_at=None).order_by("number")


def case_of(one: EvaluationSet, number: int) -> EvaluationCase:
    """One case; NotFound."""
    found = cases_of(one).filter(number=number).first()
    if found is None:
        raise NotFound()
    return found


def evaluations_of(one: EvaluationSet) -> QuerySet[Evaluation]:
    """The set's evaluations with their variants, the newest first."""
    rows = Evaluation.objects.filter(evaluation_set=one).prefetch_related("variants").select_related("user")
    return rows.order_by("-created_at", "-pk")


def evaluation_of(recipe: Recipe, evaluation_id: UUID) -> Evaluation:
    """One evaluation of a set of the recipe, removed ones too; NotFound."""
    rows = Evaluation.objects.filter(pk=evaluation_id, evaluation_set__recipe=recipe)
    found = rows.select_related("evaluation_set", "user").first()
    if found is None:
        raise NotFound()
    return found


def cells_of(evaluation: Evaluation) -> QuerySet[EvaluationCell]:
    """Its cells, case by case, each with its variant, case and run."""
    rows = EvaluationCell.objects.filter(evaluation=evaluation)
    return rows.select_related("variant", "case", "execution").order_by("position")


@dataclass(frozen=True, slots=True)
class Line:
    """What one variant came to. decided: the cases that passed or failed, of which `rate` and its interval are.

    cost: US dollars, judges included; mean_cost and mean_ms: of the runs that ended. difference: how many more cases
    passed than with the base, None for that itself.
    """

    variant: EvaluationVariant
    passed: int
    failed: int
    undecided: int
    not_run: int
    open: int
    rate: Estimate | None
    quality: Estimate | None
    cost: Decimal
    mean_cost: Decimal | None
    mean_ms: float | None
    difference: int | None

    @property
    def decided(self) -> int:
        """Passed or failed."""
        return self.passed + self.failed


@dataclass(frozen=True, slots=True)
class Row:
    """A case with its cells, in the order of the variants. changed: whether its verdicts with base and other differ."""

    case: EvaluationCase
    cells: Sequence[EvaluationCell]
    changed: bool


@dataclass(frozen=True, slots=True)
class Table:
    """An evaluation's results. base, other: the variants that are compared case by case.

    better, worse: cases that pass with `other` and not with `base`, and the other way round; chance: how likely so
    uneven a change is without a cause.
    """

    evaluation: Evaluation
    lines: Sequence[Line]
    rows: Sequence[Row]
    base: EvaluationVariant
    other: EvaluationVariant
    better: Sequence[int]
    worse: Sequence[int]
    spent: Decimal
    needed: int
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """0 to 1."""
        return chance(len(self.better), len(self.worse))

    @property
    def has_passed(self) -> bool:
        """Whether it is over and so many cases passed with each variant as have to."""
        is_over = self.evaluation.status == Evaluation.Status.COMPLETED
        return is_over and all(line.passed >= self.needed for line in self.lines)

    @property
    def not_run(self) -> int:
        """Cells that no run was made of, or that a budget stopped."""
        return sum(line.not_run for line in self.lines)


def table_of(evaluation: Evaluation, base: int | None = None, other: int | None = None) -> Table:
    """The table. base, other: positions of the variants to compare; by default the published version, or the first,
    and the one that differs from it most in number, or the next. Raises NotFound for a position there is not.
    """
    variants = list(evaluation.variants.all())
    cells = list(cells_of(evaluation).defer("output"))
    first, second = _compared(evaluation, variants, base, other)
    by_case: dict[UUID, dict[UUID, EvaluationCell]] = {}
    for cell in cells:
        by_case.setdefault(cell.case_id, {})[cell.variant_id] = cell
    pairs = [(found[first.pk], found[second.pk]) for found in by_case.values()]
    better = [a.case.number for a, b in pairs if _passed(b) and a.verdict == Verdict.FAILED]
    worse = [a.case.number for a, b in pairs if _passed(a) and b.verdict == Verdict.FAILED]
    changed = {*better, *worse}
    lines = [_line(one, [cell for cell in cells if cell.variant_id == one.pk], first, by_case) for one in variants]
    rows = []
    for found in by_case.values():
        case = next(iter(found.values())).case
        rows.append(Row(case, [found[one.pk] for one in variants], case.number in changed))
    return Table(
        evaluation=evaluation,
        lines=lines,
        rows=rows,
        base=first,
        other=second,
        better=better,
        worse=worse,
        spent=spent_of(evaluation),
        needed=needed(evaluation.pass_at, evaluation.cases),
        counts={word: sum(cell.status == word for cell in cells) for word in Status.values},
    )


def _passed(cell: EvaluationCell) -> bool:
    return cell.verdict == Verdict.PASSED


def _compared(
    evaluation: Evaluation, variants: Sequence[EvaluationVariant], base: int | None, other: int | None
) -> tuple[EvaluationVariant, EvaluationVariant]:
    at = {one.position: one for one in variants}
    if any(place is not None and place not in at for place in (base, other)):
        raise NotFound("This evaluation has no such variant.")
    published = evaluation.evaluation_set.recipe.version
    usual = next((one for one in variants if one.version == published), variants[0])
    first = at[base] if base is not None else usual
    rest = [one for one in variants if one.pk != first.pk]
    drafted = [one for one in rest if one.version == 0] or [one for one in rest if one.version != first.version]
    same = [one for one in drafted if one.model == first.model]
    second = at[other] if other is not None else next(iter([*same, *drafted, *rest]), first)
    return first, second


def _line(
    variant: EvaluationVariant,
    cells: Sequence[EvaluationCell],
    base: EvaluationVariant,
    by_case: Mapping[UUID, Mapping[UUID, EvaluationCell]],
) -> Line:
    passed = sum(_passed(cell) for cell in cells)
    failed = sum(cell.verdict == Verdict.FAILED for cell in cells)
    ran = [cell for cell in cells if cell.status == Status.DONE and cell.duration_ms is not None]
    against = None
    if variant.pk != base.pk:
        against = sum(_passed(cell) - _passed(by_case[cell.case_id][base.pk]) for cell in cells)
    return Line(
        variant=variant,
        passed=passed,
        failed=failed,
        undecided=sum(cell.verdict == Verdict.UNDECIDED for cell in cells),
        not_run=sum(cell.verdict in NOT_RUN for cell in cells),
        open=sum(cell.status != Status.DONE for cell in cells),
        rate=share_of(passed, passed + failed),
        quality=mean([one.quality for one in cells if one.quality is not None and one.verdict not in NOT_RUN], most=1),
        cost=sum((cell.cost + cell.judge_cost for cell in cells), Decimal(0)),
        mean_cost=sum((cell.cost + cell.judge_cost for cell in ran), Decimal(0)) / len(ran) if ran else None,
        mean_ms=sum(cell.duration_ms or 0 for cell in ran) / len(ran) if ran else None,
        difference=against,
    )


def newest_of(sets: Sequence[EvaluationSet]) -> dict[UUID, Evaluation]:
    """The newest evaluation of each set, with its variants."""
    rows = Evaluation.objects.filter(evaluation_set__in=sets).order_by("evaluation_set", "-created_at")
    rows = rows.distinct("evaluation_set").prefetch_related(Prefetch("variants"))
    return {one.evaluation_set_id: one for one in rows}
