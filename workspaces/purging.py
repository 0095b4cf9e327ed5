"""What time takes away: deleted workspaces after their 30 days, and what was only remembered for a while.

What a workspace loses stands in its audit log, a line for each batch.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from automatos.storage.names import remove_files_of
from workspaces.audit import log as audit
from workspaces.models import ClerkEvent, Credential, IdempotentRequest, Invitation, Workspace
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)

# How long a deleted thing can be brought back.
UNDO = timedelta(days=30)
# How long an answer is kept for a request that is sent again.
ANSWERS = timedelta(hours=24)
BATCH = 500
# What is gone before its workspace, in batches of the app it belongs to; taken along at once it would fill the memory.
FIRST_GONE = ("executions", "recipes", "workflows", "agents")
# So that a backlog is worked off over several rounds and not in one that never ends.
MOST_BATCHES = 200


def purge() -> dict[str, int]:
    """Remove what is past its time; how many of each."""
    now = timezone.now()
    return {
        "workspaces": _purge_workspaces(),
        "idempotent_requests": in_batches(IdempotentRequest.objects.filter(created_at__lt=now - ANSWERS)),
        "invitations": in_batches(Invitation.objects.filter(expires_at__lt=now - UNDO), action="invitation.purged"),
        "credentials": in_batches(Credential.objects.filter(deleted_at__lt=now - UNDO), action="credential.purged"),
        "sessions": in_batches(Session.objects.filter(expire_date__lt=now)),
        "devices": in_batches(_devices_signed_out(now)),
        "clerk_events": in_batches(ClerkEvent.objects.filter(received_at__lt=now - UNDO)),
    }


def _devices_signed_out(now: datetime) -> QuerySet[UserSession]:
    # The hour leaves out whoever is just signing in.
    rows: QuerySet[UserSession] = UserSession.objects.filter(last_seen_at__lt=now - timedelta(hours=1))
    return rows.exclude(session_key__in=Session.objects.values("session_key"))


def overdue_workspaces() -> QuerySet[Workspace]:
    """Those that cannot be brought back any more."""
    return Workspace.objects.filter(deleted_at__lt=timezone.now() - UNDO)


def in_batches(
    rows: QuerySet[Any],
    size: int = BATCH,
    *,
    action: str = "",
    first: Callable[[list[Any]], None] | None = None,
    most: int = 0,
) -> int:
    """Delete the rows and what hangs on them, each batch in a transaction of its own; how many rows.

    action: what the audit log of each workspace says of it, such as "run.purged"; nothing for what nobody made.
    first: removes what is kept elsewhere for the rows of these keys; a batch that fails after it is taken up again.
    most: rows in all, otherwise as many as MOST_BATCHES have.
    """
    done = 0
    for _ in range(most // size if most else MOST_BATCHES):
        with system_scope(Purpose.UPKEEP):
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:size])
            if first is not None:
                first(ids)
            batch = rows.model._default_manager.filter(pk__in=ids)
            lost = Counter(batch.order_by().values_list("workspace_id", flat=True)) if action else Counter()
            batch.delete()
            _record(action, lost)
        done += len(ids)
        if len(ids) < size:
            break
    return done


def _record(action: str, lost: Counter[UUID | None]) -> None:
    """Say in each workspace's log how many it lost. Of one that is deleted itself its own end says it."""
    kept = Workspace.objects.filter(pk__in=[key for key in lost if key], deleted_at=None)
    # In one order, so that two sweeps never wait for each other.
    for pk, name in kept.order_by("pk").values_list("pk", "name"):
        audit.record(action, workspace_id=pk, target=("workspace", pk, name), after={"number": lost[pk]})


def _purge_workspaces() -> int:
    with system_scope(Purpose.UPKEEP):
        overdue = list(overdue_workspaces().order_by("deleted_at")[:BATCH])
    return sum(1 for workspace in overdue if _purged(workspace))


def _purged(workspace: Workspace) -> bool:
    """Whether the workspace is gone. One that still holds runs or recipes waits: their app removes them."""
    target = ("workspace", workspace.pk, workspace.name)
    with system_scope(Purpose.UPKEEP):
        left = [name for name in FIRST_GONE if getattr(workspace, name).exists()]
    if left:
        logger.info("Workspace %s still holds %s.", target[1], ", ".join(left))
        return False
    before = {"slug": workspace.slug, "deleted_at": workspace.deleted_at}
    try:
        with system_scope(Purpose.UPKEEP):
            workspace.delete()
            audit.record("workspace.purged", workspace_id=None, target=target, before=before)
    except ProtectedError as error:
        logger.info("Workspace %s still holds %s.", target[1], _kinds(error.protected_objects))
        return False
    remove_files_of(target[1])
    return True


def _kinds(rows: Iterable[Any]) -> str:
    return ", ".join(sorted({str(row._meta.verbose_name_plural) for row in rows}))
