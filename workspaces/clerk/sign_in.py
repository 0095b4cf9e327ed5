"""From a Clerk token to the person here, and to the workspace of the organisation they are in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from workspaces.clerk import organisation_services, people_services
from workspaces.clerk.messages import CLERK
from workspaces.clerk.organisation_services import Organisation, role_here
from workspaces.clerk.people_services import Person
from workspaces.clerk.tokens import BadToken, Claims, verify
from workspaces.models import Membership, User
from workspaces.scope.acting import acting_as
from workspaces.scope.presented import Presented
from workspaces.scope.tenancy import Purpose, system_scope


@dataclass(frozen=True, slots=True)
class ClerkToken:
    """A verified Clerk token and whose it is.

    workspace_id: the workspace of the organisation that is active in the token; None for the personal account.
    impersonator: who at Clerk acts as this person, or empty.
    """

    user: User
    sid: str
    issued_at: datetime
    org_id: str | None
    workspace_id: UUID | None
    impersonator: str
    from_cookie: bool

    @property
    def presented(self) -> Presented:
        """What it is good for: all its person may do, in the organisation's workspace where none is named."""
        name = f"{self.sid}, used by {self.impersonator}" if self.impersonator else self.sid
        return Presented("clerk", credential=name, workspace_id=self.workspace_id)


def sign_in(token: str, *, from_cookie: bool) -> ClerkToken:
    """Whose token this is; the first sight of a person makes their account, that of an organisation its workspace.

    Raises BadToken for a token that opens nothing and for a closed account, Unavailable when it cannot be judged.
    """
    claims = verify(token, settings.CLERK)
    with system_scope(Purpose.SIGN_IN), acting_as(CLERK):
        user = people_services.find(claims.sub) or people_services.meet(Person(claims.sub, claims.name, claims.email))
        if user is None or not user.is_active:
            raise BadToken("This account was closed. Ask an admin of your workspace.")
        membership = _membership(claims, user)
    return ClerkToken(
        user=user,
        sid=claims.sid,
        issued_at=claims.issued_at,
        org_id=claims.organisation.id if claims.organisation else None,
        workspace_id=membership.workspace_id if membership else None,
        impersonator=claims.impersonator,
        from_cookie=from_cookie,
    )


def _membership(claims: Claims, user: User) -> Membership | None:
    """The membership that the token's organisation stands for. Raises BadToken when Clerk has ended it since."""
    active = claims.organisation
    if active is None:
        return None
    membership = organisation_services.membership_in(active.id, user)
    if membership and (not membership.from_clerk or membership.role == role_here(active.role, membership.role)):
        return membership
    organisation = Organisation(id=active.id, slug=active.slug)
    membership = organisation_services.joined(organisation, user, active.role, claims.issued_at)
    if membership is None:
        raise BadToken("You are no longer a member of this organisation. Get a new token.")
    return membership
