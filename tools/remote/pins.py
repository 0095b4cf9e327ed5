"""Tools as a person accepted them: what a service says anew is kept beside that and takes no effect until accepted."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from automatos.checking import unstorable_json
from automatos.errors import Conflict
from automatos.json_text import indented
from tools.composio.schemas import usable
from tools.contract import Schema
from tools.models import RemoteService, RemoteTool
from workspaces.audit import log as audit
from workspaces.models import User

LONGEST_DOCUMENT, LONGEST_DESCRIPTION = 80_000, 20_000
LONGEST_TOLD = 2_000
State = RemoteTool.State


@dataclass(frozen=True, slots=True)
class Taken:
    """What a reading came to, in numbers of tools."""

    added: int = 0
    changed: int = 0
    gone: int = 0


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 over a tool's words and schemas, in whatever order they came."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def why_not_kept(document: Mapping[str, Any]) -> str:
    """Why a document cannot be stored or shown to a model; empty when it can."""
    for place, problem in unstorable_json(dict(document)):
        return f"{place[:60] or 'it'} cannot be stored. {problem}"
    if len(str(document.get("description") or "")) > LONGEST_DESCRIPTION:
        return f"its description has more than {LONGEST_DESCRIPTION:,} characters."
    if len(orjson.dumps(document)) > LONGEST_DOCUMENT:
        return f"it is longer than {LONGEST_DOCUMENT:,} bytes."
    return ""


def take(service: RemoteService, documents: Mapping[str, Schema], *, user: User | None = None) -> Taken:
    """Keep what was read. The first reading of a service is taken as it is; later news wait. In the scope."""
    is_first = not RemoteTool.objects.filter(service=service).exists()
    known = {row.name: row for row in RemoteTool.objects.select_for_update().filter(service=service)}
    added = [_new(service, name, document, is_first, user) for name, document in documents.items() if name not in known]
    RemoteTool.objects.bulk_create(added)
    changed = gone = 0
    for name, row in known.items():
        before = row.state
        _compare(row, documents.get(name))
        changed += row.state == State.SUSPENDED != before
        gone += row.state == State.GONE != before
    if changed or gone:
        _record(service, "tools_changed", {"changed": changed, "gone": gone})
    return Taken(len(added), changed, gone)


def suspend(tool: RemoteTool, document: Schema | None) -> None:
    """A call found that the tool is not what was accepted: nobody calls it any more. In the scope."""
    _compare(tool, document)
    _record(tool.service, "tools_changed", {"tool": tool.name})


def accept(tool: RemoteTool, *, digest: str, user: User) -> None:
    """A person read what is new and agrees. digest: of what they saw; Conflict when it is another by now."""
    row = RemoteTool.objects.select_for_update().get(pk=tool.pk)
    if row.pending is None or row.pending_digest != digest:
        raise Conflict("The tool changed once more since you read it. Look at the difference again.")
    _adopt(row, row.pending)
    row.pending, row.pending_digest = None, ""
    row.state, row.accepted_by, row.accepted_at = State.ACTIVE, user, timezone.now()
    # What a person agreed to of the old tool says nothing of the new one.
    row.is_reading = row.is_reading and row.says_it_reads
    row.save()
    _record(row.service, "tool_accepted", {"tool": row.name, "digest": digest})


def _new(service: RemoteService, name: str, document: Schema, is_first: bool, user: User | None) -> RemoteTool:
    row = RemoteTool(workspace_id=service.workspace_id, service=service, name=name)
    if is_first:
        _adopt(row, document)
        row.accepted_by, row.accepted_at = user, timezone.now()
    else:
        row.pending, row.pending_digest, row.state = document, digest_of(document), State.SUSPENDED
    return row


def _adopt(row: RemoteTool, document: Schema) -> None:
    """From now on it is this one. What agents are told is made here, once, and not for each step they do."""
    row.document, row.digest = document, digest_of(document)
    row.offer = {
        "title": str(document.get("title") or row.name)[:200],
        "description": str(document.get("description") or "")[:LONGEST_TOLD],
        "schema": usable(document.get("inputSchema")),
        "destroys": row.says_it_destroys,
    }


def _compare(row: RemoteTool, document: Schema | None) -> None:
    """Bring a row's state up to what the service says; saved only where something is new."""
    before = (row.state, row.pending_digest)
    if document is None:
        row.state = State.GONE
    elif (digest := digest_of(document)) == row.digest:
        row.pending, row.pending_digest, row.state = None, "", State.ACTIVE
    else:
        row.pending, row.pending_digest, row.state = document, digest, State.SUSPENDED
    if (row.state, row.pending_digest) != before:
        row.changed_at = timezone.now()
        row.save()


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of a tool that reads otherwise now. name: such as description."""

    name: str
    before: str
    now: str


PARTS = ("title", "description", "inputSchema", "outputSchema", "annotations", "request")


def differences(tool: RemoteTool) -> Sequence[Difference]:
    """What a person has to read before the tool can be used again."""
    if tool.pending is None:
        return ()
    pairs = ((name, tool.document.get(name), tool.pending.get(name)) for name in _parts(tool))
    return [Difference(name, _text(old), _text(new)) for name, old, new in pairs if old != new]


def _parts(tool: RemoteTool) -> Iterable[str]:
    rest = {*tool.document, *(tool.pending or {})} - {*PARTS, "name"}
    return (*PARTS, *sorted(rest))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else indented(value)


def _record(service: RemoteService, done: str, after: dict[str, Any]) -> None:
    audit.record(
        f"remote_service.{done}",
        workspace_id=service.workspace_id,
        target=("remote_service", service.pk, service.name),
        after=after,
    )


def tool_of(workspace_id: UUID, tool_id: UUID) -> RemoteTool | None:
    """A tool of the workspace with its service; None where there is none."""
    return RemoteTool.objects.filter(workspace_id=workspace_id, pk=tool_id).select_related("service").first()
