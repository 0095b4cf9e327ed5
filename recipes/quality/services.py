"""Changes: a run is assessed on request, learned from on request."""

from typing import Any
from uuid import UUID

from automatos.errors import Conflict, NotFound
from automatos.events import publish_on_commit
from recipes.models import Execution, Recipe
from recipes.quality import assessing
from recipes.quality.facts import facts_of


def assess_run(*, recipe: Recipe, execution_id: UUID | None) -> Execution:
    """The run with its assessment, made now where there is none. execution_id: by default the newest run that is over.

    Raises NotFound for a run of another recipe or when none is over, Conflict for one that is live.
    """
    execution = _chosen(recipe, execution_id)
    notice = assessing.assess(execution.workspace_id, execution.pk)
    if notice is not None:
        publish_on_commit(notice)
    execution.refresh_from_db()
    return execution


def learn_from_run(*, recipe: Recipe, execution_id: UUID | None) -> Execution:
    """The run with what it teaches, also where its recipe does not learn by itself; counted once for each run."""
    execution = assess_run(recipe=recipe, execution_id=execution_id)
    held = Execution.objects.select_for_update(of=("self",), no_key=True).get(pk=execution.pk)
    if held.learning is None:
        held.assessed_at = execution.assessed_at
        publish_on_commit(assessing.learn_late(held, facts_of(held)))
    return held


def _chosen(recipe: Recipe, execution_id: UUID | None) -> Execution:
    runs = Execution.objects.filter(recipe=recipe)
    if execution_id is None:
        found = runs.filter(completed_at__isnull=False).order_by("-created_at", "-id").first()
    else:
        found = runs.filter(pk=execution_id).first()
    if found is None:
        raise NotFound()
    if found.is_live:
        raise Conflict("This run is not over yet. Ask again after its end.", code="still_live")
    return found


def learning_of(execution: Execution) -> dict[str, Any]:
    """What a run taught, in the shape of the API."""
    empty: dict[str, Any] = {"patterns": [], "suggestions": [], "metrics": {}}
    return {"execution_id": execution.pk, **empty, **(execution.learning or {})}
