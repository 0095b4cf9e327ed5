"""The pages of workspaces themselves: which one has, a new one, its general settings, deleting and bringing back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import Conflict, InvalidInput
from workspaces import queries, services
from workspaces import services as workspaces_services
from workspaces.contents import contents_of
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import PersonRequest, WorkspaceRequest, person_page, workspace_page
from workspaces.forms import DeleteForm, GeneralForm, NewWorkspaceForm
from workspaces.members.queries import is_last_owner, members_of
from workspaces.models import Role, Workspace
from workspaces.scope.permissions import allowed, require
from workspaces.scope.tenancy import person_scope, workspace_scope


@never_cache
@require_safe
@person_page
def workspaces(request: PersonRequest) -> HttpResponse:
    """The person's workspaces, and those that were deleted and can still be brought back."""
    with person_scope(request.user.pk):
        shown = {
            "memberships": list(queries.memberships_of(request.user)),
            "deleted": [
                {
                    "workspace": member.workspace,
                    "days": workspaces_services.days_left(member.workspace),
                    "may_restore": allowed(member.role, "workspace:delete"),
                }
                for member in queries.deleted_memberships_of(request.user)
            ],
        }
    return render(request, "workspaces/list.html", shown)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def new(request: PersonRequest) -> HttpResponse:
    """A form with one field; a POST creates a shared workspace."""
    form = NewWorkspaceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            workspace = services.create_workspace(name=form.text("name"), owner=request.user)
        except InvalidInput as error:
            form.take_refusal(error)
        else:
            messages.success(request, f"{workspace.name} is ready. Invite whoever works in it.")
            return redirect("workspace_members", workspace.slug)
    return render(request, "workspaces/new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def general(request: WorkspaceRequest) -> HttpResponse:
    """Name, address and policy of approvals; the ways out. A POST changes them."""
    workspace = request.workspace
    now = {name: getattr(workspace, name) for name in GeneralForm.base_fields}
    form = GeneralForm(request.POST if request.method == "POST" else None, initial=now)
    if form.is_bound and form.is_valid():
        request.access.require("workspace:write")
        try:
            wished = {name: form.text(name) for name in form.fields if name in request.POST}
            changed = workspaces_services.update_workspace(workspace=workspace, **wished)
        except InvalidInput as error:
            form.take_refusal(error)
        else:
            messages.success(request, "The workspace is saved.")
            return redirect("workspace_settings", changed.slug)
    shown = {
        "form": form,
        "can_write": request.access.allows("workspace:write"),
        "is_owner": request.membership.role == Role.OWNER,
        "is_last_owner": is_last_owner(request.membership),
        "ask": whom_to_ask(workspace),
        "is_personal": workspace.kind == Workspace.Kind.PERSONAL,
        "host": request.get_host(),
    }
    return render(request, "workspaces/general.html", shown, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.OWNER)
def delete(request: WorkspaceRequest) -> HttpResponse:
    """Say what is lost and ask for the name; a POST deletes, and offers to undo."""
    workspace = request.workspace
    form = DeleteForm(workspace.name, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            workspaces_services.delete_workspace(workspace=workspace, user=request.user)
        except Conflict as error:
            form.take_refusal(error)
        else:
            undo = {"workspace": workspace, "days": workspaces_services.UNDO_DAYS}
            messages.success(request, render_to_string("workspaces/undo.html", undo, request))
            return redirect("workspaces")
    shown = {
        "form": form,
        "contents": contents_of(workspace),
        "others": members_of(workspace).exclude(user=request.user).count(),
        "is_personal": workspace.kind == Workspace.Kind.PERSONAL,
        "days": workspaces_services.UNDO_DAYS,
    }
    return render(request, "workspaces/delete.html", shown, status=422 if form.errors else 200)


@require_POST
@person_page
def restore(request: PersonRequest, workspace_id: UUID) -> HttpResponse:
    """Bring a deleted workspace back."""
    with workspace_scope(workspace_id, request.user.pk):
        access = queries.access_by_id(user=request.user, workspace_id=workspace_id, deleted_too=True)
        require(access.role, "workspace:delete")
        workspace = workspaces_services.restore_workspace(workspace=access.workspace)
    messages.success(request, f"{workspace.name} is back.")
    return redirect(f"/w/{workspace.slug}/")
