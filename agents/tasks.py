"""Celery tasks: skills are fetched, drafts tried and proposed, what was left lying about is swept. They carry ids."""

import logging
from typing import Any
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from agents.drafts import jobs as draft_work
from agents.knowledge import ingest as knowledge_ingest
from agents.personas import seeds as personas
from agents.skills import sync as skill_sync
from automatos.celery import app

logger = logging.getLogger(__name__)


@app.task(name="agents.tasks.sync_skills")
def sync_skills(workspace_id: str, source_id: str) -> None:
    """Fetch a source of skills, and keep the result or the error in its row."""
    skill_sync.run_sync(UUID(workspace_id), UUID(source_id))


@app.task(name="agents.tasks.sweep_skills")
def sweep_skills() -> None:
    """End syncs of lost workers, remove their folders, and send the syncs that are due."""
    skill_sync.give_up_lost()
    skill_sync.sweep_folders()
    skill_sync.purge()
    for workspace_id, source_id in skill_sync.begin_due():
        send_sync(workspace_id, source_id)


def send_sync(workspace_id: UUID, source_id: UUID) -> None:
    """Queue a sync. Without Redis it is not made, and the row says after a while that it was cut off."""
    try:
        sync_skills.apply_async((str(workspace_id), str(source_id)), retry=False, expires=skill_sync.SYNC_SECONDS)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("No sync of skills could be queued: %s", error)


@app.task(name="agents.tasks.try_draft_model")
def try_draft_model(workspace_id: str, draft_id: str, token: str) -> None:
    """Ask the model of a draft one question. token: of the request; an older one is dropped."""
    draft_work.run_trial(UUID(workspace_id), UUID(draft_id), token)


@app.task(name="agents.tasks.propose_draft")
def propose_draft(workspace_id: str, draft_id: str, token: str) -> None:
    """Fill a draft from its sentence."""
    draft_work.run_proposal(UUID(workspace_id), UUID(draft_id), token)


def queue(task: Any, workspace_id: UUID, draft_id: UUID, token: str) -> None:
    """Queue a job of a draft. Without Redis it is not done, and the page says so once it is overdue."""
    try:
        task.apply_async((str(workspace_id), str(draft_id), token), retry=False, expires=120)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s could not be queued: %s", task.name, error)


@app.task(name="agents.tasks.purge_personas")
def purge_personas() -> None:
    """Remove the deleted personas whose time for undo is over."""
    personas.purge()


@app.task(name="agents.tasks.read_document")
def read_document(workspace_id: str, document_id: str) -> None:
    """Read a waiting document, and keep its passages or the error in its row."""
    knowledge_ingest.run_read(UUID(workspace_id), UUID(document_id))


@app.task(name="agents.tasks.sweep_documents")
def sweep_documents() -> None:
    """Begin again what lost workers were reading, change to another embedding model, remove what is past its undo."""
    knowledge_ingest.purge()
    for workspace_id, document_id in [*knowledge_ingest.begin_lost(), *knowledge_ingest.begin_other_model()]:
        send_read(workspace_id, document_id)


def send_read(workspace_id: UUID, document_id: UUID) -> None:
    """Queue the reading. Without Redis the sweep finds the document a minute later."""
    try:
        read_document.apply_async(
            (str(workspace_id), str(document_id)), retry=False, expires=knowledge_ingest.READ_SECONDS
        )
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("No reading of a document could be queued, the sweep will find it: %s", error)
