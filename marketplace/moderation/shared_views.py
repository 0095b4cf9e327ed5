"""The desk for shared agents, recipes and skills in the admin site, which lets staff in and opens the scope."""

from collections.abc import Callable, Mapping
from typing import cast
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from automatos import textdiff
from automatos.errors import AppError
from automatos.listing import choice, page_of
from marketplace.listings.kinds import kind_of
from marketplace.models import ListingVersion
from marketplace.moderation import shared_services as services
from workspaces.models import User

ACTS: Mapping[str, Callable[..., ListingVersion]] = {
    "approve": services.approve,
    "reject": services.reject,
    "take_away": services.take_away,
}


@require_safe
def listing_queue(request: HttpRequest) -> HttpResponse:
    """What waits, or what everybody has."""
    tab = choice(request.GET, "tab", ("waiting", "public"), "waiting")
    rows = services.waiting() if tab == "waiting" else services.public()
    context = {
        **admin.site.each_context(request),
        "title": "Agents, recipes and skills",
        "tab": tab,
        "page": page_of(rows.defer("body"), request.GET),
    }
    return render(request, "admin/moderation/listings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def listing_review(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version: its whole text, what is new in it, what was taken out of it; a POST decides."""
    act = ACTS.get(request.POST.get("act", "")) if request.method == "POST" else None
    if act is not None:
        try:
            with transaction.atomic():
                reason = request.POST.get("reason", "")
                done = act(version_id=version_id, moderator=cast(User, request.user), reason=reason)
        except AppError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{done.name} is {done.get_status_display().lower()}.")
            return redirect("admin:moderation_listings")
    try:
        row = services.version(version_id)
    except AppError:
        messages.warning(request, "There is no such version.")
        return redirect("admin:moderation_listings")
    before, owner = services.approved_before(row), kind_of(row.listing.kind)
    text = owner.lines(row.body)
    context = {
        **admin.site.each_context(request),
        "title": f"{row.name}, version {row.number}",
        "row": row,
        "text": text,
        "before": before,
        "changes": textdiff.compare(owner.lines(before.body), text) if before else [],
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "admin/moderation/listing.html", context, status=422 if request.method == "POST" else 200)
