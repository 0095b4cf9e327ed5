"""The pages of a workspace's members: the list, roles, removing, leaving, handing over."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import Conflict, InvalidInput
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.members import queries, services
from workspaces.members.forms import TransferForm
from workspaces.members.page import members_page
from workspaces.models import ApiKey, Membership, Role


@never_cache
@require_safe
@workspace_page()
def members(request: WorkspaceRequest) -> HttpResponse:
    """Who belongs here, who is invited, and the form to invite."""
    return members_page(request)


@require_POST
@workspace_page(Role.ADMIN)
def change(request: WorkspaceRequest, user_id: UUID) -> HttpResponse:
    """Give a member another role."""
    try:
        member = services.change_role(
            workspace=request.workspace, member_id=user_id, role=request.POST.get("role", ""), by=request.access.role
        )
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{member.user.display_name} is {member.get_role_display().lower()} now.")
    return redirect("workspace_members", request.workspace.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def remove(request: WorkspaceRequest, user_id: UUID) -> HttpResponse:
    """Say what ends with the membership; a POST removes."""
    member = queries.member(request.workspace, user_id)
    problem = ""
    if request.method == "POST":
        try:
            services.remove_member(workspace=request.workspace, member_id=user_id, by=request.access.role)
        except Conflict as error:
            problem = error.message
        else:
            messages.success(request, f"{member.user.display_name} is no member any more.")
            return redirect("workspace_members", request.workspace.slug)
    shown = {"member": member, "keys": _keys(member).count(), "problem": problem}
    return render(request, "workspaces/remove.html", shown, status=409 if problem else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def leave(request: WorkspaceRequest) -> HttpResponse:
    """Say what ends; a POST leaves. The last owner is told why that cannot be, and what to do."""
    problem = ""
    if request.method == "POST":
        try:
            services.leave(workspace=request.workspace, user=request.user)
        except Conflict as error:
            problem = error.message
        else:
            messages.success(request, f"You left {request.workspace.name}.")
            return redirect("workspaces")
    shown = {
        "problem": problem,
        "keys": _keys(request.membership).count(),
        "is_last_owner": queries.is_last_owner(request.membership),
        "others": _heirs(request).exists(),
    }
    return render(request, "workspaces/leave.html", shown, status=409 if problem else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.OWNER)
def transfer(request: WorkspaceRequest) -> HttpResponse:
    """Choose the next owner; a POST hands over, and the owner stays as admin."""
    heirs = list(_heirs(request))
    form = TransferForm(heirs, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            heir = services.transfer_ownership(
                workspace=request.workspace, owner=request.user, member_id=UUID(form.cleaned_data["member"])
            )
        except Conflict as error:
            form.take_refusal(error)
        else:
            messages.success(request, f"{heir.user.display_name} owns the workspace now. You are admin.")
            return redirect("workspace_settings", request.workspace.slug)
    return render(
        request, "workspaces/transfer.html", {"form": form, "heirs": heirs}, status=422 if form.errors else 200
    )


def _heirs(request: WorkspaceRequest) -> QuerySet[Membership]:
    return queries.members_of(request.workspace).exclude(Q(user=request.user) | Q(user__is_active=False))


def _keys(member: Membership) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(workspace_id=member.workspace_id, user_id=member.user_id, revoked_at=None)
