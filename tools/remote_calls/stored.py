"""The tools of servers and APIs as a run uses them: asked in the worker's threads, each call in the log."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from tools.composio.waiting import in_thread
from tools.contract import Arguments, Decide, Onlookers, RunFiles, ToolProblem, ToolResult
from tools.logs.entries import Entry, write
from tools.remote_calls.execution import Outcome, RemoteCall, perform, prepare


@dataclass(frozen=True, slots=True)
class Caller:
    """In whose name calls are made: an agent in a run, or a person who tries."""

    workspace_id: UUID
    execution_id: UUID | None = None
    agent_id: UUID | None = None
    agent_name: str = ""
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A tool as the log names it."""

    tool_id: UUID
    service: str
    kind: str
    name: str


class RemoteTools:
    """The door of these tools for one step. decide: runs a synchronous function in a thread."""

    def __init__(
        self, caller: Caller, decide: Decide, files: RunFiles | None = None, onlookers: Onlookers | None = None
    ) -> None:
        self.caller, self.decide, self.files, self.onlookers = caller, decide, files, onlookers

    async def use(self, named: Named, arguments: Arguments, call_id: UUID | None = None) -> ToolResult:
        """Make the call, and log it whatever it came to. call_id: in the run's journal."""
        outcome = await self.outcome(named, arguments, call_id)
        return replace(outcome.result, uncertain=True) if outcome.is_uncertain else outcome.result

    async def outcome(self, named: Named, arguments: Arguments, call_id: UUID | None = None) -> Outcome:
        """The same, with how it went."""
        begun = time.perf_counter()
        call = RemoteCall(self.caller.workspace_id, self.caller.agent_id, named.tool_id, arguments)
        try:
            ready = await self.decide(prepare, call)
            outcome = await perform(ready, self.decide, self.files, self.onlookers)
        except ToolProblem as problem:
            outcome = Outcome(ToolResult(str(problem), is_error=True, retryable=problem.retryable), is_sent=False)
        took = round((time.perf_counter() - begun) * 1000)
        await self.decide(write, [replace(_entry(self.caller, named, arguments, outcome, took), call_id=call_id)])
        return outcome


def _entry(caller: Caller, named: Named, arguments: Arguments, outcome: Outcome, took: int) -> Entry:
    return Entry(
        workspace_id=caller.workspace_id,
        tool=named.name,
        source=named.kind,
        app=named.service,
        status=outcome.status,
        arguments=arguments,
        result=outcome.result.content,
        duration_ms=None if outcome.is_uncertain else took,
        execution_id=caller.execution_id,
        agent_id=caller.agent_id,
        agent_name=caller.agent_name,
        made_by_id=caller.user_id,
    )


def try_by_hand(workspace_id: UUID, user_id: UUID, named: Named, arguments: Mapping[str, Any]) -> Outcome:
    """Make the call for real, as this person, and log it. Blocks, outside of any transaction."""
    door = RemoteTools(Caller(workspace_id, user_id=user_id), in_thread)
    found: Outcome = async_to_sync(door.outcome)(named, arguments)
    return found
