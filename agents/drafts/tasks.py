"""Celery tasks: a draft's model is tried, a draft is proposed from a sentence."""

import logging
from typing import Any
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from agents.drafts import jobs as draft_work
from automatos.celery import app

logger = logging.getLogger(__name__)


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
