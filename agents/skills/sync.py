"""Looks where skills come from: fetches a repository and keeps what it finds, or what would change, in its row."""

import logging
import shutil
import tempfile
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from agents.models import SkillSource
from agents.skills import rows as skill_rows
from agents.skills.credentials import Opening, opening_of
from automatos.errors import AppError
from automatos.skill_format.difference import difference
from automatos.skill_format.repository import FOLDER_PREFIX, Network, newest_commit
from automatos.skill_format.snapshot import Snapshot, from_repository
from workspaces.audit import log as audit
from workspaces.purging import UNDO, in_batches
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)

# Looking for the newest commit and fetching it have two minutes each; past this a worker was lost.
SYNC_SECONDS = 360
# A folder of a fetch that nobody works in any more, seconds.
FOLDER_AGE = 2 * SYNC_SECONDS
AT_ONCE = 50
LOST = "The worker that fetched it was stopped in the middle. Sync again."
BROKEN = "The sync itself failed; it was noted for the operator. Sync again later."
EMPTY = "There is no skill in it: no folder holds a usable SKILL.md."


def network(opening: Opening | None = None) -> Network:
    """How repositories are reached: public addresses, or those the operator allows. opening: of a private one."""
    found = opening or Opening()
    return Network(ca_file=settings.GIT_CA_FILE, header=found.header, key=found.key)


def run_sync(workspace_id: UUID, source_id: UUID) -> None:
    """Fetch a source whose row says that it is being synced. The fetch is made outside of any transaction."""
    with workspace_scope(workspace_id):
        own = SkillSource.objects.filter(workspace_id=workspace_id, pk=source_id, deleted_at=None)
        row = own.filter(status=SkillSource.Status.SYNCING).first()
    if row is None:
        return
    try:
        snapshot, error = _fetched(row), ""
    except AppError as known:
        snapshot, error = None, known.message
    except Exception:
        logger.exception("The sync of the source %s broke", source_id)
        snapshot, error = None, BROKEN
    with workspace_scope(workspace_id):
        rows = own.select_for_update(of=("self",))
        fresh = rows.filter(sync_started_at=row.sync_started_at, status=SkillSource.Status.SYNCING).first()
        if fresh is not None:  # else it was given up, removed or asked for again meanwhile
            if snapshot is not None:
                error = keep(fresh, snapshot, snapshot.commit)
            finish(fresh, error)


def keep(source: SkillSource, snapshot: Snapshot, commit: str) -> str:
    """Keep what was found: at first as it is, later as an update that waits. Returns what is wrong with it, or ""."""
    source.beside = [asdict(one) for one in snapshot.found.beside]
    if not source.commit_sha:
        if not snapshot.found.skills:
            source.warnings = skill_rows.warnings_of(snapshot)
            return EMPTY
        for skill in snapshot.found.skills:
            skill_rows.insert(source, skill, snapshot.texts_of(skill))
        source.commit_sha, source.warnings = commit, skill_rows.warnings_of(snapshot)
        audit.record_row("skill_source.synced", source, after={"commit": commit, "skills": len(snapshot.found.skills)})
        return ""
    old = [skill_rows.as_read(row) for row in skill_rows.live_rows(source)]
    if difference(old, snapshot.found.skills):
        source.pending_commit, source.pending = commit, skill_rows.held_back(snapshot)
        audit.record_row(
            "skill_source.update_found", source, before={"commit": source.commit_sha}, after={"commit": commit}
        )
    else:
        # Only things beside the skills changed: nothing is there to be accepted.
        source.commit_sha, source.pending_commit, source.pending = commit, "", None
    return ""


def finish(source: SkillSource, error: str = "") -> None:
    """Note the end of a sync and when the next one is due."""
    now = timezone.now()
    source.status = SkillSource.Status.ERROR if error else SkillSource.Status.ACTIVE
    source.error, source.sync_started_at = error, None
    source.synced_at = source.synced_at if error else now
    source.next_sync_at = now + timedelta(hours=source.frequency_hours) if source.auto_update else None
    source.save()


def begin(source: SkillSource) -> None:
    """Mark the row as being synced from now on."""
    source.status, source.error, source.sync_started_at = SkillSource.Status.SYNCING, "", timezone.now()
    source.save(update_fields=["status", "error", "sync_started_at"])


def give_up_lost() -> int:
    """End syncs whose worker is gone; how many."""
    before = timezone.now() - timedelta(seconds=SYNC_SECONDS)
    with system_scope(Purpose.UPKEEP):
        rows = SkillSource.objects.filter(status=SkillSource.Status.SYNCING, sync_started_at__lt=before)
        return rows.update(status=SkillSource.Status.ERROR, error=LOST, sync_started_at=None)


def begin_due() -> list[tuple[UUID, UUID]]:
    """Begin the syncs that are due by their own schedule: workspace and source of each."""
    with system_scope(Purpose.UPKEEP):
        due = SkillSource.objects.select_for_update(of=("self",), skip_locked=True).filter(
            kind=SkillSource.Kind.GIT, auto_update=True, deleted_at=None, next_sync_at__lte=timezone.now()
        )
        rows = list(due.exclude(status=SkillSource.Status.SYNCING).defer("pending").order_by("next_sync_at")[:AT_ONCE])
        for row in rows:
            # A worker that dies of it does not try again before its time.
            row.next_sync_at = timezone.now() + timedelta(hours=row.frequency_hours)
            row.save(update_fields=["next_sync_at"])
            begin(row)
    return [(row.workspace_id, row.pk) for row in rows]


def sweep_folders(older_than: float = FOLDER_AGE) -> int:
    """Remove what killed workers left in the folder for temporary files; how many folders. older_than: seconds."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        try:
            if folder.is_dir() and not folder.is_symlink() and time.time() - folder.stat().st_mtime > older_than:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        except OSError:
            continue  # another worker was faster
    return removed


def purge() -> int:
    """Remove sources whose 30 days of undo are over, with their skills; how many."""
    return in_batches(
        SkillSource.objects.filter(deleted_at__lt=timezone.now() - UNDO), 10, action="skill_source.purged"
    )


def _fetched(source: SkillSource) -> Snapshot | None:
    """What is in the repository now; None when that is known already."""
    with workspace_scope(source.workspace_id):
        reached = network(opening_of(source))
    if source.commit_sha:
        newest = newest_commit(source.url, source.ref, network=reached)
        if newest in (source.commit_sha, source.pending_commit, source.dismissed_commit):
            return None
    return from_repository(source.url, source.ref, source.folder, network=reached)
