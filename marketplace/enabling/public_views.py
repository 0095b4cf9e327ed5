"""Pages: the marketplace for everybody, where the operator says so (MARKETPLACE_PUBLIC). Nothing is changed here."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from automatos import listing as lists
from automatos.errors import NotFound
from marketplace.browse.cards import KINDS, tone_of, trust_of
from marketplace.browse.queries import entry_of
from marketplace.browse.views import list_context
from marketplace.enabling import plugin_page, queries
from marketplace.listings.kinds import kind_of
from marketplace.listings.queries import SHOWN_REVIEWS, current_version, reviews_of, stars_of
from marketplace.models import Listing, Plugin, PluginVersion, VersionStatus

View = Callable[..., HttpResponse]


def where_public(view: View) -> View:
    """A page that is there only where the operator opened the marketplace."""

    @wraps(view)
    def inner(request: HttpRequest, **named: str) -> HttpResponse:
        if not settings.MARKETPLACE_PUBLIC:
            raise NotFound()
        return view(request, **named)

    return never_cache(require_safe(inner))


@where_public
def index(request: HttpRequest) -> HttpResponse:
    """What can be had, as the address narrows and orders it."""
    return render(request, "marketplace/public/index.html", list_context(request.GET, None))


@where_public
def plugin(request: HttpRequest, plugin: str) -> HttpResponse:
    """One plugin in a version that can be had: `?version=` and `?file=` choose what is read."""
    row = Plugin.objects.filter(is_public=True, slug=plugin).select_related("publisher", "category").first()
    if row is None:
        raise NotFound()
    version = queries.approved_version(row, lists.words(request.GET, "version"))
    reviews = queries.reviews_of(row)
    entry = entry_of("plugin", row.pk)
    context = {
        "plugin": row,
        "version": version,
        "entry": entry,
        "trust": trust_of(entry) if entry else None,
        "icon": row.category.icon if row.category else KINDS["plugin"][2],
        "tone": tone_of(row.slug),
        "shown": plugin_page.shown(version, request.GET.get("file", "")),
        "usable": PluginVersion.objects.filter(plugin=row, status=VersionStatus.APPROVED).order_by("-sort_key")[:30],
        "reviews": list(reviews[: plugin_page.SHOWN_REVIEWS]),
        "stars": stars_of(reviews),
    }
    return render(request, "marketplace/public/plugin.html", context)


@where_public
def listing(request: HttpRequest, listing: str) -> HttpResponse:
    """One shared agent, recipe or skill."""
    row = Listing.objects.filter(is_public=True, slug=listing).select_related("publisher").first()
    version = current_version(row) if row else None
    if row is None or version is None:
        raise NotFound()
    reviews = reviews_of(row)
    context = {
        "listing": row,
        "version": version,
        "text": kind_of(row.kind).lines(version.body),
        "reviews": list(reviews[:SHOWN_REVIEWS]),
        "stars": stars_of(reviews),
    }
    return render(request, "marketplace/public/listing.html", context)
