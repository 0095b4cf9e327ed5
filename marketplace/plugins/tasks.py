"""Celery tasks: repositories are fetched. They carry ids."""

import logging
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.celery import app
from marketplace.plugins import imports
from marketplace.scans.tasks import send_scan

logger = logging.getLogger(__name__)


@app.task(name="marketplace.tasks.import_repository")
def import_repository(import_id: str) -> None:
    """Fetch a repository, take its packages in, and have them scanned."""
    for scan_id in imports.run_import(UUID(import_id)):
        send_scan(scan_id)


@app.task(name="marketplace.tasks.sweep_imports")
def sweep_imports() -> None:
    """Send again what nobody works on although it waits."""
    for import_id in imports.due():
        send_import(import_id)


def send_import(import_id: UUID) -> None:
    """Queue the fetch. Without Redis the sweep finds it a moment later."""
    try:
        import_repository.apply_async((str(import_id),), retry=False, expires=60)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("No import could be queued, the sweep will find it: %s", error)
