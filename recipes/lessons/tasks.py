"""Celery task: lessons get the vectors by which they are found, and the worker the model that makes them."""

from automatos.celery import app
from automatos.llm import embeddings
from recipes.lessons import keeping


@app.task(name="recipes.tasks.embed_lessons")
def embed_lessons() -> None:
    """Embed what has no vector yet, a batch at a time.

    The model is loaded even where nothing is new: the beat asks within 20 s of a start, when nobody waits for it, and
    the first goal would.
    """
    embeddings.warm()
    while keeping.embed_new() == keeping.BATCH:
        pass
