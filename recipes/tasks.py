"""Celery finds an app's tasks here; each room has its own."""

from recipes.editor.tasks import propose_recipe
from recipes.engine.tasks import cook, sweep
from recipes.evaluations.tasks import advance_evaluations, check_cells, sweep_evaluations
from recipes.lessons.tasks import embed_lessons
from recipes.quality.tasks import assess_runs, judge_runs, sweep_assessments
from recipes.runs.tasks import note_lost_calls, purge, sweep_retention
from recipes.triggers.tasks import follow_runs, run_schedules, tidy_triggers

__all__ = [
    "advance_evaluations",
    "assess_runs",
    "check_cells",
    "cook",
    "embed_lessons",
    "follow_runs",
    "judge_runs",
    "note_lost_calls",
    "propose_recipe",
    "purge",
    "run_schedules",
    "sweep",
    "sweep_assessments",
    "sweep_evaluations",
    "sweep_retention",
    "tidy_triggers",
]
