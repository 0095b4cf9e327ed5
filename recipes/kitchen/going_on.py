"""From where a run that is over can go on, and the runs it stands in a line with."""

from collections.abc import Sequence
from dataclasses import dataclass

from recipes.engine.takeover import FINISHED
from recipes.models import Execution, ExecutionStep
from recipes.runs.copying import FAILED

# So many of the runs that continue one are linked, the newest.
MOST_LATER = 5


@dataclass(frozen=True, slots=True)
class GoingOn:
    """retry_from: number of the first step that a retry does; None where nothing can be retried.

    is_open: whether a step can be begun at. source: the run it goes on from; later: those that go on from it.
    """

    retry_from: int | None
    is_open: bool
    source: Execution | None
    later: Sequence[Execution]


def going_on(run: Execution) -> GoingOn:
    """What the pages offer and link, in three queries at most. run: with its recipe."""
    is_open = not run.is_live and run.recipe is not None and run.recipe.deleted_at is None
    around = Execution.objects.filter(workspace_id=run.workspace_id, deleted_at=None).only("number", "created_at")
    return GoingOn(
        retry_from=_first_unfinished(run) if is_open and run.status in FAILED else None,
        is_open=is_open,
        source=around.filter(pk=run.source_id).first() if run.source_id else None,
        later=list(around.filter(source=run).order_by("-created_at")[:MOST_LATER]),
    )


def _first_unfinished(run: Execution) -> int | None:
    steps = ExecutionStep.objects.filter(execution=run).exclude(status__in=FINISHED)
    return steps.order_by("order").values_list("order", flat=True).first()
