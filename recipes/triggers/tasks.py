"""Celery tasks: what starts by itself. Beat queues them; losing or doubling one changes nothing but speed."""

from automatos.celery import app
from recipes.triggers import follow_services, tick_services


@app.task(name="recipes.tasks.run_schedules")
def run_schedules() -> None:
    """Start what schedules have due."""
    tick_services.run_due()


@app.task(name="recipes.tasks.follow_runs")
def follow_runs() -> None:
    """Start what ended runs and events of apps start."""
    follow_services.follow()


@app.task(name="recipes.tasks.tidy_triggers")
def tidy_triggers() -> None:
    """Remove old ticks and messages, and seal secrets under the newest master key."""
    tick_services.tidy()
