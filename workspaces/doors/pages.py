"""The way into a workspace's page: who is asking, which workspace, and what they may do there."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from automatos.errors import NotAllowed, NotFound, NotSignedIn
from automatos.local_time import zone_of
from workspaces.models import Membership, Role, User, Workspace
from workspaces.queries import memberships_of, slug_now
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.client_address import client_ip
from workspaces.scope.permissions import RANK, Access
from workspaces.scope.presented import SESSION, Presented
from workspaces.scope.tenancy import person_scope, workspace_scope


class PersonRequest(HttpRequest):
    """A request by somebody signed in, as a view behind `person_page` gets it."""

    user: User
    htmx: HtmxDetails


class WorkspaceRequest(PersonRequest):
    """A request by a member inside a workspace, as a view behind `workspace_page` gets it."""

    workspace: Workspace
    membership: Membership
    access: Access


Page = Callable[..., HttpResponseBase]


def workspace_page(role: Role = Role.VIEWER) -> Callable[[Page], Page]:
    """A view under /w/<slug:workspace>/ for members of at least this role; it gets a WorkspaceRequest.

    Nobody signed in: to the sign-in page and back. A stranger: 404, the same as for a workspace that does not exist.
    A member who comes by an address it had before: on to the one it has now.
    A role too low: NotAllowed, naming the role it takes. Times are read and shown in the person's time zone.
    """

    def decorate(view: Page) -> Page:
        @wraps(view)
        def inner(request: HttpRequest, workspace: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                inside = enter(request, workspace, role)
            except NotFound:
                return _moved(cast(PersonRequest, request), workspace)
            # One transaction: what a refused or broken request wrote is taken back.
            own_time = timezone.override(zone_of(inside))
            with own_time, acting_as(actor_of(inside)), workspace_scope(inside.workspace.pk, inside.user.pk):
                return view(inside, *args, **kwargs)

        # For tests, which knock at every page as everybody.
        inner.needed_role = role  # type: ignore[attr-defined]
        return inner

    return decorate


def person_page(view: Page) -> Page:
    """A view outside of any workspace for anybody who is signed in; it gets a PersonRequest."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            raise NotSignedIn("Sign in to see this page.")
        inside = cast(PersonRequest, request)
        with timezone.override(zone_of(inside)), acting_as(actor_of(inside)):
            return view(inside, *args, **kwargs)

    return inner


def render_live(request: PersonRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or for htmx only its living part: the template's `live` partial."""
    fragment = bool(request.htmx) and not request.htmx.history_restore_request
    response = render(request, f"{template}#live" if fragment else template, context, status=status)
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


def actor_of(request: PersonRequest) -> Actor:
    """Who acts, for the audit log."""
    presented: Presented = getattr(request, "presented", SESSION)
    return Actor(
        user_id=request.user.pk,
        name=request.user.email,
        via=presented.via,
        credential=presented.credential,
        ip=client_ip(request),
    )


def _moved(request: PersonRequest, slug: str) -> HttpResponse:
    """To the same page under the address the workspace has now; NotFound when it never had this one."""
    with person_scope(request.user.pk):
        current = slug_now(request.user, slug)
    if current is None:
        raise NotFound()
    path = request.get_full_path().replace(f"/w/{slug}/", f"/w/{current}/", 1)
    # 308 keeps the method and the body (RFC 9110, section 15.4.9); to GET, old clients know only 301.
    answer = HttpResponsePermanentRedirect(path, status=301 if request.method in ("GET", "HEAD") else 308)
    # A workspace may go back to an address it had: a remembered redirect would then go round in a circle.
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


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
