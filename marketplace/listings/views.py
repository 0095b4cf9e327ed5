"""Pages of shared agents, recipes and skills: sharing one, reading one, installing, updating and removing it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import Conflict, InvalidInput, PlanLimit
from automatos.listing import page_of
from marketplace.listings import queries, services
from marketplace.listings.forms import ShareForm
from marketplace.listings.kinds import Made, kind_of
from marketplace.models import Listing
from workspaces.doors.pages import PersonRequest, WorkspaceRequest, person_page, workspace_page
from workspaces.models import Role
from workspaces.queries import memberships_of
from workspaces.scope.tenancy import person_scope

# Tone and icon of a version's state.
LOOKS = {
    "pending": ("warn", "user-round-search"),
    "approved": ("ok", "check"),
    "rejected": ("bad", "x"),
    "shared": ("ok", "share-2"),
    "withdrawn": ("", "undo-2"),
    "taken_away": ("bad", "ban"),
}
# Fields of the installer's form that name an own agent begin with this; the rest is the part's key.
PART = "part:"


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def listing_share(request: WorkspaceRequest, listing_kind: str, shared_id: UUID) -> HttpResponse:
    """The copy as others would have it, with what was found in it; a POST shares it."""
    keep = frozenset(request.POST.getlist("keep")[:500])
    found = services.preview(workspace=request.workspace, kind=listing_kind, source_id=shared_id, keep=keep)
    may_publish = request.access.allows("listings:publish")
    form = ShareForm(found, request.POST if request.method == "POST" else None, may_publish=may_publish)
    status, general = 200, []
    if request.method == "POST":
        try:
            _share(request, listing_kind, shared_id, form.offer(keep))
        except InvalidInput as error:
            form.take_problems(error.fields)
            status = 422
        except Conflict as error:
            status, general = error.http_status, [error.message]
        else:
            messages.success(request, _shared_words(form.text("audience"), found.packed.name))
            return redirect("listings_shared", request.workspace.slug)
    context = {
        "form": form,
        "found": found,
        "kind": listing_kind,
        "keep": keep,
        "text": kind_of(listing_kind).lines(found.body),
        "may_publish": may_publish,
        "complaints": form.complaints() if status == 422 else [],
        "general": general,
    }
    return render(request, "marketplace/listings/share.html", context, status=status)


@require_safe
@workspace_page()
def listings_shared(request: WorkspaceRequest) -> HttpResponse:
    """What this workspace shared, and where each stands."""
    page = page_of(queries.shared_by(request.workspace), request.GET)
    rows = [
        {
            "version": row,
            "tone": LOOKS[row.status][0],
            "icon": LOOKS[row.status][1],
            "link": _link(request, row.listing),
        }
        for row in page.object_list
    ]
    return render(request, "marketplace/listings/shared.html", {"page": page, "rows": rows, **_rights(request)})


@require_POST
@workspace_page(Role.EDITOR)
def listing_withdraw(request: WorkspaceRequest, listing_version_id: UUID) -> HttpResponse:
    """Take back what waits, or stop sharing it."""
    try:
        version = services.withdraw(workspace=request.workspace, version_id=listing_version_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{version.name} is not shared any more. Who installed it keeps what they have.")
    return redirect("listings_shared", request.workspace.slug)


@require_safe
@workspace_page()
def listing_detail(request: WorkspaceRequest, listing: str) -> HttpResponse:
    """One listing: what it says, what it needs here, its versions, and where it was installed here."""
    token = request.GET.get("link", "")
    row = queries.listing(workspace=request.workspace, slug=listing, token=token)
    version = queries.current_version(row)
    owner = kind_of(row.kind)
    here = queries.with_newest(queries.installs_here(row, request.workspace))
    reviews = queries.reviews_of(row)
    context = {
        "listing": row,
        "version": version,
        "text": owner.lines(version.body) if version else "",
        "needs": owner.needs(request.workspace, version.body) if version else [],
        "parts": owner.parts(request.workspace, version.body) if version else [],
        "versions": list(queries.versions_of(row, request.workspace)[:20]),
        "here": [{"it": each, "href": owner.href(request.workspace, each.row.object_id)} for each in here],
        "token": token,
        "reviews": list(reviews[: queries.SHOWN_REVIEWS]),
        "stars": queries.stars_of(reviews),
        "own_review": queries.own_review(request.workspace, row),
        **_rights(request),
    }
    return render(request, "marketplace/listings/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def listing_install(request: WorkspaceRequest, listing: str) -> HttpResponse:
    """What it needs, each with a button, and which own agents stand in; a POST installs it."""
    token = request.POST.get("link") or request.GET.get("link", "")
    row = queries.listing(workspace=request.workspace, slug=listing, token=token)
    version = queries.current_version(row)
    if version is None:
        messages.error(request, f"{row.name} was taken away; it cannot be installed.")
        return redirect("listing", request.workspace.slug, row.slug)
    chosen = {name.removeprefix(PART): str(text) for name, text in request.POST.items() if name.startswith(PART)}
    problems: list[str] = []
    if request.method == "POST":
        try:
            return redirect(_installed(request, row, chosen))
        except InvalidInput as error:
            problems = [text for texts in error.fields.values() for text in texts] or [error.message]
        except PlanLimit as error:
            problems = [error.message]
    owner = kind_of(row.kind)
    parts = owner.parts(request.workspace, version.body)
    context = {
        "listing": row,
        "version": version,
        "needs": owner.needs(request.workspace, version.body),
        "parts": [{"part": part, "chosen": chosen.get(part.key, "")} for part in parts],
        "general": problems,
        "token": token,
    }
    return render(request, "marketplace/listings/install.html", context, status=422 if problems else 200)


@require_safe
@workspace_page()
def listings_installed(request: WorkspaceRequest) -> HttpResponse:
    """What was installed here, with what has a newer version."""
    page = page_of(queries.installed_in(request.workspace), request.GET)
    rows = [
        {"it": each, "href": kind_of(each.row.listing.kind).href(request.workspace, each.row.object_id)}
        for each in queries.with_newest(list(page.object_list))
    ]
    return render(request, "marketplace/listings/installed.html", {"page": page, "rows": rows, **_rights(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def listing_update(request: WorkspaceRequest, install_id: UUID) -> HttpResponse:
    """What a newer version changes, beside what was changed here; a POST takes it or puts it off."""
    row = queries.installed(workspace=request.workspace, install_id=install_id)
    number = request.POST.get("number", "")
    if request.method == "POST" and number.isdecimal() and len(number) < 10:
        try:
            if request.POST.get("do") == "put_off":
                services.put_off(workspace=request.workspace, install_id=install_id, number=int(number))
                messages.success(request, f"Version {number} is put off; the next one is told again.")
                return redirect("listings_installed", request.workspace.slug)
            made = services.update(
                workspace=request.workspace, user=request.user, install_id=install_id, number=int(number)
            )
        except (Conflict, InvalidInput) as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{row.listing.name} is at version {number}.")
            _say(request, made)
            return redirect("listings_installed", request.workspace.slug)
        return redirect("listing_update", request.workspace.slug, install_id)
    try:
        found = services.difference(workspace=request.workspace, row=row)
    except Conflict as error:
        messages.info(request, error.message)
        return redirect("listings_installed", request.workspace.slug)
    return render(request, "marketplace/listings/update.html", {"row": row, "found": found})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def listing_uninstall(request: WorkspaceRequest, install_id: UUID) -> HttpResponse:
    """Ask first, naming what goes; a POST takes it away and says what was done."""
    row = queries.installed(workspace=request.workspace, install_id=install_id)
    if request.method != "POST":
        return render(request, "marketplace/listings/uninstall.html", {"row": row})
    said = services.uninstall(workspace=request.workspace, user=request.user, install_id=install_id)
    messages.success(request, " ".join([f"{row.listing.name} is uninstalled.", *said]))
    return redirect("listings_installed", request.workspace.slug)


@require_safe
@person_page
def listing_link(request: PersonRequest, link_token: str) -> HttpResponse:
    """Somebody opens a link: into which of their workspaces? With one alone they are led there."""
    with person_scope(request.user.pk):
        memberships = list(memberships_of(request.user)[:100])
    context = {"memberships": memberships, "token": link_token}
    return render(request, "marketplace/listings/link.html", context)


@require_safe
@workspace_page()
def listing_by_link(request: WorkspaceRequest, link_token: str) -> HttpResponse:
    """From a link to the page of what is shared by it."""
    slug = queries.slug_of_link(link_token)
    return redirect(f"{reverse('listing', args=[request.workspace.slug, slug])}?link={link_token}")


def _share(request: WorkspaceRequest, kind: str, source_id: UUID, offer: services.Offer) -> None:
    """Share it; outside of the workspace that takes an admin."""
    if offer.audience in (Listing.Audience.PUBLIC, Listing.Audience.LINK):
        request.access.require("listings:publish")
    services.share(workspace=request.workspace, user=request.user, kind=kind, source_id=source_id, offer=offer)


def _installed(request: WorkspaceRequest, listing: Listing, chosen: dict[str, str]) -> str:
    """Install it; the address of what was made."""
    row, made = services.install(workspace=request.workspace, user=request.user, listing=listing, choices=chosen)
    messages.success(request, f"{listing.name} is installed.")
    _say(request, made)
    return kind_of(listing.kind).href(request.workspace, row.object_id)


def _rights(request: WorkspaceRequest) -> dict[str, Any]:
    return {
        "may_share": request.access.allows("listings:share"),
        "may_install": request.access.allows("listings:install"),
        "may_review": request.access.allows("listings:review"),
        "may_remove": request.access.allows("listings:remove"),
    }


def _link(request: WorkspaceRequest, listing: Listing) -> str:
    path = reverse("listing_link", args=[listing.token]) if listing.token else ""
    return request.build_absolute_uri(path) if path else ""


def _say(request: WorkspaceRequest, made: Made) -> None:
    for text in made.said[:10]:
        messages.warning(request, text)


def _shared_words(audience: str, name: str) -> str:
    match audience:
        case Listing.Audience.PUBLIC:
            return f"{name} is with the moderators. Everybody sees it once one of them has read it."
        case Listing.Audience.LINK:
            return f"Whoever has the link can read and install {name} now."
    return f"Everybody in this workspace sees {name} now."
