"""Steps that are waits themselves: parked when they are claimed, ended by an answer, a signed message or the clock.

A parked step holds no worker. Its wait is a row beside the approvals; while nothing else of the run is at work the
run's clock stands.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils.dateparse import parse_datetime

from automatos.errors import AppError
from recipes.engine.journal import call_id
from recipes.engine.ledger import RUN_COLUMNS, Ledger, Run
from recipes.engine.new_steps import PERSON, WEBHOOK
from recipes.engine.settling import settle
from recipes.engine.sql import Statements, array, columns, statements
from recipes.engine.steps import Outcome, Step, Turn
from recipes.engine.storing import as_json
from recipes.engine.templating import Output, render
from recipes.models import Approval, StepStatus
from workspaces.scope.tenancy import Purpose

logger = logging.getLogger(__name__)

BATCH = 100
# Seconds until a wait is looked at again that could not be ended.
LATER = 60
# Seconds a person or a sender has when the recipe says nothing.
LONG_ENOUGH = 7 * 86_400
LONGEST = 366 * 86_400
UNSIGNED = "No message for {step} can be signed: it has no secret. Make one on the recipe's page of triggers."


class WaitError(AppError):
    """A wait that cannot begin, or that nobody ended in time."""

    code = "wait_failed"


# What it means that nothing came in time; of a wait for a time that is its end.
LATE: dict[str, str | AppError] = {
    Approval.Kind.FORM: WaitError("Nobody answered in time.", code="wait_timeout"),
    Approval.Kind.WEBHOOK: WaitError("No message came in time.", code="wait_timeout"),
}


@dataclass(frozen=True, slots=True)
class Parked:
    """A step that waits. asked: message and fields for a person, the trigger that knows a
    message; due_at: when it ends by itself."""

    step: Step
    kind: Approval.Kind
    due_at: datetime
    asked: dict[str, Any]


def park(ledger: Ledger, run: Run, step: Step, outputs: Sequence[Output]) -> Parked:
    """What a claimed wait waits for. Raises WaitError or TemplateError."""
    config, now = step.config or {}, ledger.now
    within = timedelta(seconds=float(config.get("within") or LONG_ENOUGH))
    if config.get("for") == PERSON:
        message = render(step.prompt_template, inputs=run.input_data, earlier=outputs, append=False, local=step.local)
        asked = {"message": message, "fields": config.get("fields") or {}}
        return Parked(step, Approval.Kind.FORM, now + within, asked)
    if config.get("for") == WEBHOOK:
        key = verifiers(ledger.sql, run.recipe_id).get(step.step_id)
        if key is None:
            raise WaitError(UNSIGNED.format(step=step.step_id), code="no_secret")
        return Parked(step, Approval.Kind.WEBHOOK, now + within, {"trigger": str(key)})
    if "until" in config:
        return Parked(step, Approval.Kind.TIMER, _moment(run, step, outputs, now), {})
    return Parked(step, Approval.Kind.TIMER, now + timedelta(seconds=float(config.get("seconds", 0))), {})


def verifiers(sql: Statements, recipe_id: UUID | None) -> dict[str, UUID]:
    """By the step_id of a step that waits for a message, the trigger that says how its messages are signed."""
    rows = sql.rows(
        "SELECT config ->> 'step', id FROM recipe_triggers "
        "WHERE recipe_id = %s AND kind = 'wait' AND deleted_at IS NULL ORDER BY created_at DESC, id DESC",
        [recipe_id],
    )
    return dict(rows)  # of two for one step the first


def _moment(run: Run, step: Step, outputs: Sequence[Output], now: datetime) -> datetime:
    template = str((step.config or {}).get("until"))
    text = render(template, inputs=run.input_data, earlier=outputs, append=False, local=step.local).strip()
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise WaitError(f"{text[:60]!r} is no time. Write one like 2027-01-31T09:30:00Z.")
    moment = moment.replace(tzinfo=now.tzinfo) if moment.tzinfo is None else moment
    if (moment - now).total_seconds() > LONGEST:
        raise WaitError("A wait takes a year at most.")
    return moment


def write_parked(ledger: Ledger, parked: Sequence[Parked]) -> None:
    """Park the steps: nobody holds them any more, and each has its wait."""
    if not parked:
        return
    waits, steps = [], []
    for one in parked:
        step, run = one.step, ledger.runs[one.step.execution_id]
        key = call_id(step.id, step.attempt, "wait")
        waits.append((key, run.workspace_id, step.id, str(one.kind), as_json(one.asked), one.due_at, ledger.now))
        steps.append((step.id, step.fence, step.started_at, *ledger.shelf.woven(run.id, one.asked.get("message", ""))))
        run.waiting_steps += 1
        trigger = one.asked.get("trigger")
        run.emit(
            "step.waiting", ledger.now, step, attempt=step.attempt, approval=str(key), wait=str(one.kind),
            due_at=one.due_at.isoformat(), **({"address": f"/hooks/{trigger}/{key}"} if trigger else {}),
        )  # fmt: skip
    ledger.sql.put_off(
        (
            "UPDATE execution_steps s SET status = 'waiting', owner = NULL, runnable_at = NULL, fence = v.fence, "
            "started_at = v.started_at, prompt = v.prompt, prompt_refs = v.prompt_refs::jsonb "
            "FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::text[], %s::text[]) "
            "AS v(id, fence, started_at, prompt, prompt_refs) WHERE s.id = v.id",
            columns(steps),
        )
    )
    ledger.sql.put_off(
        (
            "INSERT INTO approvals "
            "(id, workspace_id, step_id, kind, arguments, due_at, asked_at, tool, origins, status) "
            "SELECT v.id, v.workspace_id, v.step_id, v.kind, v.asked::jsonb, v.due_at, v.asked_at, '', '[]'::jsonb, "
            "'pending' FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[], "
            "%s::timestamptz[]) AS v(id, workspace_id, step_id, kind, asked, due_at, asked_at) "
            "ON CONFLICT (id) DO NOTHING",
            columns(waits),
        )
    )


def end_due() -> Turn:
    """End the waits whose time has come, and those a person did not answer in time.

    A run that somebody holds is passed over until the next time, and one that cannot be told so is put off.
    """
    try:
        return _end_due(None)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Waits could not be ended together; each is ended alone")
    turn = Turn()
    for step_id in _due():
        try:
            turn.add(_end_due(step_id))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("The wait of step %s could not be ended", step_id)
            _put_off(step_id)
    return turn


def _end_due(only: UUID | None) -> Turn:
    turn = Turn()
    with statements(Purpose.ENGINE) as sql:
        rows = sql.rows(
            f"SELECT {RUN_COLUMNS}, s.id FROM approvals a JOIN execution_steps s ON s.id = a.step_id "  # noqa: S608
            "JOIN recipe_executions e ON e.id = s.execution_id WHERE a.status = 'pending' "
            "AND a.due_at <= statement_timestamp() AND (%s::uuid IS NULL OR s.id = %s) "
            "ORDER BY e.id LIMIT %s FOR NO KEY UPDATE OF e SKIP LOCKED",
            [only, only, BATCH],
        )
        if not rows:
            return turn
        ledger = Ledger(sql)
        for row in rows:
            ledger.run(row[:-1])
        ended = sql.rows(
            "UPDATE approvals SET status = 'expired', decided_at = %s WHERE step_id = ANY(%s::uuid[]) "
            "AND status = 'pending' AND due_at <= %s RETURNING step_id, kind",
            [ledger.now, array(row[-1] for row in rows), ledger.now],
        )
        waits = [(key, kind) for key, kind in ended if kind != Approval.Kind.QUESTION]  # whose step is at work
        end(ledger, {key: LATE.get(kind, "") for key, kind in waits}, turn)
        turn.notices = ledger.write()
    return turn


def _due() -> list[UUID]:
    with statements(Purpose.ENGINE) as sql:
        rows = sql.rows(
            "SELECT step_id FROM approvals WHERE status = 'pending' AND due_at <= statement_timestamp() "
            "ORDER BY due_at LIMIT %s",
            [BATCH],
        )
        return [row[0] for row in rows]


def _put_off(step_id: UUID) -> None:
    with statements(Purpose.ENGINE) as sql:
        sql.send(
            "UPDATE approvals SET due_at = now() + %s * interval '1 s' WHERE step_id = %s AND status = 'pending'",
            [LATER, step_id],
        )


def end(ledger: Ledger, results: Mapping[UUID, str | AppError], turn: Turn, origins: tuple[str, ...] = ()) -> None:
    """End parked steps, each with its output or with an error. Their runs are locked.

    origins: where the outputs came from, when that is outside.
    """
    for step_id, fence, execution_id in _taken(ledger, results):
        run, result = ledger.runs[execution_id], results[step_id]
        run.waiting_steps = max(0, run.waiting_steps - 1)
        if isinstance(result, AppError):
            outcome = Outcome(step_id, fence, error=result)
        else:
            outcome = Outcome(step_id, fence, output=result, origins=origins)
        settle(ledger, [outcome], turn)
    turn.dropped += [run.id for run in ledger.runs.values() if not run.is_live and run.id not in turn.dropped]


def _taken(ledger: Ledger, steps: Iterable[UUID]) -> list[tuple[UUID, int, UUID]]:
    """The steps under our hand; the raised fence refuses everybody else."""
    rows = ledger.sql.rows(
        "UPDATE execution_steps SET status = %s, fence = fence + 1 WHERE id = ANY(%s::uuid[]) AND status = %s "
        "RETURNING id, fence, execution_id",
        [StepStatus.RUNNING.value, array(steps), StepStatus.WAITING.value],
    )
    return [(row[0], row[1], row[2]) for row in rows]
