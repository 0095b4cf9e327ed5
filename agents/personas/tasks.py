"""Celery task: deleted personas go."""

from agents.personas import seeds as personas
from automatos.celery import app


@app.task(name="agents.tasks.purge_personas")
def purge_personas() -> None:
    """Remove the deleted personas whose time for undo is over."""
    personas.purge()
