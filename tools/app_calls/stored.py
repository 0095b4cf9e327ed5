"""An agent's apps as a run uses them: found and called in the worker's threads, each call in the log."""

import logging
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from django.db import DatabaseError

from tools import arguments as reading
from tools.app_calls.execution import AppCall, Outcome, Ready, perform, prepare
from tools.contract import Arguments, Decide, RunFiles, ToolProblem, ToolResult
from tools.hints.briefing import brief
from tools.hints.service import ComposioHintService, Hint
from tools.logs.entries import Entry, write
from tools.models import ComposioActionCache
from workspaces.scope.tenancy import workspace_scope

logger = logging.getLogger(__name__)
MOST_SHOWN = 6
LONGEST_SCHEMA = 2_500


class StoredApps:
    """The apps of one run. decide: runs a synchronous function in a thread that may ask the database."""

    def __init__(
        self, workspace_id: UUID, execution_id: UUID, agent_name: str, decide: Decide, files: RunFiles | None = None
    ) -> None:
        self.workspace_id, self.execution_id, self.agent_name = workspace_id, execution_id, agent_name
        self.decide, self.files = decide, files

    async def find(self, agent_id: UUID, task: str) -> ToolResult:
        """The actions that would do it, the best ones with their whole schema."""
        text: str = await self.decide(_found, self.workspace_id, agent_id, task)
        return ToolResult(text, origin="descriptions of apps")

    async def brief(self, agent_id: UUID, task: str) -> str:
        """The names of the actions that fit the task; empty where none does, or they cannot be looked up now."""
        try:
            text: str = await self.decide(brief, self.workspace_id, agent_id, task)
        except DatabaseError:
            logger.exception("Hints for an agent could not be looked up")
            return ""
        return text

    async def use(
        self, agent_id: UUID, app: str, action: str, arguments: Arguments, call_id: UUID | None = None
    ) -> ToolResult:
        """Make the call, and log it whatever it came to. call_id: in the run's journal."""
        begun, ready = time.perf_counter(), None
        call = AppCall(self.workspace_id, agent_id, app, action, arguments)
        try:
            ready = await self.decide(_prepared, call)
            outcome = await perform(ready, self.decide, self.files)
        except ToolProblem as problem:
            outcome = Outcome(ToolResult(str(problem), is_error=True, retryable=problem.retryable))
        took = round((time.perf_counter() - begun) * 1000)
        entry = Entry(
            workspace_id=self.workspace_id,
            tool=action,
            source="app",
            status=status_of(outcome, is_sent=ready is not None),
            arguments=arguments,
            result=outcome.result.content,
            app=app,
            duration_ms=None if outcome.is_uncertain else took,
            call_id=call_id,
            execution_id=self.execution_id,
            agent_id=agent_id,
            agent_name=self.agent_name,
            remote_id=outcome.remote_id,
        )
        await self.decide(write, [entry])
        return replace(outcome.result, uncertain=True) if outcome.is_uncertain else outcome.result


def status_of(outcome: Outcome, *, is_sent: bool) -> str:
    """The word the log has for it."""
    if not is_sent:
        return "refused"
    if outcome.is_uncertain:
        return "uncertain"
    return "failed" if outcome.result.is_error else "done"


def _prepared(call: AppCall) -> Ready:
    """The call, allowed and with arguments that fit. Raises ToolProblem naming what is wrong with which."""
    ready = prepare(call)
    reading.read(call.arguments, ready.schema)
    return ready


def _found(workspace_id: UUID, agent_id: UUID, task: str) -> str:
    hints = ComposioHintService(workspace_id, agent_id).hint(task)
    if not hints.hints:
        return f"{hints.strategy} Say it in other words, or go on without an app."
    with workspace_scope(workspace_id):
        rows = ComposioActionCache.objects.filter(action__in=hints.actions[:MOST_SHOWN])
        schemas = dict(rows.values_list("action", "parameters"))
    shown = [_with_schema(hint, schemas.get(hint.action)) for hint in hints.hints[:MOST_SHOWN]]
    return "\n".join([hints.strategy, *shown, *(hint.line for hint in hints.hints[MOST_SHOWN:])])


def _with_schema(hint: Hint, schema: Any) -> str:
    text = orjson.dumps(schema or {}).decode()
    return f"{hint.line}\n  Schema: {text}" if len(text) <= LONGEST_SCHEMA else hint.line
