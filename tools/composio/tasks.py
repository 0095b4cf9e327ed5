"""Celery tasks of apps. They carry ids."""

import logging
from typing import Any
from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from automatos.after_commit import after_commit
from automatos.celery import app
from automatos.errors import AppError
from tools.composio import catalogue, connections, indexing, jobs, logos

logger = logging.getLogger(__name__)


@app.task(name="tools.tasks.sync_apps")
def sync_apps(job_id: str) -> None:
    """Do one sync of a catalogue, then fetch the pictures that are missing."""
    job = catalogue.run_sync(UUID(job_id), indexing.index)
    if job is not None:
        send(fetch_logos, str(job.workspace_id or ""))


@app.task(name="tools.tasks.fetch_logos")
def fetch_logos(workspace_id: str = "") -> None:
    """Fetch the pictures of apps that have none yet."""
    logos.fetch_missing(UUID(workspace_id) if workspace_id else None)


@app.task(name="tools.tasks.sync_catalogues")
def sync_catalogues() -> None:
    """Read what changed, for every catalogue there is a key for."""
    for job_id in jobs.begin_periodic():
        send(sync_apps, str(job_id))


@app.task(name="tools.tasks.sweep_apps")
def sweep_apps() -> None:
    """End syncs of lost workers, and send again what nobody began."""
    jobs.give_up_lost()
    for job_id in jobs.live_jobs():
        send(sync_apps, str(job_id))


@app.task(name="tools.tasks.look_at_connections")
def look_at_connections() -> None:
    """Look again at the connections that are due, each workspace in a task of its own."""
    for workspace_id in connections.due_workspaces():
        send(look_at_workspace, str(workspace_id))


@app.task(name="tools.tasks.look_at_workspace")
def look_at_workspace(workspace_id: str) -> None:
    """Look again at the connections of one workspace."""
    try:
        connections.look_again(UUID(workspace_id))
    except AppError as error:
        logger.info("The connections of %s were not looked at: %s", workspace_id, error.message)


def send_sync(job_id: UUID) -> None:
    """Queue a sync once its row is there for the worker to see."""
    after_commit(lambda: send(sync_apps, str(job_id)))


def send(task: Any, *arguments: str) -> None:
    """Queue a task. Without Redis it is not made now; the sweep sends it again."""
    try:
        task.apply_async(arguments, retry=False, expires=600)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s could not be queued: %s", task.name, error)
