"""The page of members, which the views of members and of invitations both show."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from automatos.listing import choice, page_of, words
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest
from workspaces.members.forms import InviteForm, roles_to_give
from workspaces.members.invitation_states import State, state_of
from workspaces.members.queries import members_of, open_invitations_of
from workspaces.models import Membership, Role, Workspace


def members_page(request: WorkspaceRequest, *, form: InviteForm | None = None, **more: Any) -> HttpResponse:
    """The members that the address asks for. form: one that was refused; more: what a fresh invitation shows."""
    wanted = {"q": words(request.GET), "role": choice(request.GET, "role", Role.values)}
    rows = members_of(request.workspace)
    for word in wanted["q"].split():
        rows = rows.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
    if wanted["role"]:
        rows = rows.filter(role=wanted["role"])
    page = page_of(rows, request.GET)
    by = request.access.role
    shown = {
        "page": page,
        "rows": _rows(request, list(page.object_list)),
        "wanted": wanted,
        "narrows": any(wanted.values()),
        "roles": Role.choices,
        "invitations": [{"is": one, "state": state_of(one)} for one in open_invitations_of(request.workspace)],
        "EXPIRED": State.EXPIRED,
        "form": form or InviteForm(by),
        "can_write": request.access.allows("members:write"),
        "is_personal": request.workspace.kind == Workspace.Kind.PERSONAL,
        "ask": whom_to_ask(request.workspace),
        **more,
    }
    return render(request, "workspaces/members.html", shown, status=422 if form and form.errors else 200)


def _rows(request: WorkspaceRequest, members: list[Membership]) -> list[dict[str, Any]]:
    """Each member, the roles they can be given here, and why nothing can be changed."""
    by, can_write = request.access.role, request.access.allows("members:write")
    one_owner = members_of(request.workspace).filter(role=Role.OWNER).count() == 1
    rows = []
    for member in members:
        reason = _fixed(member, by, one_owner)
        mine, can_change = member.user_id == request.user.pk, can_write and not reason
        row = {"member": member, "mine": mine, "can_change": can_change, "reason": reason, "roles": roles_to_give(by)}
        rows.append(row)
    return rows


def _fixed(member: Membership, by: Role, one_owner: bool) -> str:
    if member.role != Role.OWNER:
        return ""
    if by != Role.OWNER:
        return "Only owners can change owners."
    return "The last owner stays." if one_owner else ""
