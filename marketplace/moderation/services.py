"""What moderators decide. All of it runs across workspaces, holds the version's row, and stands in the audit log.

Of two who decide at once the second one finds what the first one did, and is told so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import AppError, Conflict, NotFound, wrong_field
from automatos.rows import locked as hold_row
from marketplace.browse.tasks import send_index
from marketplace.models import (
    Action,
    Plugin,
    PluginDecision,
    PluginFile,
    PluginReport,
    PluginScan,
    PluginVersion,
    Publisher,
    Verdict,
    VersionStatus,
)
from marketplace.moderation import counts, removal
from marketplace.packages.package import digest_of
from workspaces.audit import log as audit
from workspaces.models import User

LEAST_REASON, LONGEST_REASON = 10, 5_000
WAITING = (VersionStatus.PENDING,)
TAKEN_BACK = (VersionStatus.REJECTED, VersionStatus.CHANGES_REQUESTED, VersionStatus.DEACTIVATED, VersionStatus.BLOCKED)


@dataclass(frozen=True, slots=True)
class Done:
    """What a decision came to. needs_second: approved by one, and one more has to agree."""

    version: PluginVersion
    needs_second: bool = False
    touched: counts.Touched | None = None


def takes_two() -> bool:
    """Whether what needs a review takes two moderators."""
    choice = settings.PLUGIN_SECOND_MODERATOR
    if choice == "auto":
        return User.objects.filter(is_staff=True, is_active=True).count() > 1
    return bool(choice == "always")


@transaction.atomic
def approve(*, version_id: UUID, moderator: User | None, reason: str = "") -> Done:
    """Let everybody have it. Raises Conflict when it is not for approval; InvalidInput when a reason is missing."""
    version = locked(version_id)
    _require_status(version, WAITING)
    if version.verdict == Verdict.UNSCANNED or _scan_open(version):
        raise Conflict("Its scan is not over. Wait for the result.", code="not_scanned")
    if version.verdict == Verdict.BLOCKED:
        raise Conflict("The scan blocks it, so nobody can approve it. Reject it, or ask for changes.", code="blocked")
    _require_same_bytes(version)
    if version.verdict == Verdict.REVIEW_REQUIRED:
        reason = _reason(reason, "Say in your own words why it may be had in spite of what was found.")
        if takes_two() and not _second(version, moderator, reason):
            return Done(version, needs_second=True)
    return Done(publish(version, moderator, reason))


def publish(version: PluginVersion, moderator: User | None, reason: str) -> PluginVersion:
    """Make it everybody's. version: locked. For `approve`, and for what comes with the product."""
    _decide(version, VersionStatus.APPROVED, moderator, reason)
    version.published_at = version.published_at or timezone.now()
    version.save(update_fields=["published_at"])
    plugin = Plugin.objects.select_for_update(of=("self",)).get(pk=version.plugin_id)
    plugin.is_public = True
    removal.show_newest(plugin)
    Publisher.objects.filter(pk=plugin.publisher_id, is_public=False).update(is_public=True)
    _note(version, Action.APPROVED, moderator, reason)
    after_commit(send_index)
    return version


@transaction.atomic
def reject(*, version_id: UUID, moderator: User | None, reason: str) -> Done:
    """Refuse it for good; its author reads the reason. Raises InvalidInput without one, Conflict when it is decided."""
    return _turn_down(version_id, moderator, reason, Action.REJECTED)


@transaction.atomic
def request_changes(*, version_id: UUID, moderator: User | None, reason: str) -> Done:
    """Ask its author for a better version, with what is to change."""
    return _turn_down(version_id, moderator, reason, Action.CHANGES_REQUESTED)


@transaction.atomic
def deactivate(*, version_id: UUID, moderator: User | None, reason: str) -> Done:
    """Take an approved version away: nobody can have it, and who had it loses it. Its workspaces are told."""
    version = locked(version_id)
    _require_status(version, (VersionStatus.APPROVED,))
    reason = _reason(reason, "Say why; the workspaces that have it read this.")
    touched = removal.clear(version, reason)
    return _removed(version, Action.DEACTIVATED, moderator, reason, touched)


@transaction.atomic
def block(*, version_id: UUID, moderator: User | None, reason: str) -> Done:
    """Stop a version everywhere at once, whatever state it is in; enabled places keep it, unusable, and are told."""
    version = locked(version_id)
    if version.status == VersionStatus.BLOCKED:
        raise Conflict(_by_whom(version), code="decided")
    reason = _reason(reason, "Say why; the workspaces that have it read this.")
    touched = removal.warn(version, reason)
    return _removed(version, Action.BLOCKED, moderator, reason, touched)


@transaction.atomic
def reopen(*, version_id: UUID, moderator: User | None, reason: str) -> Done:
    """Put what was turned down, deactivated or blocked back into the queue."""
    version = locked(version_id)
    _require_status(version, TAKEN_BACK)
    reason = _reason(reason, "Say why it is looked at again.")
    version.first_reviewer, version.first_reason = None, ""
    version.save(update_fields=["first_reviewer", "first_reason"])
    _decide(version, VersionStatus.PENDING, moderator, reason)
    _note(version, Action.REOPENED, moderator, reason)
    return Done(version)


