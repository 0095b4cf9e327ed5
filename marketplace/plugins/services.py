"""Changes: packages are submitted, answered for, reported, and notices put away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict, NotFound, wrong_field
from automatos.skill_format.repository import Network, checked_address, checked_ref
from automatos.skill_format.secure_shell import is_ssh
from automatos.zip_files import ZipLimits
from marketplace.models import (
    Plugin,
    PluginAnswer,
    PluginCategory,
    PluginImport,
    PluginNotice,
    PluginReport,
    PluginScan,
    PluginVersion,
    Publisher,
    VersionStatus,
)
from marketplace.packages.intake import checked_folder, take_upload
from marketplace.packages.package import PackageWarning, Refusal
from marketplace.packages.reading import Reading
from marketplace.plugins import queries
from marketplace.plugins.intake import LONGEST_NOTES, Origin, Submitted, take_all
from marketplace.plugins.limits import require_daily_room
from marketplace.plugins.tasks import send_import
from marketplace.publishers.services import ensure_publisher, installation_publisher
from marketplace.scans.tasks import send_scan
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LARGEST_UPLOAD = ZipLimits().packed
LONGEST_ANSWER, LONGEST_REPORT = 5_000, 5_000
MOST_ANSWERS = 200


@dataclass(frozen=True)
class Words:
    """What is said beside a package. category: a slug; notes: for the moderators; signature: Ed25519 in Base64."""

    category: str = ""
    notes: str = ""
    signature: str = ""

    def check(self) -> None:
        """Raises InvalidInput naming what cannot be used."""
        problems = Problems()
        if self.category and not PluginCategory.objects.filter(slug=self.category).exists():
            problems.choice("category", self.category, PluginCategory.objects.values_list("slug", flat=True))
        problems.text("notes", self.notes, longest=LONGEST_NOTES)
        problems.raise_any()

    def origin(
        self, publisher: Publisher, user: User | None, filename: str, workspace: Workspace | None = None
    ) -> Origin:
        """Where an upload with these words comes from."""
        source = {"kind": "upload", "filename": filename.replace("\x00", "")[:200]}
        words = {"category": self.category, "notes": self.notes, "signature": self.signature}
        return Origin(publisher, workspace=workspace, user=user, source=source, **words)


def check_size(size: int) -> None:
    """Raises InvalidInput naming `file` for an upload that is too large to be read."""
    if size > LARGEST_UPLOAD:
        raise wrong_field("file", f"The file has {size:,} bytes; at most {LARGEST_UPLOAD:,} are allowed.")


@dataclass(frozen=True)
class Intake:
    """What came of an upload: versions that wait, further packages that were not taken, and what was untidy."""

    submitted: Sequence[Submitted]
    refusals: Sequence[Refusal]
    warnings: Sequence[PackageWarning]


def submit_upload(
    *,
    workspace: Workspace,
    user: User,
    data: bytes,
    filename: str,
    words: Words = Words(),
    version_of: Plugin | None = None,
) -> Intake:
    """Submit the package or packages of an archive for a workspace. version_of: it has to be one of this plugin.

    Raises PackageRefused naming `file` and the entry to blame, InvalidInput, Conflict, TooMany past the day's number.
    """
    words.check()
    check_size(len(data))
    reading = take_upload(data, filename)
    if version_of is not None:
        _require_slug(reading, version_of)
    with transaction.atomic():
        publisher = ensure_publisher(workspace=workspace)
        require_daily_room(workspace, len(reading.packages))
        return _taken(reading, words.origin(publisher, user, filename, workspace))


def _require_slug(reading: Reading, plugin: Plugin) -> None:
    """Raises InvalidInput naming `file` when the archive holds anything but one package of this plugin."""
    slugs = [package.slug for package in reading.packages]
    if slugs != [plugin.slug]:
        held = ", ".join(slug[:80] for slug in slugs[:5])
        raise wrong_field("file", f"A new version of {plugin.slug} has to bear that slug; this file holds {held}.")


def upload_as_staff(*, user: User | None, data: bytes, filename: str, words: Words = Words()) -> Intake:
    """The same for whoever runs the installation. To be called across workspaces."""
    words.check()
    check_size(len(data))
    reading = take_upload(data, filename)
    with transaction.atomic():
        return _taken(reading, words.origin(installation_publisher(), user, filename))


def _taken(reading: Reading, origin: Origin) -> Intake:
    found, refusals = take_all(reading.packages, origin)
    for submitted in found:
        if submitted.scan is not None:
            _send(submitted.scan.pk)
    return Intake(found, [*reading.refusals, *refusals], reading.warnings)


@transaction.atomic
def request_import(
    *, workspace: Workspace | None, user: User, url: str, ref: str = "", folder: str = "", words: Words = Words()
) -> PluginImport:
    """Have a git repository fetched and its packages taken in. workspace: None for the installation's own.

    Raises InvalidInput naming `url`, `ref` or `folder`; TooMany past the day's number.
    What is wrong with the repository itself its row says later.
    """
    words.check()
    checked_folder(folder)
    if is_ssh(url):
        raise wrong_field("url", "Plugins are fetched from public https:// addresses. Write that one.")
    address = checked_address(url, Network(ca_file=settings.GIT_CA_FILE))
    publisher = ensure_publisher(workspace=workspace) if workspace else installation_publisher()
    if workspace is not None:
        require_daily_room(workspace, 1, fetches=True)
    row = PluginImport.objects.create(
        workspace=workspace,
        requested_by=user,
        url=address,
        ref=checked_ref(ref),
        options={
            "folder": folder,
            "category": words.category,
            "notes": words.notes,
            "publisher_id": str(publisher.pk),
        },
    )
    target = ("plugin_import", row.pk, address)
    audit.record("plugin.import_requested", workspace_id=row.workspace_id, target=target, after={"ref": row.ref})
    after_commit(lambda: send_import(row.pk))
    return row


def _send(scan_id: UUID) -> None:
    after_commit(lambda: send_scan(scan_id))


@transaction.atomic
def answer(
    *, workspace: Workspace, user: User, version_id: UUID, answers: Mapping[str, str], send: bool = False
) -> PluginVersion:
    """Keep what the author says to findings (by their keys; "" for the whole); with `send`, moderators see it.

    Raises InvalidInput naming the finding, NotFound, Conflict once it is too late.
    """
    version = queries.submission(workspace=workspace, version_id=version_id)
    if version.status == VersionStatus.APPROVED:
        raise Conflict("It is approved; there is nothing left to answer.")
    if version.status == VersionStatus.WITHDRAWN:
        raise Conflict("It is withdrawn; nobody would read an answer. Submit it again first.")
    known = {"", *(item["key"] for item in queries.findings_of(version))}
    if len(answers) > MOST_ANSWERS:
        raise wrong_field("answers", f"Send at most {MOST_ANSWERS} answers at once; these are {len(answers)}.")
    problems = Problems()
    for key, text in answers.items():
        if key not in known:
            problems.add("answers", f"There is no finding {key[:80]!r} in the newest report.")
        problems.text("answers", text, longest=LONGEST_ANSWER)
    problems.raise_any()
    now = timezone.now()
    for key, text in answers.items():
        PluginAnswer.objects.update_or_create(
            version=version,
            workspace=workspace,
            finding=key,
            defaults={"text": text.strip(), "person": user, "updated_at": now},
        )
    if send:
        _send_answers(workspace, version)
    return version


def _send_answers(workspace: Workspace, version: PluginVersion) -> None:
    rows = PluginAnswer.objects.filter(version=version, workspace=workspace).exclude(text="")
    if not rows.exists():
        raise wrong_field("answers", "Write an answer first.")
    rows.update(sent_at=timezone.now())
    audit.record("plugin.answered", workspace_id=workspace.pk, target=queries.target_of(version))


@transaction.atomic
def withdraw(*, workspace: Workspace, version_id: UUID) -> PluginVersion:
    """Take a version back while it waits: no moderator sees it any more. Raises NotFound, Conflict once it is decided.

    The database lets a process of the product move its own version between waiting and withdrawn, and nowhere else.
    """
    return _move(workspace, version_id, VersionStatus.PENDING, VersionStatus.WITHDRAWN)


@transaction.atomic
def submit_again(*, workspace: Workspace, version_id: UUID) -> PluginVersion:
    """Put a withdrawn version back before the moderators, as it was. Raises NotFound, Conflict."""
    return _move(workspace, version_id, VersionStatus.WITHDRAWN, VersionStatus.PENDING)


def _move(workspace: Workspace, version_id: UUID, before: VersionStatus, after: VersionStatus) -> PluginVersion:
    version = queries.submission(workspace=workspace, version_id=version_id)
    # Asked once more where it stands: a moderator may decide at this moment.
    moved = PluginVersion.objects.filter(pk=version.pk, status=before).update(status=after)
    if not moved:
        version.refresh_from_db(fields=["status"])
        raise Conflict(f"It is {version.get_status_display().lower()}, so this cannot be done now.", code="decided")
    version.status = after
    done = "withdrawn" if after == VersionStatus.WITHDRAWN else "submitted_again"
    audit.record(f"plugin.{done}", workspace_id=workspace.pk, target=queries.target_of(version))
    return version


@transaction.atomic
def report_plugin(*, workspace: Workspace, user: User, plugin_id: UUID, kind: str, text: str) -> PluginReport:
    """Tell the moderators that something is wrong with a plugin. Raises InvalidInput, NotFound, Conflict when told."""
    problems = Problems()
    problems.choice("kind", kind, PluginReport.Kind.values)
    text = problems.text("text", text, longest=LONGEST_REPORT, required=True)
    problems.raise_any()
    plugin = Plugin.objects.filter(queries.shown_to(workspace), pk=plugin_id).first()
    if plugin is None:
        raise NotFound()
    Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk).first()
    mine = PluginReport.objects.filter(workspace=workspace, plugin=plugin, person=user)
    if mine.filter(state=PluginReport.State.OPEN).exists():
        raise Conflict("You have reported it already; the moderators have your report.")
    report = PluginReport.objects.create(
        plugin=plugin, version_id=plugin.current_version_id, workspace=workspace, person=user, kind=kind, text=text
    )
    target = ("plugin", plugin.pk, plugin.slug)
    audit.record("plugin.reported", workspace_id=workspace.pk, target=target, after={"kind": kind})
    return report


@transaction.atomic
def dismiss_notice(*, workspace: Workspace, user: User, notice_id: UUID) -> None:
    """Put a notice away. Raises NotFound."""
    notice = PluginNotice.objects.filter(workspace=workspace, pk=notice_id).first()
    if notice is None:
        raise NotFound()
    if notice.dismissed_at is None:
        notice.dismissed_at, notice.dismissed_by = timezone.now(), user
        notice.save(update_fields=["dismissed_at", "dismissed_by"])
        target = ("plugin", notice.plugin_id, notice.plugin_name)
        audit.record("plugin.notice_dismissed", workspace_id=workspace.pk, target=target)


@transaction.atomic
def request_scan(*, version: PluginVersion, user: User | None, trigger: str) -> PluginScan:
    """Have it scanned once more. To be called across workspaces. Raises Conflict while a scan is under way."""
    PluginVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if PluginScan.objects.filter(version=version, state__in=("queued", "running")).exists():
        raise Conflict("It is being scanned already. Wait until that is done.", code="scan_under_way")
    scan = PluginScan.objects.create(
        version=version,
        workspace_id=version.workspace_id,
        trigger=trigger,
        sha256=version.sha256,
        requested_by=user,
    )
    audit.record("plugin.scan_requested", workspace_id=version.workspace_id, target=queries.target_of(version))
    _send(scan.pk)
    return scan
