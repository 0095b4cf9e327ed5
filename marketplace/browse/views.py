"""The list of the marketplace. Its address is the whole state: links and forms do, and htmx changes the list alone."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from automatos import listing
from marketplace.browse import queries
from marketplace.browse.cards import KINDS, cards_of
from marketplace.browse.queries import ONLY, SORTS, VERDICTS, Filters
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Workspace


@never_cache
@require_safe
@workspace_page()
def index(request: WorkspaceRequest) -> HttpResponse:
    """What can be had, as the address narrows and orders it."""
    may_submit = request.access.allows("plugins:submit")
    context = list_context(request.GET, request.workspace)
    return render(request, "marketplace/index.html", {**context, "can_submit": may_submit})


def list_context(query: QueryDict, workspace: Workspace | None) -> dict[str, object]:
    """The list as an address says it. workspace: None for somebody who is in none."""
    counts = queries.kind_counts()
    kind = listing.choice(query, "kind", counts)
    words = listing.words(query)
    sort = listing.choice(query, "sort", SORTS)
    filters = filters_of(query)
    rows = queries.search(kind, words, filters, sort)
    narrows = bool(words or kind or filters.narrows)
    # Everything was counted by its kinds already.
    page = listing.page_of(rows, query, total=None if narrows else sum(counts.values()))
    featured = [] if narrows or page.number > 1 else queries.featured()
    return {
        **_choices(counts),
        "page": page,
        "cards": cards_of(page.object_list, workspace),
        "featured": cards_of(featured, workspace),
        "kind": kind,
        "q": words,
        "sort": sort,
        "filters": filters,
        "narrows": narrows,
        "chips": _chips(query, filters),
        "cures": [] if page.object_list or not narrows else _cures(query, kind, words, filters),
    }


def _choices(counts: Mapping[str, int]) -> dict[str, object]:
    """What the list can be narrowed to and ordered by."""
    return {
        "kinds": [(name, *KINDS[name], counts[name]) for name in KINDS if name in counts],
        "total": sum(counts.values()),
        "sorts": SORTS,
        "categories": queries.categories(),
        "publishers": queries.publishers(),
        "verdicts": VERDICTS,
    }


def filters_of(query: QueryDict) -> Filters:
    """The filters an address names; a value nobody offers finds nothing rather than everything, but for `only`."""
    category, publisher = (listing.words(query, name)[:64] for name in ("category", "publisher"))
    only = [one for one in dict.fromkeys(query.get("only", "").split(",")) if one in ONLY]
    return Filters(category, publisher, listing.choice(query, "verdict", VERDICTS), only)


def _chips(query: QueryDict, filters: Filters) -> list[dict[str, object]]:
    """Each "only what is", with the address that turns it on or off."""
    found = []
    for name, (label, icon, _) in ONLY.items():
        is_on = name in filters.only
        only = [one for one in filters.only if one != name] + ([] if is_on else [name])
        found.append({"label": label, "icon": icon, "is_on": is_on, "href": address(query, only=",".join(only))})
    return found


def _cures(query: QueryDict, kind: str, words: str, filters: Filters) -> list[dict[str, object]]:
    """Of an empty list: each single filter whose leaving out would show something, with how many."""
    found = []
    labels = {"category": "the category", "publisher": "the publisher", "verdict": "the verdict"}
    labels = {name: label for name, label in labels.items() if getattr(filters, name)}
    for name, label in {**labels, **{name: f"“{ONLY[name][0]}”" for name in filters.only}}.items():
        without = filters.without(name)
        if number := queries.search(kind, words, without).count():
            changed = {name: ""} if name in labels else {"only": ",".join(without.only)}
            found.append({"label": label, "number": number, "href": address(query, **changed)})
    if kind and (number := queries.search("", words, filters).count()):
        found.append({"label": "the kind", "number": number, "href": address(query, kind="")})
    return found


def address(query: QueryDict, **changes: str) -> str:
    """The address with these values and the first page; empty ones are left out."""
    kept = {name: query.get(name, "") for name in ("kind", "q", "category", "publisher", "verdict", "only", "sort")}
    return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})
