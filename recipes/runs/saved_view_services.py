"""A person's own tabs of the run list: kept, found and removed. Nobody else sees them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from automatos.errors import Conflict, InvalidInput, NotFound
from recipes.models import SavedView
from recipes.models.saved_view import LONGEST_NAME, LONGEST_QUERY
from workspaces.models import User, Workspace

MOST_VIEWS = 12


def saved_views(workspace: Workspace, user: User) -> list[SavedView]:
    """The person's views here, in the order they were saved in."""
    return list(SavedView.objects.filter(workspace=workspace, user=user).order_by("created_at", "id")[:MOST_VIEWS])


@transaction.atomic
def save_view(
    *, workspace: Workspace, user: User, name: str, query: str, wrong: Mapping[str, Sequence[str]]
) -> SavedView:
    """Keep what an address narrows the list to; a view of this name is changed. wrong: what of it makes no sense.

    Raises InvalidInput with the field and its cure, Conflict past MOST_VIEWS.
    """
    name = " ".join(name.replace("\x00", "").split())
    problems = dict(wrong)
    if not 0 < len(name) <= LONGEST_NAME:
        problems["name"] = [f"Give the view a name of at most {LONGEST_NAME} characters."]
    if not query:
        problems["filters"] = ["Set a filter, another order or a tab first: this is the list as it always is."]
    if len(query) > LONGEST_QUERY:
        problems["filters"] = [f"Shorten the search: a view keeps {LONGEST_QUERY:,} characters of filters."]
    if problems:
        raise InvalidInput("The view was not saved.", fields=problems)
    # One after another, so that the number of views is certain.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    mine = SavedView.objects.filter(workspace=workspace, user=user)
    if not mine.filter(name=name).exists() and mine.count() >= MOST_VIEWS:
        raise Conflict(f"You have {MOST_VIEWS} saved views here. Remove one first.")
    view, _ = mine.update_or_create(workspace=workspace, user=user, name=name, defaults={"query": query})
    return view


@transaction.atomic
def remove_view(*, workspace: Workspace, user: User, view_id: UUID) -> SavedView:
    """Take one of the person's own views away; what it said comes back, to be saved again. Raises NotFound."""
    view = SavedView.objects.select_for_update().filter(workspace=workspace, user=user, pk=view_id).first()
    if view is None:
        raise NotFound()
    SavedView.objects.filter(pk=view.pk).delete()
    return view
