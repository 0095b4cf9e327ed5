"""Celery task: a credential is tried where it belongs."""

import logging
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.celery import app
from workspaces.credentials.checks import run_check

logger = logging.getLogger(__name__)


@app.task(name="workspaces.tasks.check_credential")
def check_credential(workspace_id: str, credential_id: str) -> None:
    """Try a credential where it belongs, and keep the result in its row."""
    run_check(UUID(workspace_id), UUID(credential_id))


def send_check(workspace_id: UUID, credential_id: UUID) -> None:
    """Queue the test. Without Redis it is not made, and its page says after a while that there is no result."""
    try:
        check_credential.apply_async((str(workspace_id), str(credential_id)), retry=False, expires=30)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("No test of a credential could be queued: %s", error)
