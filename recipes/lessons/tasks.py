"""Celery task: lessons get the vectors by which they are found."""

from automatos.celery import app
from recipes.lessons import keeping


@app.task(name="recipes.tasks.embed_lessons")
def embed_lessons() -> None:
    """Embed what has no vector yet, a batch at a time."""
    while keeping.embed_new() == keeping.BATCH:
        pass
