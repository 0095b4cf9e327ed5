"""Reviews in the admin site, which lets staff in and opens the scope."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from automatos.errors import AppError
from automatos.listing import choice, page_of
from marketplace.moderation import review_services as services

TABS = ("plugins", "listings")


@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    """What workspaces say, the newest first: of plugins, or of agents, recipes and skills."""
    tab = choice(request.GET, "tab", TABS, TABS[0])
    rows: Any = services.reviews_of_plugins() if tab == "plugins" else services.reviews_of_listings()
    context = {
        **admin.site.each_context(request),
        "title": "Reviews",
        "tab": tab,
        "page": page_of(rows, request.GET),
    }
    return render(request, "admin/moderation/reviews.html", context)


@require_POST
def review_take_away(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Remove one of them for everybody, with the reason."""
    tab = choice(request.POST, "tab", TABS, TABS[0])
    try:
        services.take_away(review_id=review_id, reason=request.POST.get("reason", ""))
    except AppError as error:
        said = " ".join(text for texts in error.fields.values() for text in texts)
        messages.error(request, said or "This review is gone already.")
    else:
        messages.success(request, "The review is gone.")
    return redirect(f"{reverse('admin:moderation_reviews')}?tab={tab}")
