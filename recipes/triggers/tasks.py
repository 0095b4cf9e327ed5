"""Celery tasks: what starts by itself. Beat queues them; losing or doubling one changes nothing but speed."""

from automatos.celery import app
from recipes.triggers import tick_services


@app.task(name="recipes.tasks.run_schedules")
def run_schedules() -> None:
    """Start what schedules have due."""
    tick_services.run_due()
