"""Writes entries of the log. Secrets are masked before anything is kept, and long values shortened."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from automatos.checking import unstorable_text
from automatos.log_masks import masked
from tools.contract import Made
from tools.models import ToolExecutionLog
from workspaces.scope.tenancy import workspace_scope

HIDDEN = "[hidden]"
SECRET_NAMES = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|cookie|(api|access|private|auth)_?key", re.I
)
LONGEST_VALUE, LONGEST_RESULT, MOST_PARTS, DEEPEST = 1_000, 1_000, 50, 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. result: what the model was given. duration_ms: None where it is not known."""

    workspace_id: UUID
    tool: str
    source: str
    status: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: str = ""
    app: str = ""
    duration_ms: int | None = None
    cost: Decimal = Decimal(0)
    call_id: UUID | None = None
    execution_id: UUID | None = None
    agent_id: UUID | None = None
    agent_name: str = ""
    made_by_id: UUID | None = None
    is_dry_run: bool = False
    remote_id: str = ""


def entry_of(made: Made, workspace_id: UUID, execution_id: UUID, agent_id: UUID, agent_name: str) -> Entry:
    """A call by an agent, as whoever made it tells of it."""
    return Entry(
        workspace_id=workspace_id,
        tool=made.logged.tool,
        source=made.logged.source,
        app=made.logged.app,
        status=made.status,
        arguments=made.logged.arguments,
        result=made.result.content,
        duration_ms=made.milliseconds,
        call_id=made.key,
        execution_id=execution_id,
        agent_id=agent_id,
        agent_name=agent_name,
    )


def write(entries: Sequence[Entry]) -> None:
    """Keep entries, those of one workspace in one transaction."""
    for workspace_id in dict.fromkeys(entry.workspace_id for entry in entries):
        own = [entry for entry in entries if entry.workspace_id == workspace_id]
        with workspace_scope(workspace_id):
            ToolExecutionLog.objects.bulk_create([_row(entry) for entry in own])


def write_once(entry: Entry) -> None:
    """Keep an entry of a call that may be in the log already: then nothing is written."""
    with workspace_scope(entry.workspace_id):
        known = ToolExecutionLog.objects.filter(workspace_id=entry.workspace_id, call_id=entry.call_id)
        if entry.call_id is None or not known.exists():
            _row(entry).save(force_insert=True)


def _row(entry: Entry) -> ToolExecutionLog:
    return ToolExecutionLog(
        workspace_id=entry.workspace_id,
        call_id=entry.call_id,
        execution_id=entry.execution_id,
        agent_id=entry.agent_id,
        agent_name=entry.agent_name[:200],
        made_by_id=entry.made_by_id,
        source=entry.source,
        tool=entry.tool[:200],
        app=entry.app[:100],
        status=entry.status,
        is_dry_run=entry.is_dry_run,
        arguments=safe(dict(entry.arguments)),
        result=_text(entry.result, LONGEST_RESULT),
        size=len(entry.result),
        duration_ms=entry.duration_ms,
        cost=entry.cost,
        remote_id=entry.remote_id[:100],
    )


def safe(value: Any, depth: int = 0) -> Any:
    """A value without secrets, bounded in size and depth."""
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        items = list(value.items())[:MOST_PARTS]
        return {
            _text(str(name), 100): HIDDEN if SECRET_NAMES.search(str(name)) else safe(item, depth + 1)
            for name, item in items
        }
    if isinstance(value, (list, tuple)):
        return [safe(item, depth + 1) for item in value[:MOST_PARTS]]
    return _text(value, LONGEST_VALUE) if isinstance(value, str) else value


def _text(value: str, longest: int) -> str:
    """Masked whole, then cut: half of a secret at the edge would not be known as one."""
    text = str(masked(value[: longest * 4]))
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    if unstorable_text(text):
        text = text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
