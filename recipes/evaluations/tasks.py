"""Celery tasks: evaluations go on, and outputs are checked. Losing or doubling one changes nothing but speed."""

from uuid import UUID

from automatos.celery import app
from recipes.evaluations import advance_services, check_services, due_services
from recipes.evaluations.telling import ADVANCE, CHECK

Pairs = list[list[str]]


def _pairs(rows: Pairs) -> list[tuple[UUID, UUID]]:
    return [(UUID(workspace_id), UUID(key)) for workspace_id, key in rows]


@app.task(name=ADVANCE)
def advance_evaluations(rows: Pairs) -> None:
    """Let these evaluations go on: pairs of workspace and evaluation."""
    advance_services.advance(_pairs(rows))


@app.task(name=CHECK)
def check_cells(rows: Pairs) -> None:
    """Check these cells: pairs of workspace and cell."""
    advance_services.advance(check_services.check_cells(_pairs(rows)))


@app.task(name="recipes.tasks.sweep_evaluations")
def sweep_evaluations() -> None:
    """What messages that were lost should have said, and what is due."""
    due_services.start_due()
    check_services.check_cells(check_services.overdue())
    advance_services.advance(advance_services.under_way())
