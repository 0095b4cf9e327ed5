"""Celery finds an app's tasks here; each room has its own."""

from recipes.engine.tasks import cook, sweep
from recipes.lessons.tasks import embed_lessons
from recipes.quality.tasks import assess_runs, judge_runs, sweep_assessments
from recipes.runs.tasks import purge, sweep_retention
from recipes.triggers.tasks import follow_runs, run_schedules, tidy_triggers

__all__ = [
    "assess_runs",
    "cook",
    "embed_lessons",
    "follow_runs",
    "judge_runs",
    "purge",
    "run_schedules",
    "sweep",
    "sweep_assessments",
    "sweep_retention",
    "tidy_triggers",
]
