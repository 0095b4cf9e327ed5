"""The way into a workspace's page: who is asking, which workspace, and what they may do there."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from automatos.errors import NotAllowed, NotFound, NotSignedIn
from workspaces.acting import Actor, acting_as
from workspaces.clerk_sign_in import ClerkToken
from workspaces.models import Membership, Role, User, Workspace
from workspaces.permissions import RANK, Access
from workspaces.queries import memberships_of
from workspaces.tenancy import person_scope, workspace_scope


class WorkspaceRequest(HttpRequest):
    """A request by a member inside a workspace, as a view behind `workspace_page` gets it."""

    user: User
    htmx: HtmxDetails
    workspace: Workspace
    membership: Membership
    access: Access


Page = Callable[..., HttpResponse]


def workspace_page(role: Role = Role.VIEWER) -> Callable[[Page], Page]:
    """A view under /w/<slug:workspace>/ for members of at least this role; it gets a WorkspaceRequest.

    Nobody signed in: to the sign-in page and back. A stranger: 404, the same as for a workspace that does not exist.
    A role too low: NotAllowed, naming the role it takes.
    """

    def decorate(view: Page) -> Page:
        @wraps(view)
        def inner(request: HttpRequest, workspace: str, *args: Any, **kwargs: Any) -> HttpResponse:
            inside = enter(request, workspace, role)
            # One transaction: what a refused or broken request wrote is taken back.
            with acting_as(_actor(inside)), workspace_scope(inside.workspace.pk, inside.user.pk):
                return view(inside, *args, **kwargs)

        return inner

    return decorate


def _actor(request: WorkspaceRequest) -> Actor:
    token: ClerkToken | None = getattr(request, "clerk", None)
    return Actor(
        user_id=request.user.pk,
        name=request.user.email,
        via="clerk" if token else "session",
        credential=token.credential if token else "",
        ip=request.META.get("REMOTE_ADDR", ""),
    )


def enter(request: HttpRequest, slug: str, role: Role = Role.VIEWER) -> WorkspaceRequest:
    """The request with workspace, membership and access set; raises NotSignedIn, NotFound or NotAllowed."""
    if not isinstance(request.user, User):
        raise NotSignedIn("Sign in to see this page.")
    with person_scope(request.user.pk):
        membership = memberships_of(request.user).filter(workspace__slug=slug).first()
    if membership is None:
        raise NotFound()
    membership.user = request.user
    inside = cast(WorkspaceRequest, request)
    inside.workspace, inside.membership = membership.workspace, membership
    inside.access = Access(workspace=membership.workspace, role=Role(membership.role))
    if RANK[Role(membership.role)] < RANK[role]:
        raise NotAllowed(
            f"This takes the role {role.label} or higher; yours here is {Role(membership.role).label}. "
            "Ask an admin of the workspace."
        )
    return inside
