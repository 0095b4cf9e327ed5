"""What workspaces say of plugins and listings, as moderators see it, and taking it away."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from automatos.checking import Problems
from automatos.rows import locked
from marketplace.enabling import tally as plugin_tally
from marketplace.listings import tally as listing_tally
from marketplace.models import ListingReview, PluginReview
from workspaces.audit import log as audit

LONGEST_REASON = 2_000
# What a removed review was about, whose it was, and what it said.
Removed = tuple[tuple[str, UUID, str], UUID, dict[str, object]]


def reviews_of_plugins() -> QuerySet[PluginReview]:
    """All of them, the newest first. To be called across workspaces."""
    return PluginReview.objects.select_related("plugin").order_by("-updated_at", "pk")


def reviews_of_listings() -> QuerySet[ListingReview]:
    """The same of agents, recipes and skills."""
    return ListingReview.objects.select_related("listing").order_by("-updated_at", "pk")


@transaction.atomic
def take_away(*, review_id: UUID, reason: str) -> None:
    """Remove a review for everybody. Its workspace finds the reason in its audit log. To be called across workspaces.

    Raises InvalidInput naming `reason`, NotFound when there is none (any more).
    """
    problems = Problems()
    reason = problems.text("reason", reason, longest=LONGEST_REASON, required=True)
    problems.raise_any()
    target, workspace_id, said = _removed_of_listing(review_id) or _removed_of_plugin(review_id)
    audit.record(
        f"{target[0]}.review_taken_away",
        workspace_id=workspace_id,
        target=target,
        before=said,
        after={"reason": reason},
    )


def _removed_of_listing(review_id: UUID) -> Removed | None:
    found = reviews_of_listings().select_for_update(of=("self",)).filter(pk=review_id).first()
    if found is None:
        return None
    found.delete()
    listing_tally.count_stars(found.listing)
    return ("listing", found.listing_id, found.listing.slug), found.workspace_id, _said(found)


def _removed_of_plugin(review_id: UUID) -> Removed:
    found = locked(reviews_of_plugins(), pk=review_id)
    found.delete()
    plugin_tally.count_stars(found.plugin_id)
    return ("plugin", found.plugin_id, found.plugin.slug), found.workspace_id, _said(found)


def _said(review: ListingReview | PluginReview) -> dict[str, object]:
    return {"stars": review.stars, "text": review.text}
