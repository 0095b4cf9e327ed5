"""How two variants' outputs of one case differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from automatos import textdiff
from automatos.errors import NotFound
from recipes.evaluations.queries import Table
from recipes.models import EvaluationCell


@dataclass(frozen=True, slots=True)
class Difference:
    """A case with two variants. lines: empty where the outputs are the same."""

    base: EvaluationCell
    other: EvaluationCell
    lines: Sequence[textdiff.Line]


def difference_of(table: Table, number: int) -> Difference:
    """The case of this number with the variants that the table compares. Raises NotFound."""
    row = next((one for one in table.rows if one.case.number == number), None)
    if row is None:
        raise NotFound("This evaluation has no such case.")
    cells = {cell.variant_id: cell for cell in row.cells}
    base, other = cells[table.base.pk], cells[table.other.pk]
    return Difference(base, other, textdiff.compare(base.output, other.output))
