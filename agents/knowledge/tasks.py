"""Celery tasks: documents are read, and swept."""

import logging
from functools import partial
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from agents.knowledge import ingest as knowledge_ingest
from automatos.celery import app
from automatos.long_tasks import of_this_process as long_tasks

logger = logging.getLogger(__name__)


@app.task(name="agents.tasks.read_document")
def read_document(workspace_id: str, document_id: str) -> None:
    """Read a waiting document, and keep its passages or the error in its row."""
    long_tasks.do(("read_document", document_id), partial(_read, UUID(workspace_id), UUID(document_id)))


def _read(workspace_id: UUID, document_id: UUID) -> None:
    for found, later in knowledge_ingest.run_read(workspace_id, document_id):
        send_read(workspace_id, found, later=later)


@app.task(name="agents.tasks.sweep_documents")
def sweep_documents() -> None:
    """Begin again what lost workers were reading, change to another embedding model, remove what is past its undo."""
    knowledge_ingest.purge()
    for workspace_id, document_id in [*knowledge_ingest.begin_lost(), *knowledge_ingest.begin_other_model()]:
        send_read(workspace_id, document_id)


def send_read(workspace_id: UUID, document_id: UUID, later: float = 0.0) -> None:
    """Queue the reading, in so many seconds. Without Redis the sweep finds the document a minute later."""
    try:
        read_document.apply_async(
            (str(workspace_id), str(document_id)),
            retry=False,
            countdown=later,
            expires=later + knowledge_ingest.READ_SECONDS,
        )
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("No reading of a document could be queued, the sweep will find it: %s", error)
