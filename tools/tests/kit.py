"""What the tools' tests share: a run's context, and calls through the executor."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from automatos.errors import NotFound
from tools.contract import ToolContext, ToolResult
from tools.executor import UnifiedToolExecutor
from tools.files import StoredRunFiles

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def context(**changes: Any) -> ToolContext:
    """The context of a new run with files of its own; the clock stands at noon of 24 November 2026."""
    workspace_id, execution_id = uuid4(), uuid4()
    files = StoredRunFiles(workspace_id, execution_id)
    return ToolContext(workspace_id, execution_id, **{"files": files, "now": lambda: NOON, **changes})


def credentials(**known: Mapping[str, str]) -> Callable[[str], Awaitable[Mapping[str, str]]]:
    """The workspace's credentials by id; any other id is not found."""

    async def find(key: str) -> Mapping[str, str]:
        if key not in known:
            raise NotFound("There is no such credential.")
        return known[key]

    return find


async def call(name: str, /, given: ToolContext | None = None, **arguments: Any) -> ToolResult:
    """One call through the executor."""
    return await UnifiedToolExecutor().run(name, arguments, given or context())


async def said(name: str, /, given: ToolContext | None = None, **arguments: Any) -> str:
    """The content of a call that has to succeed."""
    result = await call(name, given, **arguments)
    assert not result.is_error, result.content
    return result.content


async def refused(name: str, /, given: ToolContext | None = None, **arguments: Any) -> str:
    """The content of a call that has to be an error, and one we meant."""
    result = await call(name, given, **arguments)
    assert result.is_error, result.content
    assert "failed for a reason of its own" not in result.content
    return result.content
