"""Celery tasks: scans, and what is left of those whose worker was lost. They carry ids."""

import logging
from functools import partial
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.celery import app
from automatos.long_tasks import of_this_process as long_tasks
from marketplace.scans import holding, jobs, rescans

logger = logging.getLogger(__name__)


@app.task(name="marketplace.tasks.scan_version")
def scan_version(scan_id: str) -> None:
    """Scan a version by rules and by a model."""
    long_tasks.do(("scan_version", scan_id), partial(jobs.run_scan, UUID(scan_id)))


@app.task(name="marketplace.tasks.sweep_scans")
def sweep_scans() -> None:
    """Send again what nobody works on although it waits."""
    for scan_id in holding.due():
        send_scan(scan_id)


@app.task(name="marketplace.tasks.rescan_approved")
def rescan_approved() -> None:
    """Scan a few of the approved versions that other rules have scanned last."""
    for scan_id in rescans.begin():
        send_scan(scan_id)


def send_scan(scan_id: UUID) -> None:
    """Queue the scan. Without Redis the sweep finds it a moment later."""
    try:
        scan_version.apply_async((str(scan_id),), retry=False, expires=60)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("No scan could be queued, the sweep will find it: %s", error)
