"""Which worker holds a scan: a token in its row and a sign of life, so that another one takes over what is lost."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from marketplace.models import PluginScan
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
# Without a sign of life for so long, the worker is gone.
LOST = timedelta(seconds=20)
# A message is lost when nobody began after so long.
UNCLAIMED = timedelta(seconds=15)
MOST_ATTEMPTS = 5
OPEN = (PluginScan.State.QUEUED, PluginScan.State.RUNNING)


class Superseded(Exception):
    """Another worker holds the scan now; what this one found is dropped."""


def claim(scan_id: UUID) -> PluginScan | None:
    """The scan, from now on held by us; None when it is over or somebody else works on it."""
    now = timezone.now()
    free = Q(state=PluginScan.State.QUEUED) | Q(state=PluginScan.State.RUNNING, heartbeat_at__lt=now - LOST)
    with system_scope(Purpose.SCAN):
        taken = PluginScan.objects.filter(free, pk=scan_id).update(
            state=PluginScan.State.RUNNING, token=uuid4(), heartbeat_at=now, attempts=F("attempts") + 1
        )
        if not taken:
            return None
        scan = PluginScan.objects.select_related("version__plugin").get(pk=scan_id)
        if scan.started_at is None:
            scan.started_at = now
            scan.save(update_fields=["started_at"])
    return scan


def still_ours(scan: PluginScan) -> QuerySet[PluginScan]:
    """The row as long as we hold it."""
    return PluginScan.objects.filter(pk=scan.pk, token=scan.token, state=PluginScan.State.RUNNING)


def note(scan: PluginScan, **columns: Any) -> None:
    """Write how far it is. Raises Superseded when another worker holds it."""
    with system_scope(Purpose.SCAN):
        if not still_ours(scan).update(heartbeat_at=timezone.now(), **columns):
            raise Superseded
    for name, value in columns.items():
        setattr(scan, name, value)


@contextmanager
def alive(scan: PluginScan) -> Iterator[None]:
    """A sign of life every few seconds while the block works."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(scan, over), name=f"scan-{scan.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(scan: PluginScan, over: threading.Event) -> None:
    try:
        while not over.wait(BEAT_SECONDS):
            try:
                with system_scope(Purpose.SCAN):
                    still_ours(scan).update(heartbeat_at=timezone.now())
            except DatabaseError as error:
                # It may be there again in a moment; until then the scan counts as lost, and is resumed.
                logger.warning("A scan could not say that it lives: %s", error)
                connection.close()
    finally:
        connection.close()


def due() -> list[UUID]:
    """Scans nobody works on although they wait."""
    now = timezone.now()
    unclaimed = Q(state=PluginScan.State.QUEUED, created_at__lt=now - UNCLAIMED)
    lost = Q(state=PluginScan.State.RUNNING, heartbeat_at__lt=now - LOST)
    with system_scope(Purpose.SCAN):
        rows = PluginScan.objects.filter(unclaimed | lost).order_by("created_at")
        return list(rows.values_list("pk", flat=True)[:50])
