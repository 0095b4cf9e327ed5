"""A worker fetches a repository and takes its packages in. What was lost with a worker is fetched again."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from automatos.errors import AppError
from automatos.skill_format.repository import Network
from marketplace.models import PluginImport, PluginScan, Publisher
from marketplace.packages.intake import take_repository
from marketplace.packages.package import PackageRefused, Refusal
from marketplace.packages.reading import Reading
from marketplace.plugins.intake import Origin, Submitted, take_all
from marketplace.plugins.limits import require_daily_room
from workspaces.models import Workspace
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)

# A fetch is cut off long before this; then its worker is gone.
LOST = timedelta(minutes=5)
UNCLAIMED = timedelta(seconds=20)
MOST_ATTEMPTS = 3
CUT_OFF = "Fetching it was cut off three times. Try again later, or upload a ZIP file."
BROKEN = "Taking it in failed; this was noted for the operator."


@dataclass(frozen=True)
class Taken:
    """What came of a fetch. scans: those that are due."""

    state: str
    version_ids: tuple[str, ...] = ()
    scans: tuple[UUID, ...] = ()
    error: str = ""
    entry: str = ""
    commit: str = ""


def run_import(import_id: UUID) -> tuple[UUID, ...]:
    """Fetch it and take its packages in, unless another worker does; the scans that are due then."""
    row = _claim(import_id)
    if row is None:
        return ()
    try:
        taken = _taken(row)
    except PackageRefused as error:
        taken = Taken(PluginImport.State.FAILED, error=error.message, entry=error.refusal.entry)
    except AppError as error:
        taken = Taken(PluginImport.State.FAILED, error=error.message)
    except Exception:
        logger.exception("The import %s broke", import_id)
        taken = Taken(PluginImport.State.FAILED, error=BROKEN)
    with system_scope(Purpose.SCAN):
        PluginImport.objects.filter(pk=row.pk, token=row.token).update(
            state=taken.state,
            version_ids=list(taken.version_ids),
            error=taken.error,
            entry=taken.entry[:600],
            commit=taken.commit,
            finished_at=timezone.now(),
        )
    return taken.scans


def due() -> list[UUID]:
    """Imports nobody works on although they wait."""
    now = timezone.now()
    unclaimed = Q(state=PluginImport.State.QUEUED, created_at__lt=now - UNCLAIMED)
    lost = Q(state=PluginImport.State.RUNNING, heartbeat_at__lt=now - LOST)
    with system_scope(Purpose.SCAN):
        return list(PluginImport.objects.filter(unclaimed | lost).values_list("pk", flat=True)[:50])


def _claim(import_id: UUID) -> PluginImport | None:
    now = timezone.now()
    free = Q(state=PluginImport.State.QUEUED) | Q(state=PluginImport.State.RUNNING, heartbeat_at__lt=now - LOST)
    with system_scope(Purpose.SCAN):
        taken = PluginImport.objects.filter(free, pk=import_id).update(
            state=PluginImport.State.RUNNING, token=uuid4(), heartbeat_at=now, attempts=F("attempts") + 1
        )
        rows = PluginImport.objects.select_related("workspace", "requested_by")
        return rows.get(pk=import_id) if taken else None


def _taken(row: PluginImport) -> Taken:
    if row.attempts > MOST_ATTEMPTS:
        return Taken(PluginImport.State.FAILED, error=CUT_OFF)
    network = Network(ca_file=settings.GIT_CA_FILE)
    reading = take_repository(row.url, row.ref, str(row.options.get("folder", "")), network=network)
    found, refusals = _added(row, reading)
    told = [f"{refusal.entry}: {refusal.sentence}" if refusal.entry else refusal.sentence for refusal in refusals]
    return Taken(
        PluginImport.State.DONE,
        version_ids=tuple(str(each.version.pk) for each in found),
        scans=tuple(each.scan.pk for each in found if each.scan),
        error="\n".join(told[:20]),
        commit=reading.commit,
    )


def _added(row: PluginImport, reading: Reading) -> tuple[list[Submitted], list[Refusal]]:
    user, workspace = row.requested_by, row.workspace
    actor = Actor(user_id=user.pk if user else None, name=user.email if user else "", via="system")
    source: dict[str, Any] = {"kind": "git", "url": row.url, "ref": row.ref, "commit": reading.commit}
    options = {name: str(row.options.get(name, "")) for name in ("category", "notes")}
    scope = workspace_scope(workspace.pk) if workspace else system_scope(Purpose.SCAN)
    with acting_as(actor), scope:
        publisher = Publisher.objects.get(pk=UUID(row.options["publisher_id"]))
        # Held until its packages are in, so that two at once count each other.
        here = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk) if workspace else None
        if here is not None:
            require_daily_room(here, len(reading.packages))
        origin = Origin(
            publisher, workspace=here, user=user, source=source, trigger=PluginScan.Trigger.SUBMITTED, **options
        )
        found, refusals = take_all(reading.packages, origin)
    return found, [*reading.refusals, *refusals]
