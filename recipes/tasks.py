"""Celery finds an app's tasks here; each room has its own."""

from recipes.engine.tasks import cook, sweep
from recipes.runs.tasks import purge

__all__ = ["cook", "purge", "sweep"]