@transaction.atomic
def resolve_report(*, report_id: UUID, moderator: User, state: str, resolution: str) -> PluginReport:
    """Close somebody's report with a word to them. Raises Conflict when it is closed already."""
    problems = Problems()
    problems.choice("state", state, (PluginReport.State.RESOLVED, PluginReport.State.DISMISSED))
    resolution = problems.text("resolution", resolution, longest=LONGEST_REASON, required=True)
    problems.raise_any()
    rows = PluginReport.objects.select_for_update(of=("self",)).select_related("plugin")
    report = rows.filter(pk=report_id).first()
    if report is None:
        raise NotFound()
    if report.state != PluginReport.State.OPEN:
        raise Conflict("This report was closed already.", code="decided")
    report.state, report.resolution = state, resolution
    report.decided_by, report.decided_at = moderator, timezone.now()
    report.save(update_fields=["state", "resolution", "decided_by", "decided_at"])
    target = ("plugin", report.plugin_id, report.plugin.slug)
    audit.record("plugin.report_closed", workspace_id=report.workspace_id, target=target, after={"state": state})
    return report


@transaction.atomic
def acknowledge(*, scan_id: UUID, moderator: User) -> None:
    """Take note of what other rules found in an approved version."""
    scan = PluginScan.objects.select_related("version__plugin").filter(pk=scan_id).first()
    if scan is None:
        raise NotFound()
    if scan.seen_at is None:
        scan.seen_at = timezone.now()
        scan.save(update_fields=["seen_at"])
        audit.record("plugin.scan_seen", workspace_id=scan.workspace_id, target=_target(scan.version))


def each(decide: Callable[..., Done], version_ids: Iterable[UUID], **given: object) -> tuple[int, list[str]]:
    """Decide the same about several, each by itself: how many it was done for, and why not for the others."""
    done, refused = 0, []
    for version_id in version_ids:
        try:
            with transaction.atomic():
                decide(version_id=version_id, **given)
            done += 1
        except AppError as error:
            version = PluginVersion.objects.select_related("plugin").filter(pk=version_id).first()
            refused.append(f"{_target(version)[2] if version else version_id}: {error.message}")
    return done, refused


def locked(version_id: UUID) -> PluginVersion:
    """The version, held until the transaction ends. Raises NotFound."""
    # Who decided is asked for afterwards, since somebody may decide while we wait.
    return hold_row(PluginVersion.objects.select_related("plugin"), pk=version_id)


def _turn_down(version_id: UUID, moderator: User | None, reason: str, action: Action) -> Done:
    version = locked(version_id)
    _require_status(version, WAITING)
    reason = _reason(reason, "Say what is wrong; the author reads this.")
    _decide(version, VersionStatus(action.value), moderator, reason)
    _note(version, action, moderator, reason)
    return Done(version)


def _removed(
    version: PluginVersion, action: Action, moderator: User | None, reason: str, touched: counts.Touched
) -> Done:
    _decide(version, VersionStatus(action.value), moderator, reason)
    removal.show_newest(Plugin.objects.select_for_update(of=("self",)).get(pk=version.plugin_id))
    _note(version, action, moderator, reason, touched)
    return Done(version, touched=touched)


def _second(version: PluginVersion, moderator: User | None, reason: str) -> bool:
    """Whether this is the second moderator who agrees; the first one is noted."""
    if version.first_reviewer_id is None:
        version.first_reviewer, version.first_reason = moderator, reason
        version.save(update_fields=["first_reviewer", "first_reason"])
        _note(version, Action.SECONDED, moderator, reason)
        return False
    if moderator is not None and version.first_reviewer_id == moderator.pk:
        raise Conflict("You have approved it already; another moderator has to agree.", code="second_moderator")
    return True


def _require_status(version: PluginVersion, statuses: Sequence[VersionStatus]) -> None:
    if version.status not in statuses:
        raise Conflict(_by_whom(version), code="decided")


def _by_whom(version: PluginVersion) -> str:
    state = version.get_status_display().lower()
    if version.reviewed_at is None:
        return f"It is {state}, so this cannot be done now."
    who = version.reviewer.name or version.reviewer.email if version.reviewer else "the scan"
    return f"It is {state} since {version.reviewed_at:%Y-%m-%d %H:%M} UTC, decided by {who}."


def _scan_open(version: PluginVersion) -> bool:
    return PluginScan.objects.filter(version=version, state__in=("queued", "running")).exists()


def _require_same_bytes(version: PluginVersion) -> None:
    rows = PluginFile.objects.filter(version=version).values_list("path", "sha256", "executable")
    if digest_of(rows) != version.sha256:
        raise Conflict("Its files are not those that were scanned. Reject it and look at the storage.", code="changed")


def _reason(text: str, cure: str) -> str:
    problems = Problems()
    text = problems.text("reason", text, longest=LONGEST_REASON)
    problems.raise_any()
    if len(text) < LEAST_REASON:
        raise wrong_field("reason", f"{cure} At least {LEAST_REASON} characters.")
    return text


def _decide(version: PluginVersion, status: VersionStatus, moderator: User | None, reason: str) -> None:
    version.status, version.reviewer, version.reason = status, moderator, reason
    version.reviewed_at = timezone.now()
    version.save(update_fields=["status", "reviewer", "reason", "reviewed_at"])


def _note(
    version: PluginVersion,
    action: Action,
    moderator: User | None,
    reason: str,
    touched: counts.Touched | None = None,
) -> None:
    PluginDecision.objects.create(
        version=version,
        workspace_id=version.workspace_id,
        action=action,
        person=moderator,
        person_name=(moderator.name or moderator.email) if moderator else "Automatos",
        reason=reason,
        counts=touched.to_json() if touched else {},
        scan_id=version.scan_id,
    )
    after = {"reason": reason, **(touched.to_json() if touched else {})}
    audit.record(f"plugin.{action.value}", workspace_id=version.workspace_id, target=_target(version), after=after)


def _target(version: PluginVersion) -> tuple[str, UUID, str]:
    return "plugin_version", version.pk, f"{version.plugin.slug} {version.version}"
