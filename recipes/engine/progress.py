"""Steps that go on: calls noted and results kept in the middle of a step's work, in one short transaction each."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from agents.work.loop import Failed
from automatos.errors import AppError
from automatos.events import Notice
from recipes.engine.journal import (
    Intent,
    Result,
    counted,
    error_shape,
    intents_noted,
    large_texts,
    results_noted,
    spent,
)
from recipes.engine.ledger import Ledger, Run
from recipes.engine.payloads import large_in
from recipes.engine.settling import pay
from recipes.engine.sql import columns, statements
from recipes.engine.steps import Step, lock_steps
from recipes.engine.storing import as_json, storable
from recipes.models import Call, StepStatus
from workspaces.budgets.reserving import Wish
from workspaces.scope.tenancy import Purpose

LONGEST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Approvals:
    """Calls that a person has to allow, as (id, tool, arguments, reach), and where the untrusted text came from.

    schemas: of the tools' arguments, by the call's id. reach: what an answer for the rest of the run would hold for
    (`reach.py`); None where each is to be asked about.
    """

    calls: list[tuple[UUID, str, dict[str, Any], Mapping[str, Any] | None]]
    origins: list[str]
    schemas: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Switch:
    """The fallback model is asked instead of one that failed. error: as a step's error is kept."""

    model: str
    instead_of: str
    error: dict[str, Any]

    @classmethod
    def of(cls, model: str, failed: Failed) -> "Switch":
        """The switch from a failed model to this one."""
        return cls(model, failed.model, error_shape(failed.error))


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step is about to send and what came back since the last time."""

    step_id: UUID
    fence: int
    intents: list[Intent] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    approvals: Approvals | None = None
    switch: Switch | None = None
    # The intents are noted already and wait for money.
    is_noted: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Progress that is written down. notices: what to publish. refused: why none of the intents may be sent."""

    notices: list[Notice]
    refused: AppError | None = None


def keep(progress: Progress) -> Kept | None:
    """Write progress down, or None when the step is no longer its worker's."""
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        held = lock_steps(ledger, [progress.step_id]).get(progress.step_id)
        if held is None or held[1].fence != progress.fence or held[1].status != StepStatus.RUNNING:
            return None
        run, step = held
        if progress.results:
            progress = replace(progress, results=[replace(one, run_id=run.id) for one in progress.results])
            large = [text for one in progress.results for text in large_texts(one)]
            ledger.shelf.keep(sql, [(run.id, run.workspace_id, text) for text in large])
            text, params = results_noted(ledger.now, progress.results, ledger.shelf)
            new = {row[0] for row in sql.rows(f"{text} RETURNING c.id", params)}
            # Tried again after a commit whose answer was lost, nothing is paid or told twice.
            progress = replace(progress, results=[one for one in progress.results if one.id in new])
        _finished(ledger, run, step, progress)
        if progress.results:
            sql.put_off(_totals(step))
        refused = _hold_back(ledger, run, step, progress)
        if progress.intents and refused is None and not progress.is_noted:
            sql.flush()  # an intent may repeat a call whose result stands in the same progress
            large = [text for one in progress.intents for text in large_in(one.data)]
            ledger.shelf.keep(sql, [(run.id, run.workspace_id, text) for text in large])
            sql.put_off(intents_noted(ledger.now, progress.intents, ledger.shelf, run.id))
            _begun(ledger, run, step, progress.intents)
        if (switch := progress.switch) and refused is None:
            run.emit(
                "step.fallback", ledger.now, step,
                attempt=step.attempt, model=switch.model, instead_of=switch.instead_of, error=switch.error,
            )  # fmt: skip
        if progress.approvals:
            _wait(ledger, run, step, progress.approvals)
        return Kept(ledger.write(), refused)


