"""The pages of invitations: sending, sending again, withdrawing, and the page its link opens."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from automatos.errors import Conflict, InvalidInput, NotAllowed
from workspaces.doors.pages import WorkspaceRequest, actor_of, workspace_page
from workspaces.members import invitation_mail, invitation_services, queries
from workspaces.members.forms import InviteForm
from workspaces.members.invitation_states import State, state_of
from workspaces.members.page import members_page
from workspaces.models import Invitation, Role, User
from workspaces.scope.acting import acting_as


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def invite(request: WorkspaceRequest) -> HttpResponse:
    """Send an invitation and show its link this once; a GET leads to the list."""
    if request.method != "POST":
        return redirect("workspace_members", request.workspace.slug)
    form = InviteForm(request.access.role, request.POST)
    if form.is_valid():
        try:
            made = invitation_services.invite(
                workspace=request.workspace,
                email=form.text("email"),
                role=form.text("role"),
                inviter=request.user,
                by=request.access.role,
            )
        except (InvalidInput, Conflict, NotAllowed) as error:
            form.take_refusal(error)
        else:
            return _sent(request, made)
    return members_page(request, form=form)


@never_cache
@require_POST
@workspace_page(Role.ADMIN)
def resend(request: WorkspaceRequest, invitation_id: UUID) -> HttpResponse:
    """Send it again under a new link, and show that link this once."""
    invitation = queries.open_invitation(request.workspace, invitation_id)
    made = invitation_services.resend(invitation=invitation, inviter=request.user, by=request.access.role)
    return _sent(request, made)


@require_POST
@workspace_page(Role.ADMIN)
def revoke(request: WorkspaceRequest, invitation_id: UUID) -> HttpResponse:
    """Withdraw it."""
    invitation = queries.open_invitation(request.workspace, invitation_id)
    invitation_services.revoke(invitation=invitation)
    messages.success(request, f"The invitation of {invitation.email} is withdrawn; its link opens nothing any more.")
    return redirect("workspace_members", request.workspace.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """What a link opens: the invitation with a button to join, or why it opens nothing. A POST joins."""
    invitation = invitation_services.find(token)
    user = request.user if isinstance(request.user, User) else None
    why = _closed(invitation, user)
    if request.method == "POST" and user and not why:
        with acting_as(actor_of(request)):  # type: ignore[arg-type]
            member = invitation_services.accept(token=token, user=user)
        messages.success(request, f"You are {member.get_role_display().lower()} in {member.workspace.name} now.")
        return redirect(f"/w/{member.workspace.slug}/")
    shown = {"invitation": invitation, "why": why, "here": request.path, "signed_in": user is not None}
    return render(request, "workspaces/invitation.html", shown, status=STATUS.get(why, 200))


# Why a link does not let its holder in, and the status of the page that says so.
STATUS = {"unknown": 404, State.REVOKED: 410, State.EXPIRED: 410, State.ACCEPTED: 410, "other_address": 403}


def _closed(invitation: Invitation | None, user: User | None) -> str:
    if invitation is None:
        return "unknown"
    state = state_of(invitation)
    if state == State.ACCEPTED and user and invitation.accepted_by_id == user.pk:
        return ""
    if state != State.OPEN:
        return state
    return "" if user is None or invitation_services.is_for(invitation, user) else "other_address"


def _sent(request: WorkspaceRequest, made: tuple[Invitation, str]) -> HttpResponse:
    invitation, token = made
    link = invitation_mail.link_of(request, token)
    sent = invitation_mail.send(invitation, inviter=request.user, link=link)
    if sent:
        invitation_services.note_sent(invitation=invitation)
    return members_page(request, invited=invitation, link=link, sent=sent)
