"""Celery tasks: runs that are over are assessed and recorded. The engine queues the first by its name alone."""

import logging
from collections.abc import Iterable
from uuid import UUID

from asgiref.sync import async_to_sync

from automatos import events
from automatos.celery import app
from recipes.quality import asking_judges, assessing
from recipes.quality.tried import tell_evaluations
from recipes.runs import ends
from recipes.runs.hook_calls import tell_run_ended

logger = logging.getLogger(__name__)


@app.task(name="recipes.tasks.assess_runs")
def assess_runs(runs: list[list[str]]) -> None:
    """Assess these runs: pairs of workspace and run. One that was lost on the way is found by the sweep."""
    pairs = [(UUID(workspace_id), UUID(execution_id)) for workspace_id, execution_id in runs]
    _assess_each(pairs)
    tell_evaluations(pairs)
    _record_each(pairs)
    for workspace_id, execution_id in pairs:
        try:
            tell_run_ended(workspace_id, execution_id)
        except Exception:  # what is only told keeps nothing else from being done
            logger.exception("Hooks were not told of the end of run %s", execution_id)


@app.task(name="recipes.tasks.sweep_assessments")
def sweep_assessments() -> None:
    """Assess what is over and has no assessment yet; record the ends that no message told."""
    _assess_each(assessing.overdue())
    _record_each(ends.unrecorded())


@app.task(name="recipes.tasks.judge_runs")
def judge_runs() -> None:
    """Ask the judges of recipes for what they think of runs that are over."""
    if notices := asking_judges.judge_due():
        async_to_sync(events.publish)(notices)


def _assess_each(runs: Iterable[tuple[UUID, UUID]]) -> None:
    notices = []
    for workspace_id, execution_id in runs:
        try:
            notice = assessing.assess(workspace_id, execution_id)
        except Exception:  # one run that cannot be assessed keeps no other from it
            logger.exception("Run %s could not be assessed", execution_id)
            continue
        if notice is not None:
            notices.append(notice)
    if notices:
        async_to_sync(events.publish)(notices)


def _record_each(runs: Iterable[tuple[UUID, UUID]]) -> None:
    for workspace_id, execution_id in runs:
        try:
            ends.record_end(workspace_id, execution_id)
        except Exception:  # one that cannot be recorded keeps no other from it
            logger.exception("The end of run %s could not be recorded", execution_id)
