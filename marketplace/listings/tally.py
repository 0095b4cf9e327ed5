"""What one workspace's review changes for all: the mean of a listing's stars and their number, counted anew."""

from django.db.models import Avg, Count

from marketplace.models import Entry, Listing, ListingReview
from workspaces.scope.tenancy import Purpose, system_scope


def count_stars(listing: Listing) -> None:
    """Write them where the marketplace's list reads them; a listing that is not public stands in no list."""
    with system_scope(Purpose.UPKEEP):
        Listing.objects.select_for_update(of=("self",), no_key=True).filter(pk=listing.pk).first()
        found = ListingReview.objects.filter(listing_id=listing.pk).aggregate(mean=Avg("stars"), number=Count("pk"))
        Entry.objects.filter(kind=listing.kind, object_id=listing.pk).update(
            rating=round(found["mean"] or 0.0, 2), rating_count=found["number"]
        )
