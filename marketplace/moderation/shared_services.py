"""What moderators decide about shared agents, recipes and skills. All of it runs across workspaces."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from marketplace.browse.entries import keep_entry
from marketplace.listings.kinds import kind_of
from marketplace.models import Entry, Listing, ListingVersion, Publisher, Verdict
from marketplace.moderation.services import LEAST_REASON, LONGEST_REASON
from workspaces.audit import log as audit
from workspaces.models import User

Status = ListingVersion.Status


def waiting() -> QuerySet[ListingVersion]:
    """What waits for a moderator, the oldest first."""
    rows = ListingVersion.objects.filter(status=Status.PENDING, listing__audience=Listing.Audience.PUBLIC)
    return rows.select_related("listing__publisher", "workspace", "submitted_by").order_by("submitted_at", "pk")


def public() -> QuerySet[ListingVersion]:
    """What everybody has now, the latest first."""
    current = Listing.objects.filter(is_public=True, current_version_id__isnull=False).values("current_version_id")
    rows = ListingVersion.objects.filter(pk__in=current)
    return rows.select_related("listing__publisher", "workspace", "submitted_by").order_by("-reviewed_at", "pk")


def version(version_id: UUID) -> ListingVersion:
    """One of them. Raises NotFound."""
    rows = ListingVersion.objects.select_related("listing__publisher", "workspace", "submitted_by", "reviewer")
    row = rows.filter(pk=version_id).first()
    if row is None:
        raise NotFound()
    return row


def approved_before(row: ListingVersion) -> ListingVersion | None:
    """What everybody has now; None when nothing of it was approved."""
    current = row.listing.current_version_id
    return ListingVersion.objects.filter(pk=current).exclude(pk=row.pk).first() if current else None


@transaction.atomic
def approve(*, version_id: UUID, moderator: User | None, reason: str = "") -> ListingVersion:
    """Let everybody have it. Raises Conflict when it does not wait any more."""
    row = _locked(version_id, (Status.PENDING,))
    publish(row, moderator, reason.strip()[:LONGEST_REASON])
    return row


def publish(row: ListingVersion, moderator: User | None, reason: str) -> None:
    """Make it everybody's. For `approve`, and for what comes with the product."""
    _decide(row, Status.APPROVED, moderator, reason)
    listing = Listing.objects.select_for_update(of=("self",)).select_related("publisher").get(pk=row.listing_id)
    for name in ("name", "description", "category"):
        setattr(listing, name, getattr(row, name))
    listing.current_version_id, listing.is_public, listing.updated_at = row.pk, True, timezone.now()
    listing.save()
    Publisher.objects.filter(pk=listing.publisher_id, is_public=False).update(is_public=True)
    _list(listing, row)


@transaction.atomic
def reject(*, version_id: UUID, moderator: User, reason: str) -> ListingVersion:
    """Refuse it; its author reads the reason. Raises InvalidInput without one."""
    row = _locked(version_id, (Status.PENDING,))
    _decide(row, Status.REJECTED, moderator, _reason(reason))
    return row


@transaction.atomic
def take_away(*, version_id: UUID, moderator: User, reason: str) -> ListingVersion:
    """Nobody can install it any more; who has it keeps their copy."""
    row = _locked(version_id, (Status.APPROVED,))
    _decide(row, Status.TAKEN_AWAY, moderator, _reason(reason))
    Listing.objects.filter(pk=row.listing_id, current_version_id=row.pk).update(
        current_version_id=None, is_public=False, updated_at=timezone.now()
    )
    Entry.objects.filter(kind=row.listing.kind, object_id=row.listing_id).update(is_public=False)
    return row


def _list(listing: Listing, row: ListingVersion) -> None:
    owner = kind_of(listing.kind)
    text = owner.lines(row.body)
    keep_entry(
        kind=listing.kind,
        object_id=listing.pk,
        parts=[text[:20_000]],
        slug=listing.slug,
        name=listing.name,
        description=listing.description,
        category=listing.category,
        tags=listing.tags,
        publisher_id=listing.publisher_id,
        workspace_id=listing.workspace_id,
        is_public=True,
        is_system=listing.is_system,
        version=str(row.number),
        verdict=Verdict.UNSCANNED,
        was_read=row.reviewer_id is not None,
        decided_at=row.reviewed_at,
        reach=owner.reach(row.body),
        counts=owner.counts(row.body),
        token_estimate=-(-len(text) // 4),
        changed_at=row.reviewed_at,
    )


def _locked(version_id: UUID, statuses: tuple[str, ...]) -> ListingVersion:
    rows = ListingVersion.objects.select_for_update(of=("self",)).select_related("listing")
    row = rows.filter(pk=version_id).first()
    if row is None:
        raise NotFound()
    if row.status not in statuses:
        raise Conflict(f"It is {row.get_status_display().lower()}, so this cannot be done now.", code="decided")
    return row


def _decide(row: ListingVersion, status: str, moderator: User | None, reason: str) -> None:
    row.status, row.reviewer, row.reason, row.reviewed_at = status, moderator, reason, timezone.now()
    row.save(update_fields=["status", "reviewer", "reason", "reviewed_at"])
    target = ("listing", row.listing_id, f"{row.listing.slug} {row.number}")
    audit.record(f"listing.{status}", workspace_id=row.workspace_id, target=target, after={"reason": reason})


def _reason(text: str) -> str:
    problems = Problems()
    text = problems.text("reason", text, longest=LONGEST_REASON)
    if len(text) < LEAST_REASON:
        problems.add("reason", f"Say why; its author reads this. At least {LEAST_REASON} characters.")
    problems.raise_any()
    return text
