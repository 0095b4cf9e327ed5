"""Pages of the name a workspace publishes under, and of the keys it signs with."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from automatos.errors import Conflict, InvalidInput, NotFound
from marketplace.models import PublisherKey
from marketplace.publishers import queries, services
from marketplace.publishers.forms import KeyForm, PublisherForm
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@require_safe
@workspace_page()
def publisher(request: WorkspaceRequest) -> HttpResponse:
    """The publisher with its keys; the workspace's own name stands for one that is not there yet."""
    context = {
        "publisher": queries.publisher_of(request.workspace),
        "keys": queries.keys_with_uses(request.workspace),
        "may_submit": request.access.allows("plugins:submit"),
    }
    return render(request, "marketplace/publisher/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def publisher_edit(request: WorkspaceRequest) -> HttpResponse:
    """The form of its name and website."""
    found = queries.publisher_of(request.workspace)
    start = {"name": found.name if found else request.workspace.name, "website": found.website if found else ""}
    form = PublisherForm(request.POST if request.method == "POST" else None, initial=start)
    status = 200
    if request.method == "POST":
        try:
            saved = services.change_publisher(
                workspace=request.workspace, name=form.text("name"), website=form.text("website")
            )
        except InvalidInput as error:
            form.take_problems(error.fields)
            status = 422
        else:
            lost = found is not None and found.is_verified and not saved.is_verified
            messages.success(
                request, f"You publish as {saved.name}." + (" It is not verified any more." if lost else "")
            )
            return redirect("publisher", request.workspace.slug)
    context = {"form": form, "publisher": found, "complaints": form.complaints() if status != 200 else []}
    return render(request, "marketplace/publisher/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def publisher_key_new(request: WorkspaceRequest) -> HttpResponse:
    """The form of a key."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    status, general = 200, []
    if request.method == "POST":
        try:
            key = services.add_key(
                workspace=request.workspace,
                user=request.user,
                name=form.text("name"),
                public_key=form.text("public_key"),
            )
        except InvalidInput as error:
            form.take_problems(error.fields)
            status = 422
        except Conflict as error:
            status, general = error.http_status, [error.message]
        else:
            messages.success(request, f"{key.name} is registered. What it signs is marked from now on.")
            return redirect("publisher", request.workspace.slug)
    context = {"form": form, "general": general, "complaints": form.complaints() if status == 422 else []}
    return render(request, "marketplace/publisher/key.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def publisher_key_revoke(request: WorkspaceRequest, publisher_key_id: UUID) -> HttpResponse:
    """Ask first, saying what it signed; a POST revokes it."""
    rows = queries.keys_with_uses(request.workspace)
    key: PublisherKey | None = rows.filter(pk=publisher_key_id).first()
    if key is None:
        raise NotFound()
    if request.method != "POST":
        return render(request, "marketplace/publisher/revoke.html", {"key": key})
    services.revoke_key(workspace=request.workspace, key_id=publisher_key_id)
    messages.success(request, f"{key.name} is revoked.")
    return redirect("publisher", request.workspace.slug)
