"""Changes: invitations by link. Whoever holds the link, and has the address it was made for, becomes a member."""

import hashlib
import secrets

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, NotAllowed, NotFound
from automatos.rows import added, hold, locked
from workspaces.audit import log as audit
from workspaces.members import invitation_limits
from workspaces.members.invitation_states import GOOD_FOR, State, state_of
from workspaces.members.services import check_may_give
from workspaces.models import Invitation, Membership, Role, User, Workspace
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

MOST_OPEN = 200
REFUSALS = {
    State.REVOKED: ("invitation_revoked", "This invitation was withdrawn. Ask for a new one."),
    State.EXPIRED: ("invitation_expired", "This invitation has expired. Ask for a new one."),
    State.ACCEPTED: ("invitation_used", "This invitation was used already. Ask for a new one."),
}


def invite(*, workspace: Workspace, email: str, role: str, inviter: User, by: Role) -> tuple[Invitation, str]:
    """The invitation and its token, which is known only now. An open one for the address gets a new token and role.

    by: the role of the inviter. Raises InvalidInput, NotAllowed for a role they may not give, Conflict for a member,
    TooMany for more mail than one may cause.
    """
    email = _checked(email, role)
    check_may_give(by, Role(role))
    if workspace.kind == Workspace.Kind.PERSONAL:
        raise Conflict(
            "A personal workspace is yours alone. Create a shared workspace to work with others.", code="personal"
        )
    with transaction.atomic():
        _refuse_member(workspace, email)
        invitation_limits.count(workspace_id=workspace.pk, user_id=inviter.pk, email=email)
        invitation, token = _open(workspace, email, role, inviter)
        audit.record_row("invitation.created", invitation, invitation.email, after={"email": email, "role": role})
    return invitation, token


def resend(*, invitation: Invitation, inviter: User, by: Role) -> tuple[Invitation, str]:
    """The same invitation under a new link, good for another 7 days; the old link opens nothing any more."""
    with transaction.atomic():
        found = _locked(invitation)
        check_may_give(by, Role(found.role))
        invitation_limits.count(workspace_id=found.workspace_id, user_id=inviter.pk, email=found.email)
        token = _renew(found, found.role, inviter)
        audit.record_row("invitation.resent", found, found.email, after={"expires_at": found.expires_at})
    return found, token


def revoke(*, invitation: Invitation) -> None:
    """The link opens nothing from now on."""
    with transaction.atomic():
        found = _locked(invitation)
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
        audit.record_row("invitation.revoked", found, found.email, before={"email": found.email, "role": found.role})


def note_sent(*, invitation: Invitation) -> None:
    """The mail server took the message."""
    invitation.sent_at = timezone.now()
    invitation.save(update_fields=["sent_at"])


def find(token: str) -> Invitation | None:
    """The invitation this token is for, whatever became of it; None also when its workspace was deleted."""
    rows = Invitation.objects.select_related("workspace", "invited_by", "accepted_by")
    with system_scope(Purpose.SIGN_IN):
        return rows.filter(token_hash=token_hash(token), workspace__deleted_at=None).first()


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether the invitation was made for this person: for their main address, or a further one they have verified."""
    if user.email.lower() == invitation.email.lower():
        return True
    return bool(EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists())


def accept(*, token: str, user: User) -> Membership:
    """The membership the invitation gives; a member stays what they are. Using it twice oneself changes nothing more.

    Raises NotFound for an unknown token, NotAllowed for another person's, Conflict for one that is over.
    """
    found = find(token)
    if found is None:
        raise NotFound("There is no such invitation. Check that the link is complete, or ask for a new one.")
    if not is_for(found, user):
        raise NotAllowed(
            f"This invitation is for {found.email}, and you are signed in as {user.email}. Sign in with that address.",
            code="other_address",
        )
    with workspace_scope(found.workspace_id, user.pk):
        return _accepted(found, user)


def _accepted(found: Invitation, user: User) -> Membership:
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("workspace")
    invitation = rows.get(pk=found.pk)
    current = Membership.objects.filter(workspace_id=invitation.workspace_id, user=user).first()
    state = state_of(invitation)
    if current and state == State.ACCEPTED and invitation.accepted_by_id == user.pk:
        return current
    if state in REFUSALS:
        code, text = REFUSALS[state]
        raise Conflict(text, code=code)
    member = current or Membership.objects.create(workspace=invitation.workspace, user=user, role=invitation.role)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    audit.record_row(
        "invitation.accepted", invitation, invitation.email, after={"member": user.email, "role": member.role}
    )
    return member


def token_hash(token: str) -> str:
    """What is kept of a token. It is 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _checked(email: str, role: str) -> str:
    problems = Problems()
    email = problems.text("email", email, longest=254, required=True).lower()
    if "email" not in problems:
        try:
            validate_email(email)
        except ValidationError as error:
            problems.add("email", error.messages[0])
    problems.choice("role", role, Role.values)
    problems.raise_any()
    return email


def _refuse_member(workspace: Workspace, email: str) -> None:
    holders = EmailAddress.objects.filter(email__iexact=email, verified=True).values("user_id")
    members = Membership.objects.filter(workspace=workspace).select_related("user")
    member = members.filter(user__email__iexact=email).first() or members.filter(user_id__in=holders).first()
    if member:
        raise Conflict(
            f"{email} is a member already, as {member.role}. Change the role in the list of members.",
            code="already_a_member",
        )


def _open(workspace: Workspace, email: str, role: str, inviter: User) -> tuple[Invitation, str]:
    invitations = Invitation.objects.filter(workspace=workspace, accepted_at=None, revoked_at=None)
    hold(workspace)
    if invitations.exclude(email=email).count() >= MOST_OPEN:
        raise Conflict(f"There are {MOST_OPEN} open invitations. Withdraw some first.", code="too_many_invitations")
    token = secrets.token_urlsafe(32)
    columns = {"workspace": workspace, "email": email, "role": role, "invited_by": inviter}
    if found := _again(invitations, email):
        return found, _renew(found, role, inviter)
    times = {"token_hash": token_hash(token), "expires_at": timezone.now() + GOOD_FOR}
    if made := added(Invitation(**columns, **times)):
        return made, token
    found = invitations.select_for_update(of=("self",)).select_related("workspace").get(email=email)
    return found, _renew(found, role, inviter)


def _again(invitations: QuerySet[Invitation], email: str) -> Invitation | None:
    """The open invitation of this address, locked."""
    return invitations.select_for_update(of=("self",)).select_related("workspace").filter(email=email).first()


def _renew(invitation: Invitation, role: str, inviter: User) -> str:
    token = secrets.token_urlsafe(32)
    invitation.role, invitation.invited_by = role, inviter
    invitation.token_hash, invitation.sent_at = token_hash(token), None
    invitation.expires_at = timezone.now() + GOOD_FOR
    invitation.save(update_fields=["role", "invited_by", "token_hash", "sent_at", "expires_at"])
    return token


def _locked(invitation: Invitation) -> Invitation:
    """The row as it is now; NotFound once it was accepted or withdrawn."""
    rows = Invitation.objects.select_related("workspace")
    return locked(rows, pk=invitation.pk, accepted_at=None, revoked_at=None)
