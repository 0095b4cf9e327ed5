"""What the desk shows: what waits, by risk and age; one version whole; what is new beside the approved one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Case, F, IntegerField, Max, Q, QuerySet, Value, When
from django.utils import timezone

from automatos.errors import NotFound
from marketplace.models import Plugin, PluginReport, PluginScan, PluginVersion, Verdict, VersionStatus

LATE = timedelta(hours=24)
SEVERITIES = ("critical", "high", "medium", "low", "info")
# The worst first; then what was not scanned yet, as nobody knows.
WORST = Case(
    *(When(worst=name, then=Value(number)) for number, name in enumerate(SEVERITIES)),
    When(verdict=Verdict.UNSCANNED, then=Value(1)),
    default=Value(9),
    output_field=IntegerField(),
)
ORDERINGS: Mapping[str, tuple[str, ...]] = {
    "risk": ("rank", "submitted_at", "pk"),
    "age": ("submitted_at", "pk"),
    "newest": ("-submitted_at", "pk"),
}
DECIDED = (
    *(VersionStatus.APPROVED, VersionStatus.REJECTED, VersionStatus.CHANGES_REQUESTED),
    *(VersionStatus.DEACTIVATED, VersionStatus.BLOCKED),
)


@dataclass(frozen=True)
class Counts:
    """How many there are behind each tab."""

    waiting: int
    late: int
    second: int
    answered: int
    reports: int
    rescans: int


def versions() -> QuerySet[PluginVersion]:
    """Every version, with what a row of the desk shows."""
    return PluginVersion.objects.select_related(
        "plugin__publisher", "plugin__category", "workspace", "submitted_by", "reviewer", "first_reviewer", "signed_by"
    )


def queue(order: str = "risk") -> QuerySet[PluginVersion]:
    """What waits for a moderator; order: risk, age or newest."""
    rows = versions().filter(status=VersionStatus.PENDING).annotate(rank=WORST)
    return rows.order_by(*ORDERINGS[order])


def answered() -> QuerySet[PluginVersion]:
    """Versions whose author has answered since the last decision, the longest unheard first."""
    heard = Q(reviewed_at__isnull=True) | Q(answers__sent_at__gt=F("reviewed_at"))
    rows = versions().filter(heard, answers__sent_at__isnull=False).exclude(status=VersionStatus.APPROVED)
    return rows.annotate(sent_at=Max("answers__sent_at")).order_by("sent_at", "pk")


def decided() -> QuerySet[PluginVersion]:
    """What was decided, the latest first."""
    return versions().filter(status__in=DECIDED).order_by("-reviewed_at", "pk")


def open_reports() -> QuerySet[PluginReport]:
    """What users reported, the oldest first."""
    rows = PluginReport.objects.filter(state=PluginReport.State.OPEN)
    return rows.select_related("plugin", "version", "workspace", "person").order_by("created_at", "pk")


def rescans() -> QuerySet[PluginScan]:
    """Scans by other rules that came to something else about an approved version, and that nobody has looked at."""
    rows = PluginScan.objects.filter(seen_at=None, version__status=VersionStatus.APPROVED).exclude(difference={})
    return rows.select_related("version__plugin").order_by("-finished_at", "pk")


def tab_counts() -> Counts:
    """How many wait, and so on."""
    waiting = PluginVersion.objects.filter(status=VersionStatus.PENDING)
    return Counts(
        waiting=waiting.count(),
        late=waiting.filter(submitted_at__lt=timezone.now() - LATE).count(),
        second=waiting.filter(first_reviewer__isnull=False).count(),
        answered=answered().count(),
        reports=open_reports().count(),
        rescans=rescans().count(),
    )


def version(version_id: UUID) -> PluginVersion:
    """One version. Raises NotFound."""
    found = versions().filter(pk=version_id).first()
    if found is None:
        raise NotFound()
    return found


def meant(some_id: UUID, *, waiting: bool) -> UUID:
    """The version an id means: its own, or of a plugin's id the one that waits, else its newest or its approved one.

    waiting: whether a version that waits is looked for. Raises NotFound.
    """
    if PluginVersion.objects.filter(pk=some_id).exists():
        return some_id
    plugin = Plugin.objects.filter(pk=some_id).first()
    if plugin is None:
        raise NotFound()
    rows = PluginVersion.objects.filter(plugin=plugin).order_by("-sort_key")
    if waiting:
        found = rows.filter(status=VersionStatus.PENDING).first() or rows.first()
        return found.pk if found else some_id
    newest = rows.first()
    return plugin.current_version_id or (newest.pk if newest else some_id)


def others_of(version: PluginVersion) -> QuerySet[PluginVersion]:
    """The other versions of the same plugin, the newest first."""
    return versions().filter(plugin_id=version.plugin_id).exclude(pk=version.pk).order_by("-sort_key")


def scans_of(version: PluginVersion) -> QuerySet[PluginScan]:
    """All its scans, the newest first."""
    return PluginScan.objects.filter(version=version).select_related("requested_by").order_by("-created_at")


def search(rows: QuerySet[PluginVersion], text: str) -> QuerySet[PluginVersion]:
    """Those whose plugin, publisher or workspace has each word."""
    for word in text.replace("\x00", " ").split()[:8]:
        rows = rows.filter(
            Q(plugin__slug__icontains=word)
            | Q(plugin__name__icontains=word)
            | Q(plugin__publisher__name__icontains=word)
            | Q(workspace__name__icontains=word)
        )
    return rows
