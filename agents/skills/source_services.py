"""Changes: where a workspace's skills come from. An update that was found takes effect when a person accepts it."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.models import SkillSource
from agents.skills import rows as skill_rows
from agents.skills import sync
from agents.skills.credentials import require_credential
from agents.skills.tasks import send_sync
from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotFound, wrong_field
from automatos.rows import hold, locked
from automatos.skill_format.repository import checked_address, checked_folder, checked_ref, repository_name
from automatos.skill_format.snapshot import from_upload
from workspaces.audit import log as audit
from workspaces.models import User, Workspace
from workspaces.purging import UNDO

LONGEST_NAME, MOST_SOURCES, MOST_HOURS = 160, 100, 720
LARGEST_UPLOAD = 20_000_000
GIT, UPLOAD = SkillSource.Kind.GIT, SkillSource.Kind.UPLOAD
CHANGEABLE = ("name", "ref", "auto_update", "frequency_hours")


@transaction.atomic
def add_repository(
    *,
    workspace: Workspace,
    user: User | None,
    url: str,
    ref: str = "",
    folder: str = "",
    credential_id: UUID | None = None,
    name: str = "",
    auto_update: bool = False,
    frequency_hours: int = 24,
) -> SkillSource:
    """A git repository; a worker fetches it in a moment, then its row says what is in it, or what is wrong.

    ref: branch, tag or commit, empty for the default branch. folder: only what is in it. credential_id: a
    credential of the workspace that opens it, for HTTP or an SSH key. frequency_hours: 1 to 720. Raises InvalidInput.
    """
    problems = Problems()
    name = problems.text("name", name, longest=LONGEST_NAME)
    problems.number("frequency_hours", frequency_hours, low=1, high=MOST_HOURS)
    address = _gathered(problems, lambda: checked_address(url, sync.network()))
    ref = _gathered(problems, lambda: checked_ref(ref))
    folder = _gathered(problems, lambda: checked_folder(folder))
    require_credential(workspace.pk, credential_id, address, problems)
    problems.raise_any()
    _require_room(workspace)
    if twin := _live(workspace.pk).filter(kind=GIT, url=address, ref=ref, folder=folder).first():
        raise wrong_field("url", f"{twin.name} is this very repository. Sync it instead, or name another branch.")
    source = SkillSource(workspace=workspace, kind=GIT, url=address, ref=ref, folder=folder, created_by=user)
    source.credential_id = credential_id
    source.name = name or repository_name(folder or address)[:LONGEST_NAME] or "Repository"
    source.auto_update, source.frequency_hours = auto_update, frequency_hours
    source.sync_started_at = timezone.now()
    source.save(force_insert=True)
    audit.record_row("skill_source.created", source, after=_shown(source))
    _send(source)
    return source


@transaction.atomic
def add_upload(
    *, workspace: Workspace, user: User | None, data: bytes, filename: str, name: str = "", kind: str = UPLOAD
) -> SkillSource:
    """An uploaded ZIP file or SKILL.md, read at once. kind: where it is from. Raises InvalidInput naming `file`."""
    problems = Problems()
    name = problems.text("name", name, longest=LONGEST_NAME)
    problems.raise_any()
    _require_room(workspace)
    snapshot = from_upload(_sized(data), filename)
    source = SkillSource(workspace=workspace, kind=kind, created_by=user)
    source.name = name or _title(filename)
    source.save(force_insert=True)
    if wrong := sync.keep(source, snapshot, hashlib.sha256(data).hexdigest()):
        raise wrong_field("file", " ".join([wrong, *source.warnings[:3]]))
    sync.finish(source)
    audit.record_row("skill_source.created", source, after=_shown(source))
    return source


@transaction.atomic
def upload_again(
    *, workspace: Workspace, source_id: UUID, data: bytes, filename: str, kind: str = UPLOAD
) -> SkillSource:
    """A new version of an upload. It waits as an update until it is accepted. Raises InvalidInput naming `file`."""
    source = _locked(workspace.pk, source_id)
    if source.kind != kind:
        cure = "Sync it instead." if source.kind == GIT else "Newer versions come from there."
        raise Conflict(f"{source.name} comes from {'a repository' if source.kind == GIT else 'elsewhere'}. {cure}")
    snapshot, commit = from_upload(_sized(data), filename), hashlib.sha256(data).hexdigest()
    if not snapshot.found.skills:
        raise wrong_field("file", " ".join([sync.EMPTY, *skill_rows.warnings_of(snapshot)[:3]]))
    sync.keep(source, snapshot, commit)
    sync.finish(source)
    audit.record_row("skill_source.uploaded", source, after={"commit": commit})
    return source


@transaction.atomic
def change_source(*, workspace: Workspace, source_id: UUID, **changes: Any) -> SkillSource:
    """The source with another `name`, `ref`, `credential_id`, `auto_update` or `frequency_hours`.

    Another ref is fetched at once.
    """
    source = _locked(workspace.pk, source_id)
    before, problems = _shown(source), Problems()
    if "name" in changes:
        source.name = problems.text("name", changes["name"], longest=LONGEST_NAME, required=True)
    if "frequency_hours" in changes:
        problems.number("frequency_hours", changes["frequency_hours"], low=1, high=MOST_HOURS)
        source.frequency_hours = changes["frequency_hours"]
    if source.kind != GIT and ("ref" in changes or changes.get("auto_update")):
        problems.add("ref" if "ref" in changes else "auto_update", "Only a repository has this; upload again instead.")
    if changes.get("credential_id", source.credential_id) != source.credential_id:
        source.credential_id = changes["credential_id"]
        require_credential(workspace.pk, source.credential_id, source.url, problems)
    source.auto_update = changes.get("auto_update", source.auto_update)
    moved = "ref" in changes and changes["ref"].strip() != source.ref
    source.ref = _gathered(problems, lambda: checked_ref(changes.get("ref", source.ref)))
    problems.raise_any()
    hours = timedelta(hours=source.frequency_hours)
    source.next_sync_at = (source.synced_at or timezone.now()) + hours if source.auto_update else None
    source.save()
    if (after := _shown(source)) != before:
        audit.record_row("skill_source.updated", source, before=before, after=after)
    return _synced(source) if moved else source


@transaction.atomic
def request_sync(*, workspace: Workspace, source_id: UUID) -> SkillSource:
    """Look for a newer version now, in a worker. One that was dismissed is shown again."""
    source = _locked(workspace.pk, source_id)
    if source.kind != GIT:
        raise Conflict(f"{source.name} was uploaded. Upload a new version instead.")
    if is_syncing(source):
        return source
    audit.record_row("skill_source.sync_requested", source)
    return _synced(source)


@transaction.atomic
def accept_update(*, workspace: Workspace, source_id: UUID, commit: str) -> SkillSource:
    """Let the update take effect. commit: the one that was looked at; Conflict when it is another by now."""
    source = _with_update(workspace.pk, source_id, commit)
    before = {"commit": source.commit_sha}
    skill_rows.take_over(source, skill_rows.waiting(source.pending or {}))
    source.warnings = (source.pending or {})["warnings"]
    source.commit_sha, source.pending_commit, source.pending = source.pending_commit, "", None
    source.save()
    audit.record_row("skill_source.update_accepted", source, before=before, after={"commit": source.commit_sha})
    return source


@transaction.atomic
def dismiss_update(*, workspace: Workspace, source_id: UUID, commit: str) -> SkillSource:
    """Stay with what there is; this commit is not offered again unless somebody syncs. commit: as in accept_update."""
    source = _with_update(workspace.pk, source_id, commit)
    source.dismissed_commit, source.pending_commit, source.pending = source.pending_commit, "", None
    source.save()
    audit.record_row("skill_source.update_dismissed", source, after={"commit": source.dismissed_commit})
    return source


@transaction.atomic
def delete_source(*, workspace: Workspace, source_id: UUID) -> SkillSource:
    """Out of sight with all its skills, and out of every agent at once; for 30 days it can be brought back."""
    source = _locked(workspace.pk, source_id)
    source.deleted_at = timezone.now()
    source.save(update_fields=["deleted_at"])
    source.skills.filter(deleted_at=None).update(deleted_at=source.deleted_at)
    audit.record_row("skill_source.deleted", source, before=_shown(source))
    return source


@transaction.atomic
def restore_source(*, workspace: Workspace, source_id: UUID) -> SkillSource:
    """A removed source with the skills it had, which go back to the agents that had them."""
    _require_room(workspace)
    rows = SkillSource.objects.select_for_update(of=("self",)).filter(workspace=workspace, pk=source_id)
    source = rows.filter(deleted_at__gt=timezone.now() - UNDO).first()
    if source is None:
        raise NotFound()
    for skill in source.skills.filter(deleted_at=source.deleted_at):
        skill_rows.bring_back(skill)
    source.deleted_at = None
    source.save(update_fields=["deleted_at"])
    audit.record_row("skill_source.restored", source)
    return source


@transaction.atomic
def choose_skills(*, workspace: Workspace, source_id: UUID, skill_ids: Iterable[UUID]) -> list[str]:
    """Enable exactly these of the source's skills; agents that have another one lose it. Returns the chosen names.

    Raises InvalidInput naming ids that are not of this source.
    """
    source = _locked(workspace.pk, source_id)
    rows = {row.pk: row for row in skill_rows.live_rows(source)}
    wanted = set(skill_ids)
    if strange := sorted(str(key) for key in wanted - rows.keys()):
        raise wrong_field("skill_ids", f"{source.name} has no skill {', '.join(strange[:5])}. Load the page again.")
    before = [row.slug for row in rows.values() if row.is_enabled]
    chosen = [row.slug for row in rows.values() if row.pk in wanted]
    source.skills.filter(pk__in=wanted).update(is_enabled=True)
    source.skills.filter(deleted_at=None).exclude(pk__in=wanted).update(is_enabled=False)
    if before != chosen:
        audit.record_row("skill_source.skills_chosen", source, before={"skills": before}, after={"skills": chosen})
    return chosen


def check_size(size: int) -> None:
    """Pass, or raise InvalidInput for an upload of so many bytes."""
    if size > LARGEST_UPLOAD:
        raise wrong_field("file", f"The file has {size:,} bytes; at most {LARGEST_UPLOAD:,} are allowed.")


def is_syncing(source: SkillSource) -> bool:
    """Whether a worker is at it; one that is lost does not count for ever."""
    started = source.sync_started_at
    limit = timezone.now() - timedelta(seconds=sync.SYNC_SECONDS)
    return source.status == SkillSource.Status.SYNCING and started is not None and started > limit


def _synced(source: SkillSource) -> SkillSource:
    source.dismissed_commit = ""
    source.save(update_fields=["dismissed_commit"])
    sync.begin(source)
    _send(source)
    return source


def _send(source: SkillSource) -> None:
    after_commit(lambda: send_sync(source.workspace_id, source.pk))


def _live(workspace_id: UUID) -> QuerySet[SkillSource]:
    return SkillSource.objects.filter(workspace_id=workspace_id, deleted_at=None)


def _locked(workspace_id: UUID, source_id: UUID) -> SkillSource:
    return locked(_live(workspace_id), pk=source_id)


def _with_update(workspace_id: UUID, source_id: UUID, commit: str) -> SkillSource:
    source = _locked(workspace_id, source_id)
    if not source.pending_commit:
        raise Conflict(f"No update of {source.name} waits. Someone may have decided meanwhile.", code="no_update")
    if source.pending_commit != commit:
        raise Conflict(f"A newer update of {source.name} was found meanwhile. Look at that one.", code="update_changed")
    return source


def _require_room(workspace: Workspace) -> None:
    hold(workspace)
    if _live(workspace.pk).count() >= MOST_SOURCES:
        raise Conflict(f"There are {MOST_SOURCES} sources of skills, which is the most. Remove one first.")


def _sized(data: bytes) -> bytes:
    check_size(len(data))
    return data


def _title(filename: str) -> str:
    base = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in base if letter.isprintable())[:LONGEST_NAME].strip() or "Upload"


def _gathered(problems: Problems, check: Callable[[], str]) -> str:
    """What the check gives; its refusal is noted among the other problems."""
    try:
        return check()
    except InvalidInput as error:
        for field, texts in error.fields.items():
            for text in texts:
                problems.add(field, text)
        return ""


def _shown(source: SkillSource) -> dict[str, object]:
    credential = str(source.credential_id or "")
    own = {"url": source.url, "folder": source.folder, "credential": credential}
    return {**own, **{name: getattr(source, name) for name in CHANGEABLE}}
