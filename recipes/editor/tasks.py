"""Celery task: a model proposes a draft from a person's words."""

from uuid import UUID

from automatos.celery import app
from recipes.editor import proposal_services


@app.task(name=proposal_services.TASK)
def propose_recipe(workspace_id: str, recipe_id: str, token: str) -> None:
    """token: of the request; an older one is dropped."""
    proposal_services.propose(UUID(workspace_id), UUID(recipe_id), token)