def _hold_back(ledger: Ledger, run: Run, step: Step, progress: Progress) -> AppError | None:
    """Settle what calls of models took and hold money back for the next ones; why not, where there is no room."""
    if not run.has_budgets:
        return None
    for result in progress.results:
        if result.data is None:
            ledger.count_cost(result.id, run.payer(step.id, result.agent_id or step.agent_id), counted(result))
    wishes = [
        Wish(one.id, run.payer(step.id, one.agent_id), one.most, one.seconds, one.unpriced)
        for one in progress.intents
        if one.kind == Call.Kind.MODEL
    ]
    return next(iter(ledger.move_money(wishes).values()), None)


def subject_hash(tool: str, arguments: dict[str, Any]) -> str:
    """What a person's decision is bound to: this tool with these arguments, whatever their order."""
    return hashlib.sha256(orjson.dumps([tool, storable(arguments)], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _begun(ledger: Ledger, run: Run, step: Step, intents: list[Intent]) -> None:
    for intent in intents:
        if intent.kind != Call.Kind.MODEL:
            shown = (as_json((intent.data or {}).get("arguments")) or "")[:LONGEST_SHOWN]
            run.emit(
                "tool.started", ledger.now, step,
                attempt=step.attempt, call=str(intent.id), tool=intent.name, arguments=shown,
            )  # fmt: skip


def _finished(ledger: Ledger, run: Run, step: Step, progress: Progress) -> None:
    for result in progress.results:
        pay(run, step, spent(result))
        if result.data is not None and result.reply is None:
            step.tool_calls += 1
            run.tool_calls += 1
            run.emit(
                "tool.finished", ledger.now, step,
                attempt=step.attempt, call=str(result.id), is_error=result.data["is_error"],
                result=result.output[:LONGEST_SHOWN],
            )  # fmt: skip


def _totals(step: Step) -> tuple[str, list[Any]]:
    return (
        "UPDATE execution_steps SET input_tokens = %s, output_tokens = %s, cost = %s, tool_calls = %s, hand_ons = 0, "
        "is_estimated = is_estimated OR %s WHERE id = %s",
        [step.input_tokens, step.output_tokens, step.cost, step.tool_calls, step.is_estimated, step.id],
    )


def _wait(ledger: Ledger, run: Run, step: Step, approvals: Approvals) -> None:
    """Park the step until a person decided; it holds no worker meanwhile."""
    rows = [
        (
            *(key, run.workspace_id, step.id, tool, as_json(arguments), subject_hash(tool, arguments)),
            as_json(storable(dict(approvals.schemas[key]))) if key in approvals.schemas else None,
            as_json(reach),
        )
        for key, tool, arguments, reach in approvals.calls
    ]
    ledger.sql.put_off(
        (
            "INSERT INTO approvals "
            "(id, workspace_id, step_id, tool, arguments, subject_hash, arguments_schema, reach, origins, status, "
            "asked_at) SELECT v.id, v.workspace_id, v.step_id, v.tool, v.arguments::jsonb, v.subject_hash, "
            "v.arguments_schema::jsonb, v.reach::jsonb, %s::jsonb, 'pending', %s "
            "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], "
            "%s::text[]) AS v(id, workspace_id, step_id, tool, arguments, subject_hash, arguments_schema, reach) "
            "ON CONFLICT (id) DO UPDATE SET tool = EXCLUDED.tool, arguments = EXCLUDED.arguments, "
            "subject_hash = EXCLUDED.subject_hash, arguments_schema = EXCLUDED.arguments_schema, "
            "reach = EXCLUDED.reach, origins = EXCLUDED.origins, status = 'pending', asked_at = EXCLUDED.asked_at, "
            "decided_at = NULL, decided_by_id = NULL, answer = NULL, allowance_id = NULL",
            [as_json(approvals.origins), ledger.now, *columns(rows)],
        )
    )
    ledger.sql.put_off(
        (
            "UPDATE execution_steps SET status = %s, fence = fence + 1 WHERE id = %s",
            [StepStatus.WAITING.value, step.id],
        )
    )
    run.waiting_steps += 1
    run.room += 1
    for key, tool, _, _ in approvals.calls:
        run.emit("step.waiting", ledger.now, step, attempt=step.attempt, approval=str(key), tool=tool)
