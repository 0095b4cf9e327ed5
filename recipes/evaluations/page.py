"""What the pages of evaluations show, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.template.loader import render_to_string

from automatos.errors import NotFound, wrong_field
from recipes.editor.services import draft_of
from recipes.evaluations import compare_queries, queries
from recipes.evaluations.csv_cases import LONGEST
from recipes.evaluations.expectations import labels
from recipes.evaluations.queries import Line, Row, Table
from recipes.models import (
    Evaluation,
    EvaluationCell,
    EvaluationSet,
    EvaluationVariant,
    Execution,
    ExecutionStatus,
    Recipe,
    RecipeVersion,
)
from recipes.publish_gate_queries import needed
from workspaces.doors.pages import WorkspaceRequest

VERSIONS_SHOWN, EVALUATIONS_SHOWN, RUNS_SHOWN = 8, 20, 30
LONGEST_SHOWN = 200_000


@dataclass(frozen=True, slots=True)
class SetRow:
    """A set in the list. best: of the newest evaluation, how many cases passed with the best variant."""

    one: EvaluationSet
    count: int
    newest: Evaluation | None
    best: int | None


def set_rows(recipe: Recipe) -> list[SetRow]:
    """The recipe's sets with what they came to last."""
    sets = list(queries.sets_of(recipe))
    newest = queries.newest_of(sets)
    return [_row(one, newest.get(one.pk)) for one in sets]


def _row(one: Any, newest: Evaluation | None) -> SetRow:
    passed = [variant.passed for variant in newest.variants.all() if variant.passed is not None] if newest else []
    return SetRow(one, one.case_count, newest, max(passed) if passed else None)


def set_page(recipe: Recipe, one: EvaluationSet) -> dict[str, Any]:
    """Cases, evaluations, and what can be tried."""
    cases = [(case, labels(case.expectations)) for case in queries.cases_of(one)]
    versions = RecipeVersion.objects.filter(recipe=recipe).order_by("-version")
    return {
        "set": one,
        "cases": cases,
        "needed": needed(one.pass_at, len(cases)) if cases else 0,
        "evaluations": list(queries.evaluations_of(one)[:EVALUATIONS_SHOWN]),
        "versions": list(versions.values_list("version", flat=True)[:VERSIONS_SHOWN]),
        "has_draft": draft_of(recipe) is not None,
    }


def runs_to_take(recipe: Recipe) -> list[Execution]:
    """The newest runs whose inputs a case may have."""
    rows = Execution.objects.filter(recipe=recipe, status=ExecutionStatus.COMPLETED, deleted_at=None)
    return list(rows.exclude(triggered_by="evaluation").order_by("-created_at")[:RUNS_SHOWN])


@dataclass(frozen=True, slots=True)
class Result:
    """The page of an evaluation. shown: the rows by the filter; chosen: the case that is looked at closer.

    query: what the address says of the variants that are compared.
    """

    table: Table
    shown: Sequence[Row]
    filter: str
    chosen: compare_queries.Difference | None
    query: str

    @property
    def lines(self) -> Sequence[Line]:
        """The variants."""
        return self.table.lines

    @property
    def cells(self) -> int:
        """How many runs there are to be."""
        return sum(self.table.counts.values())

    @property
    def failed(self) -> int:
        """Cases that fail with the variant that is compared."""
        return len(failing(self.table))

    @property
    def changed(self) -> int:
        """Cases that became better or worse."""
        return len(self.table.better) + len(self.table.worse)

    @property
    def sides(self) -> list[EvaluationCell]:
        """The cells of the chosen case; one where a variant stands for itself."""
        if self.chosen is None:
            return []
        base, other = self.chosen.base, self.chosen.other
        return [base] if base.pk == other.pk else [base, other]

    @property
    def chance(self) -> str:
        """In words how likely chance alone gives such a change."""
        share = self.table.chance
        if share < 0.01:
            return "less than once in 100 times"
        if share > 0.95:
            return "nearly every time"
        return f"{round(100 * share)} times in 100" if share < 0.095 else f"{round(10 * share)} times in 10"

    @property
    def why_not(self) -> str:
        """For what reasons cells were not run."""
        found = {cell.verdict for row in self.table.rows for cell in row.cells}
        words = {"budget": "the budget had no room", "cancelled": "they were stopped"}
        return " or ".join(text for verdict, text in words.items() if verdict in found)


def failing(table: Table) -> list[Row]:
    """Rows whose case failed with `other`."""
    return [row for row in table.rows if _cell(row, table.other).verdict == "failed"]


def _cell(row: Row, variant: EvaluationVariant) -> Any:
    return next(cell for cell in row.cells if cell.variant_id == variant.pk)


def result_page(evaluation: Evaluation, asked: Mapping[str, str]) -> Result:
    """What the address asks for: base, other, show (all, changed, failed), case. Raises NotFound."""
    table = queries.table_of(evaluation, number_of(asked.get("base")), number_of(asked.get("other")))
    changed = [row for row in table.rows if row.changed]
    wanted = asked.get("show") or "all"
    shown = {"changed": changed, "failed": failing(table)}.get(wanted, list(table.rows))
    number = number_of(asked.get("case"))
    return Result(
        table=table,
        shown=shown,
        filter=wanted if wanted in ("changed", "failed") else "all",
        chosen=compare_queries.difference_of(table, number) if number is not None else None,
        query=f"base={table.base.position}&other={table.other.position}",
    )


def number_of(text: str | None) -> int | None:
    """A number of an address or a form; None for none, NotFound for what is no number."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise NotFound()
    return int(text)


def uuids_of(texts: Sequence[str]) -> list[UUID]:
    """The ids that boxes were ticked for; NotFound for what is none."""
    try:
        return [UUID(text) for text in dict.fromkeys(texts)]
    except ValueError:
        raise NotFound() from None


def sent_csv(request: WorkspaceRequest) -> str:
    """The table that was sent as a file, or typed. Raises InvalidInput for a file that is no text in UTF-8."""
    sent = request.FILES.get("file")
    if sent is None:
        return request.POST.get("csv", "")
    data: bytes = sent.read(4 * LONGEST)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise wrong_field("csv", "This file is no text in UTF-8. Save it as CSV in UTF-8.") from None


def tell_undo(request: WorkspaceRequest, recipe: Recipe, set_id: UUID, undo: Mapping[str, Any], action: str) -> None:
    """Say what was done; after a removal with a button that takes it back."""
    if not action.startswith("remove"):
        messages.success(request, "It is back.")
        return
    context = {**undo, "recipe": recipe, "set_id": set_id}
    messages.success(request, render_to_string("recipes/evaluations/undo.html", context, request))
