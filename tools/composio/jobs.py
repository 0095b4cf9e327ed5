"""Asks for syncs of the catalogue, ends those whose worker is gone, and says how the last ones went."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from automatos.errors import Conflict, NotFound
from automatos.rows import only_one
from tools.composio.access import installation, key_state
from tools.models import ComposioAppCache, ComposioSyncJob, in_catalogue
from workspaces.audit import log as audit
from workspaces.models import Credential, User, Workspace
from workspaces.scope.tenancy import Purpose, system_scope

Kind, Status = ComposioSyncJob.Kind, ComposioSyncJob.Status
# A worker says that it lives after each app; past this it was lost.
SILENCE = timedelta(minutes=3)
# Everything is read anew at most once in so long: whoever wants to can ask for what changed at any time.
REST = timedelta(minutes=10)
LOST = "The worker that read it was stopped in the middle. Sync again; what was read is kept."
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SyncState:
    """The last syncs of a catalogue. live: the one under way; latest: the last one that ended; good: that went well."""

    live: ComposioSyncJob | None
    latest: ComposioSyncJob | None
    good: ComposioSyncJob | None

    @property
    def failed(self) -> ComposioSyncJob | None:
        """The last one, when it failed."""
        return self.latest if self.latest and self.latest.status == Status.FAILED else None


def sync_state(catalogue: UUID | None) -> SyncState:
    """How the catalogue stands; in the scope of a workspace that sees it."""
    rows = ComposioSyncJob.objects.filter(in_catalogue(catalogue)).order_by("-created_at")
    ended = rows.filter(status__in=(Status.COMPLETED, Status.FAILED))
    # One app's sync says nothing of the others.
    whole = ended.exclude(kind=Kind.APP).filter(status=Status.COMPLETED)
    return SyncState(rows.filter(status__in=(Status.QUEUED, Status.RUNNING)).first(), ended.first(), whole.first())


def request_sync(*, workspace: Workspace, user: User | None, kind: str, app: str = "") -> ComposioSyncJob:
    """Note a sync that a worker is to do. Raises Conflict while one is under way, NotFound for an app there is not."""
    state = key_state(workspace.pk)
    if not state.has_key:
        raise Conflict("Apps need a key of Composio first. Add one under Settings, Credentials.")
    catalogue = state.catalogue(workspace.pk)
    if kind == Kind.APP and not ComposioAppCache.objects.filter(in_catalogue(catalogue), slug=app).exists():
        raise NotFound()
    if kind == Kind.FULL:
        _require_rest(catalogue)
    job = ComposioSyncJob(
        workspace_id=catalogue,
        key_of=workspace.pk if state.is_own else None,
        kind=kind,
        app=app if kind == Kind.APP else "",
        requested_by=user,
    )
    _add(job)
    audit.record(
        "app.sync_requested",
        workspace_id=workspace.pk,
        target=("composio_sync_job", job.pk, job.get_kind_display()),
        after={"kind": kind, "app": app},
    )
    return job


def _require_rest(catalogue: UUID | None) -> None:
    rows = ComposioSyncJob.objects.filter(in_catalogue(catalogue), kind=Kind.FULL, status=Status.COMPLETED)
    if rows.filter(completed_at__gt=timezone.now() - REST).exists():
        minutes = int(REST.total_seconds() // 60)
        raise Conflict(f"Everything was read in the last {minutes} minutes. Ask for what changed instead.")


def _add(job: ComposioSyncJob) -> None:
    busy = Conflict("A sync of this catalogue is under way already.")
    rows = ComposioSyncJob.objects.filter(in_catalogue(job.workspace_id), status__in=(Status.QUEUED, Status.RUNNING))
    with system_scope(Purpose.UPKEEP), only_one(rows, busy):
        job.save(force_insert=True)


def give_up_lost() -> int:
    """End syncs whose worker is gone, and those nobody began; how many."""
    before = timezone.now() - SILENCE
    with system_scope(Purpose.UPKEEP):
        rows = ComposioSyncJob.objects.filter(status__in=(Status.QUEUED, Status.RUNNING), seen_at__lt=before)
        number = rows.update(status=Status.FAILED, error=LOST, completed_at=timezone.now())
        ComposioSyncJob.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).exclude(
            status__in=(Status.QUEUED, Status.RUNNING)
        ).delete()
        return number


def begin_periodic() -> list[UUID]:
    """A sync of what changed for each catalogue that somebody has a key for; the ids of the jobs."""
    jobs = []
    with system_scope(Purpose.UPKEEP):
        own = Credential.objects.filter(type_id="composio", deleted_at=None).order_by("created_at")
        keys = list(own.values_list("workspace_id", "values"))
    own_servers = dict.fromkeys(pk for pk, values in keys if values.get("base_url"))
    payer = next((pk for pk, values in keys if not values.get("base_url")), None)
    if installation() is not None or payer is not None:
        jobs.append(ComposioSyncJob(kind=Kind.INCREMENTAL, key_of=None if installation() else payer))
    jobs += [ComposioSyncJob(kind=Kind.INCREMENTAL, workspace_id=pk, key_of=pk) for pk in own_servers]
    begun = []
    for job in jobs:
        try:
            _add(job)
        except Conflict:
            continue
        begun.append(job.pk)
    return begun


def live_jobs() -> list[UUID]:
    """Those that wait and that no message may be under way for."""
    before = timezone.now() - timedelta(seconds=30)
    with system_scope(Purpose.UPKEEP):
        rows = ComposioSyncJob.objects.filter(Q(status=Status.QUEUED), created_at__lt=before)
        return list(rows.values_list("pk", flat=True)[:20])
