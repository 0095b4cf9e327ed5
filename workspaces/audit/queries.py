"""Reads of the audit log: filtered, newest first, in batches for an export."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID

from channels.db import database_sync_to_async
from django.db.models import Q, QuerySet

from workspaces.audit.export import Format, lines_of
from workspaces.models import AuditEntry
from workspaces.scope.tenancy import workspace_scope

# What the parts of an action before its dot stand for, in the order people look for them.
GROUPS = {
    "account": "Signing in and accounts",
    "user": "People",
    "workspace": "Workspace",
    "member": "Members",
    "invitation": "Invitations",
    "api_key": "API keys",
    "credential": "Credentials",
    "app": "Apps",
    "tool": "Tools",
    "agent": "Agents",
    "persona": "Personas",
    "skill": "Skills",
    "skill_source": "Skill sources",
    "document": "Documents",
    "document_site": "Websites",
    "memory": "Memory",
    "conversation": "Conversations",
    "plugin": "Plugins",
    "publisher": "Publishers",
    "listing": "Shared and installed",
    "recipe": "Recipes",
    "schedule": "Schedules",
    "trigger": "Triggers",
    "workflow": "Workflows",
    "run": "Runs",
    "budget": "Budgets",
    "lesson": "Lessons",
    "suggestion": "Suggestions",
    "evaluation_set": "Evaluation sets",
    "evaluation_case": "Evaluation cases",
    "evaluation": "Evaluations",
    "approval": "Approvals",
    "allowance": "Approvals",
    "moderation": "Moderation",
}
# Who acts when no person does: the value in an address, and the ways of acting it stands for.
NOBODY = {"system": ("system",), "command": ("command",)}
BATCH = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """What the log is narrowed to; empty values narrow nothing. since, until: days in `zone`, both included.

    actor: a person's id, or "system" or "command". group: an action's first part. target: the type of thing changed.
    """

    actor: str = ""
    group: str = ""
    target: str = ""
    since: date | None = None
    until: date | None = None
    search: str = ""
    zone: tzinfo = UTC

    @property
    def any(self) -> bool:
        """Whether anything is narrowed."""
        return any((self.actor, self.group, self.target, self.since, self.until, self.search))


def entries(workspace_id: UUID, filters: Filters, before: int | None = None) -> QuerySet[AuditEntry]:
    """The entries that pass, newest first; before: only those numbered below it."""
    found = AuditEntry.objects.filter(workspace_id=workspace_id).order_by("-seq")
    if before is not None:
        found = found.filter(seq__lt=before)
    if filters.actor in NOBODY:
        found = found.filter(via__in=NOBODY[filters.actor])
    elif filters.actor:
        found = found.filter(actor_id=filters.actor)
    if filters.group:
        found = found.filter(action__startswith=f"{filters.group}.")
    if filters.target:
        found = found.filter(target_type=filters.target)
    if filters.since:
        found = found.filter(at__gte=_midnight(filters.since, filters.zone))
    if filters.until:
        found = found.filter(at__lt=_midnight(filters.until + timedelta(days=1), filters.zone))
    for word in filters.search.split()[:10]:
        found = found.filter(_mentions(word))
    return found


async def export(workspace_id: UUID, filters: Filters, kind: Format) -> AsyncIterator[bytes]:
    """The entries as a file, piece by piece: 500 at a time are in memory, each read in a transaction of its own."""
    yield kind.head
    before: int | None = None
    while True:
        piece, before = await database_sync_to_async(_piece)(workspace_id, filters, kind, before)
        if piece:
            yield piece
        if before is None:
            return


def _piece(workspace_id: UUID, filters: Filters, kind: Format, before: int | None) -> tuple[bytes, int | None]:
    with workspace_scope(workspace_id):
        batch = list(entries(workspace_id, filters, before)[:BATCH])
    return lines_of(kind, batch), batch[-1].seq if len(batch) == BATCH else None


def _mentions(word: str) -> Q:
    columns = ("action", "actor", "target", "target_type", "ip", "credential")
    found = Q(target_id=word) | Q(request_id=word)
    for column in columns:
        found |= Q(**{f"{column}__icontains": word})
    return found


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def in_words(action: str) -> str:
    """agent.status_changed -> "Agent: status changed"."""
    group, _, done = action.partition(".")
    return f"{group.replace('_', ' ').capitalize()}: {done.replace('_', ' ')}".replace("Api key", "API key")


def as_lines(value: Mapping[str, object] | None) -> Iterator[str]:
    """One line for each thing an entry says of a state, nested ones by their path: "model.temperature: 0.4"."""
    for name, part in (value or {}).items():
        if isinstance(part, Mapping) and part:
            yield from (f"{name}.{line}" for line in as_lines(part))
        else:
            yield from _line(name, part)


def _line(name: str, value: object) -> Iterator[str]:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    words = {None: "none", True: "yes", False: "no"}
    shown = words[value] if value is None or isinstance(value, bool) else text or "(empty)"
    first, *more = shown.splitlines() or [""]
    yield f"{name}: {first}"
    yield from (f"  {line}" for line in more)
