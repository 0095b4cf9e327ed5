"""Whose key pays: each claimed step gets its workspace's own keys, which come before the installation's."""

from dataclasses import replace

from automatos.errors import AppError
from recipes.engine.ledger import Ledger
from recipes.engine.steps import Job, Outcome, Turn
from workspaces.credentials.provider_keys import NONE, OwnKey, ask_keys, read_keys


def pay(ledger: Ledger, turn: Turn) -> tuple[list[Outcome], list[OwnKey]]:
    """Put the keys into the turn's jobs; one statement for all of them, none for models of this machine.

    Returns the outcomes of jobs whose key does not open, which leave the turn, and the keys that were opened.
    """
    paid = {job.workspace_id for job in turn.jobs if not _is_local(job)}
    if not paid:
        return [], []
    found = read_keys(ask_keys(paid, ledger.sql.send))
    jobs, failed = [], []
    for job in turn.jobs:
        own = found.get(job.workspace_id, NONE)
        try:
            own.require(job.task.model)
        except AppError as error:
            failed.append(Outcome(job.step_id, job.fence, job.has_fallback, error=error))
        else:
            jobs.append(replace(job, credentials=own.credentials))
    turn.jobs = jobs
    turn.more = turn.more or bool(failed)
    return failed, [key for own in found.values() for key in own.keys.values()]


def _is_local(job: Job) -> bool:
    """Whether nothing this step may call needs a key: tools may ask other agents, so then that is not known."""
    spec = job.task.spec
    models = (job.task.model, spec.fallback_model)
    return not job.task.tools and all(not model or model.startswith("local:") for model in models)
