"""The pages of API keys: the list, making one, changing, rotating and revoking it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from automatos import listing
from automatos.errors import Conflict, InvalidInput, NotAllowed
from automatos.fields import plain, whole
from workspaces import queries
from workspaces.api_keys import services
from workspaces.api_keys.forms import KeyChangeForm, KeyForm, RotateForm
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import ApiKey, Role

LIST = "workspace_api_keys"
REFUSALS = (InvalidInput, Conflict, NotAllowed)


@never_cache
@require_safe
@workspace_page()
def index(request: WorkspaceRequest) -> HttpResponse:
    """The keys that were not revoked; whoever may not see them is told who may."""
    if not request.access.allows("api_keys:read"):
        return render(request, "workspaces/keys.html", {"ask": whom_to_ask(request.workspace)})
    asked = listing.words(request.GET)
    rows = queries.api_keys_of(request.workspace).select_related("replaces")
    if asked:
        rows = rows.filter(Q(name__icontains=asked) | Q(prefix__icontains=asked) | Q(user__email__icontains=asked))
    context = {
        "page": listing.page_of(rows, request.GET),
        "q": asked,
        "now": timezone.now(),
        "usual_limit": settings.API_RATE_LIMIT,
    }
    return render(request, "workspaces/keys.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def new(request: WorkspaceRequest) -> HttpResponse:
    """The form of a new key; a POST makes it and shows its text, this once."""
    form = KeyForm(request.access.role, request.POST if request.method == "POST" else None, initial={"role": "editor"})
    if form.is_bound:
        values = form.values()
        try:
            services.require_power(request.access, role=values["role"], scopes=values["scopes"])
            made = services.create_api_key(workspace=request.workspace, user=request.user, **values)
            return _shown_once(request, *made)
        except REFUSALS as error:
            form.take_refusal(error)
    return render(request, "workspaces/keys_form.html", {"form": form}, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def change(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Another name or limit."""
    key = queries.api_key(workspace=request.workspace, key_id=key_id)
    start = {"name": key.name, "rate_limit": plain(key.rate_limit)}
    form = KeyChangeForm(request.POST if request.method == "POST" else None, initial=start)
    if form.is_bound:
        try:
            key = services.change_api_key(key=key, **form.values())
        except REFUSALS as error:
            form.take_refusal(error)
        else:
            messages.success(request, f"{key.name} was saved.")
            return redirect(LIST, request.workspace.slug)
    context = {"form": form, "key": key}
    return render(request, "workspaces/keys_form.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def rotate(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Ask when the old key ends; a POST makes the new one and shows its text, this once."""
    key = queries.api_key(workspace=request.workspace, key_id=key_id)
    posted = request.POST if request.method == "POST" else None
    form = RotateForm(posted, initial={"overlap_hours": str(services.USUAL_OVERLAP)})
    if form.is_bound:
        hours = whole(form.text("overlap_hours"), services.USUAL_OVERLAP)
        try:
            made = services.rotate_api_key(key=key, access=request.access, user=request.user, overlap_hours=hours)
            return _shown_once(request, *made)
        except REFUSALS as error:
            form.take_refusal(error)
    context = {"form": form, "key": key}
    return render(request, "workspaces/keys_rotate.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def revoke(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Ask first; a POST revokes, which cannot be undone."""
    key = queries.api_key(workspace=request.workspace, key_id=key_id)
    if request.method != "POST":
        return render(request, "workspaces/keys_revoke.html", {"key": key})
    services.revoke_api_key(key=key)
    messages.success(request, f"{key.name} was revoked. It opens nothing any more.")
    return redirect(LIST, request.workspace.slug)


def _shown_once(request: WorkspaceRequest, key: ApiKey, plaintext: str) -> HttpResponse:
    return render(request, "workspaces/keys_made.html", {"key": key, "plaintext": plaintext})
