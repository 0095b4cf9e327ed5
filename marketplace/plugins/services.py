"""Changes: packages are submitted, answered for, reported, and notices put away."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, NotFound, TooMany, wrong_field
from marketplace.models import (
    Plugin,
    PluginAnswer,
    PluginCategory,
    PluginNotice,
    PluginReport,
    PluginScan,
    PluginVersion,
    VersionStatus,
)
from marketplace.plugins import queries
from marketplace.plugins.intake import LONGEST_NOTES, Origin, Submitted, take_in
from marketplace.plugins.reading import packages_in
from marketplace.publishers.services import ensure_publisher, installation_publisher
from marketplace.scans.tasks import send_scan
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LARGEST_UPLOAD = 10_000_000
LONGEST_ANSWER, LONGEST_REPORT = 5_000, 5_000
MOST_ANSWERS = 200


def check_size(size: int) -> None:
    """Raises InvalidInput naming `file` for an upload that is too large to be read."""
    if size > LARGEST_UPLOAD:
        raise wrong_field("file", f"The file has {size:,} bytes; at most {LARGEST_UPLOAD:,} are allowed.")


def submit_upload(
    *,
    workspace: Workspace,
    user: User,
    data: bytes,
    filename: str,
    category: str = "",
    notes: str = "",
    signature: str = "",
) -> list[Submitted]:
    """Submit the package or packages of an archive for a workspace.

    Raises PackageRefused naming `file` and the entry to blame, InvalidInput, Conflict, TooMany past the day's number.
    """
    _check_words(category, notes)
    check_size(len(data))
    packages = packages_in(data, filename)
    with transaction.atomic():
        publisher = ensure_publisher(workspace=workspace)
        _require_daily_room(workspace, len(packages))
        source = {"kind": "upload", "filename": filename[:200]}
        origin = Origin(
            publisher, workspace=workspace, user=user, source=source, category=category, notes=notes,
            signature=signature,
        )  # fmt: skip
        return _queued([take_in(package, origin) for package in packages])


def upload_as_staff(
    *,
    user: User | None,
    data: bytes,
    filename: str,
    category: str = "",
    notes: str = "",
    signature: str = "",
) -> list[Submitted]:
    """The same for whoever runs the installation. To be called across workspaces."""
    _check_words(category, notes)
    check_size(len(data))
    packages = packages_in(data, filename)
    with transaction.atomic():
        source = {"kind": "upload", "filename": filename[:200]}
        origin = Origin(
            installation_publisher(), user=user, source=source, category=category, notes=notes, signature=signature
        )
        return _queued([take_in(package, origin) for package in packages])


def _queued(found: list[Submitted]) -> list[Submitted]:
    for submitted in found:
        if submitted.scan is not None:
            _send(submitted.scan.pk)
    return found


def _send(scan_id: UUID) -> None:
    transaction.on_commit(lambda: send_scan(scan_id))


def _check_words(category: str, notes: str) -> None:
    problems = Problems()
    if category and not PluginCategory.objects.filter(slug=category).exists():
        problems.choice("category", category, PluginCategory.objects.values_list("slug", flat=True))
    problems.text("notes", notes, longest=LONGEST_NOTES)
    problems.raise_any()


def _require_daily_room(workspace: Workspace, more: int) -> None:
    """Pass, or raise TooMany; the workspace's row is held by now, so two at once count each other."""
    most = settings.PLUGIN_SUBMISSIONS_PER_DAY
    if not most:
        return
    since = timezone.now() - timedelta(days=1)
    rows = PluginVersion.objects.filter(workspace=workspace, submitted_at__gt=since)
    if rows.count() + more > most:
        oldest = rows.order_by("submitted_at").values_list("submitted_at", flat=True).first()
        wait = (oldest - since).total_seconds() if oldest else 86_400.0
        raise TooMany(f"A workspace may submit {most} versions a day. Try again later.", retry_after=wait)


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
    known = {"", *(item["key"] for item in queries.findings_of(version))}
    problems = Problems()
    for key, text in list(answers.items())[:MOST_ANSWERS]:
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
    _send(scan.pk)
    return scan
