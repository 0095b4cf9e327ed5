"""Reads: listings a workspace sees, what it shared and what it installed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from automatos.errors import NotFound
from marketplace.models import InstalledListing, Listing, ListingReview, ListingVersion, PluginReview
from workspaces.models import Workspace

SHOWN_REVIEWS = 20
USABLE = (ListingVersion.Status.APPROVED, ListingVersion.Status.SHARED)


@dataclass(frozen=True, slots=True)
class InstalledRow:
    """An installation beside the newest version there is. newer: its number when somebody may want it, else 0."""

    row: InstalledListing
    newest: ListingVersion | None
    newer: int


@dataclass(frozen=True, slots=True)
class Stars:
    """What all reviews come to. rows: for 5 down to 1 the stars, how many gave them, and that of a hundred."""

    mean: float
    number: int
    rows: Sequence[tuple[int, int, int]]


def show_link(token: str) -> None:
    """Let this transaction read what is shared by this link: the database looks at the token."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('automatos.link', %s, true)", [token.replace("\x00", "")[:64]])


def listed(workspace: Workspace) -> QuerySet[Listing]:
    """Public listings that can be installed, and the workspace's own; the most installed first."""
    rows = Listing.objects.filter(Q(is_public=True) | Q(workspace=workspace))
    return rows.select_related("publisher").order_by("-installs", "-updated_at", "pk")


def listing(*, workspace: Workspace, slug: str, token: str = "") -> Listing:
    """A listing this workspace sees: public, its own, installed here, or by its link. Raises NotFound."""
    if token:
        show_link(token)
    seen = Q(is_public=True) | Q(workspace=workspace) | Q(installed_in__workspace=workspace)
    if token:
        seen |= Q(audience=Listing.Audience.LINK, token=token.replace("\x00", ""))
    row = Listing.objects.filter(seen, slug=slug).select_related("publisher").distinct().first()
    if row is None:
        raise NotFound()
    return row


def current_version(listing: Listing) -> ListingVersion | None:
    """What is installed from it now; None when it was taken away."""
    if listing.current_version_id is None:
        return None
    return ListingVersion.objects.filter(pk=listing.current_version_id, listing=listing, status__in=USABLE).first()


def versions_of(listing: Listing, workspace: Workspace) -> QuerySet[ListingVersion]:
    """Its versions that this workspace sees, the newest first."""
    rows = ListingVersion.objects.filter(Q(status__in=USABLE) | Q(workspace=workspace), listing=listing)
    return rows.select_related("submitted_by").order_by("-number")


def shared_by(workspace: Workspace) -> QuerySet[ListingVersion]:
    """What it shared, the newest version of each listing, the newest first."""
    rows = ListingVersion.objects.filter(workspace=workspace, listing__workspace=workspace)
    newest = rows.order_by("listing_id", "-number").distinct("listing_id").values("pk")
    found = ListingVersion.objects.filter(pk__in=newest).select_related("listing", "submitted_by")
    return found.order_by("-submitted_at", "pk")


def shared_version(*, workspace: Workspace, version_id: UUID) -> ListingVersion:
    """One version it shared. Raises NotFound."""
    row = ListingVersion.objects.filter(workspace=workspace, pk=version_id).select_related("listing").first()
    if row is None:
        raise NotFound()
    return row


def installed_in(workspace: Workspace) -> QuerySet[InstalledListing]:
    """What it installed, the newest first."""
    rows = InstalledListing.objects.filter(workspace=workspace)
    return rows.select_related("listing__publisher").order_by("-installed_at", "pk")


def installed(*, workspace: Workspace, install_id: UUID) -> InstalledListing:
    """One of them. Raises NotFound."""
    row = installed_in(workspace).filter(pk=install_id).first()
    if row is None:
        raise NotFound()
    return row


def with_newest(rows: Sequence[InstalledListing]) -> list[InstalledRow]:
    """Each beside the newest version of its listing, in one query."""
    ids = [row.listing.current_version_id for row in rows if row.listing.current_version_id]
    versions = {each.pk: each for each in ListingVersion.objects.filter(pk__in=ids, status__in=USABLE).defer("body")}
    found = []
    for row in rows:
        newest = versions.get(row.listing.current_version_id) if row.listing.current_version_id else None
        newer = newest.number if newest and newest.number > max(row.number, row.put_off) else 0
        found.append(InstalledRow(row, newest, newer))
    return found


def newer_in(workspace: Workspace, most: int = 200) -> list[InstalledRow]:
    """What it installed of which somebody may want a newer version."""
    return [one for one in with_newest(list(installed_in(workspace).defer("base")[:most])) if one.newer]


def installs_here(listing: Listing, workspace: Workspace) -> list[InstalledListing]:
    """Where this workspace installed it."""
    return list(installed_in(workspace).filter(listing=listing)[:20])


def reviews_of(listing: Listing) -> QuerySet[ListingReview]:
    """What is said of it, the newest first."""
    return ListingReview.objects.filter(listing=listing).order_by("-updated_at", "pk")


def own_review(workspace: Workspace, listing: Listing) -> ListingReview | None:
    """What this workspace said of it."""
    return reviews_of(listing).filter(workspace=workspace).first()


def stars_of(reviews: QuerySet[ListingReview] | QuerySet[PluginReview]) -> Stars:
    """The stars of all these reviews, in one query."""
    rows = reviews.order_by().values_list("stars").annotate(number=Count("pk"))
    counts: dict[int, int] = dict(rows)
    total = sum(counts.values())
    mean = sum(stars * number for stars, number in counts.items()) / total if total else 0.0
    each = [
        (stars, counts.get(stars, 0), round(100 * counts.get(stars, 0) / max(1, total))) for stars in range(5, 0, -1)
    ]
    return Stars(mean, total, each)


def slug_of_link(token: str) -> str:
    """The listing that is shared by this link. Raises NotFound."""
    show_link(token)
    rows = Listing.objects.filter(audience=Listing.Audience.LINK, token=token.replace("\x00", "")).exclude(token="")
    slug = rows.values_list("slug", flat=True).first()
    if slug is None:
        raise NotFound()
    return slug
