"""Trying an action by hand: what each door says without sending anything, or the call itself."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from tools import arguments as reading
from tools.app_calls.execution import AppCall, Outcome, perform, prepare
from tools.app_calls.passage import Answer, Passage, passage
from tools.assignments.lookup import policies_for
from tools.composio.waiting import in_thread
from tools.contract import Schema, ToolProblem, ToolResult
from tools.logs.entries import Entry, write

NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would happen. answers: of each door in order. reads: what the model would be given instead of an effect."""

    answers: tuple[Answer, ...]
    reads: str
    asks: str

    @property
    def is_open(self) -> bool:
        """Whether the call would be made."""
        return all(answer.is_open for answer in self.answers)


def dry_run(workspace_id: UUID, agent_id: UUID | None, app: str, action: str, arguments: Mapping[str, Any]) -> DryRun:
    """Ask every door and send nothing; in the workspace's scope."""
    found = passage(workspace_id, agent_id, app, action)
    schema: Schema = found.action.parameters if found.action else {}
    begun = time.perf_counter()
    try:
        reading.read(arguments, schema)
        says, is_open = "They fit the schema", True
    except ToolProblem as problem:
        says, is_open = str(problem), False
    checked = Answer("Arguments", is_open, says, (time.perf_counter() - begun) * 1000)
    answers = (*found.answers, checked)
    refusal = next((answer.says for answer in answers if not answer.is_open), "")
    reads = refusal or f"The answer of {action}. Nothing was sent, so nothing came back."
    return DryRun(answers, reads, _asks(workspace_id, found))


def _asks(workspace_id: UUID, found: Passage) -> str:
    if found.action is None:
        return ""
    policies = policies_for(workspace_id, found.action.app.slug)
    return policies.action(found.action.action, found.action.category).label


def run(call: AppCall, user_id: UUID, schema: Schema) -> Outcome:
    """Make the call for real, as this person, and log it. Blocks, outside of any transaction."""
    begun, prepared = time.perf_counter(), None
    try:
        values = reading.read(call.arguments, schema)
        prepared = prepare(AppCall(call.workspace_id, call.agent_id, call.app, call.action, values))
        outcome = async_to_sync(perform)(prepared, in_thread)
    except ToolProblem as problem:
        outcome = Outcome(ToolResult(str(problem), is_error=True))
    took = round((time.perf_counter() - begun) * 1000)
    status = "refused" if prepared is None else status_of(outcome)
    write(
        [
            Entry(
                workspace_id=call.workspace_id,
                tool=call.action,
                source="app",
                app=call.app,
                status=status,
                arguments=call.arguments,
                result=outcome.result.content,
                duration_ms=None if outcome.is_uncertain else took,
                made_by_id=user_id,
                remote_id=outcome.remote_id,
            )
        ]
    )
    return outcome


def status_of(outcome: Outcome) -> str:
    """The word the log has for it."""
    if outcome.is_uncertain:
        return "uncertain"
    return "failed" if outcome.result.is_error else "done"
