"""Changes: a workspace says what it thinks of a listing that it installed, and takes that back."""

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from marketplace.listings import queries, tally
from marketplace.models import Listing, ListingReview
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LONGEST_REVIEW = 2_000


@transaction.atomic
def review_listing(*, workspace: Workspace, user: User, listing: Listing, stars: int, text: str = "") -> ListingReview:
    """Say what the workspace thinks of it; once more changes what was said.

    stars: 1 to 5. Raises InvalidInput naming the field, Conflict where it is not installed.
    """
    problems = Problems()
    if not 1 <= stars <= 5:
        problems.add("stars", "Give 1 to 5 stars.")
    text = problems.text("text", text, longest=LONGEST_REVIEW)
    problems.raise_any()
    installed = queries.installed_in(workspace).filter(listing=listing).first()
    if installed is None:
        raise Conflict("Only workspaces that installed it review it. Install it first.", code="not_installed")
    review, _ = ListingReview.objects.update_or_create(
        workspace=workspace,
        listing=listing,
        defaults={
            "workspace_name": workspace.name[:200],
            "number": installed.number,
            "stars": stars,
            "text": text,
            "person": user,
            "updated_at": timezone.now(),
        },
    )
    tally.count_stars(listing)
    _record("listing.reviewed", listing, workspace, {"stars": stars})
    return review


@transaction.atomic
def remove_review(*, workspace: Workspace, listing: Listing) -> None:
    """Take back what the workspace said. Raises NotFound when it said nothing."""
    number, _ = ListingReview.objects.filter(workspace=workspace, listing=listing).delete()
    if not number:
        raise NotFound()
    tally.count_stars(listing)
    _record("listing.review_removed", listing, workspace, {})


def remove_out_of_sight(workspace: Workspace, listing: Listing) -> None:
    """Remove what the workspace said of a listing that it does not see any more, as it could not take it back."""
    is_seen = listing.is_public or listing.workspace_id == workspace.pk
    if is_seen or queries.installed_in(workspace).filter(listing=listing).exists():
        return
    number, _ = ListingReview.objects.filter(workspace=workspace, listing_id=listing.pk).delete()
    if number:
        _record("listing.review_removed", listing, workspace, {})


def _record(action: str, listing: Listing, workspace: Workspace, after: dict[str, object]) -> None:
    audit.record(action, workspace_id=workspace.pk, target=("listing", listing.pk, listing.slug), after=after)
