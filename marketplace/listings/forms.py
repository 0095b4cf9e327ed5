"""The form with which something is shared."""

from typing import Any

from automatos.fields import TypedForm, choice_field, text_field
from marketplace.listings.services import (
    LONGEST_CATEGORY,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_NOTES,
    Offer,
    Preview,
)
from marketplace.models import Listing


class ShareForm(TypedForm):
    """How others see it, and who they are."""

    audience = choice_field("Who may have it?", Listing.Audience.choices)
    name = text_field("Name", maxlength=LONGEST_NAME, autocomplete="off")
    description = text_field(
        "Description", rows=4, maxlength=LONGEST_DESCRIPTION, hint="What it is good at, and for whom."
    )
    category = text_field("Category", maxlength=LONGEST_CATEGORY, autocomplete="off")
    notes = text_field(
        "What is new", rows=2, maxlength=LONGEST_NOTES, hint="For the moderators and for those who have it."
    )

    def __init__(self, found: Preview, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        packed = found.packed
        start = {"name": packed.name, "description": packed.description, "category": packed.category}
        super().__init__(*args, initial={**start, "audience": Listing.Audience.WORKSPACE}, **kwargs)
        if not may_publish:
            choices = [pair for pair in Listing.Audience.choices if pair[0] == Listing.Audience.WORKSPACE]
            self.fields["audience"].widget.choices = choices

    def offer(self, keep: frozenset[str]) -> Offer:
        """What was filled in."""
        names = ("audience", "name", "description", "category", "notes")
        return Offer(keep=keep, **{name: self.text(name) for name in names})
