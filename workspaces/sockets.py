"""The way in for WebSockets: the browser's session, or an API key in a header. Never both, as everywhere."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from automatos.errors import NotFound
from workspaces.auth import ApiKeyAuthentication
from workspaces.models import ApiKey, Role, User
from workspaces.permissions import Access, lower
from workspaces.queries import access_by_id, memberships_of
from workspaces.tenancy import person_scope

HEADERS = {b"x-api-key": "HTTP_X_API_KEY", b"authorization": "HTTP_AUTHORIZATION"}


def readable_workspaces(scope: dict[str, Any], action: str) -> set[UUID] | None:
    """The workspaces in which the caller of a socket may do `resource:action`; None for nobody signed in.

    A key that is present but wrong counts as nobody. scope: the ASGI scope, with `user` set from the session.
    """
    try:
        found = ApiKeyAuthentication().authenticate(_as_request(scope))
    except AuthenticationFailed:
        return None
    if found is not None:
        return _of_key(found[1], action)
    user = scope.get("user")
    # The session names the user lazily; comparing its class would ask the wrapper.
    if user is None or not user.is_authenticated or not user.is_active:
        return None
    member = User.objects.get(pk=user.pk)
    with person_scope(member.pk):
        return {m.workspace_id for m in memberships_of(member) if Access(m.workspace, Role(m.role)).allows(action)}


def _of_key(key: ApiKey, action: str) -> set[UUID]:
    try:
        access = access_by_id(user=key.user, workspace_id=key.workspace_id)
    except NotFound:
        return set()
    limited = Access(workspace=access.workspace, role=lower(access.role, key.role), scopes=key.scopes)
    return {key.workspace_id} if limited.allows(action) else set()


def _as_request(scope: dict[str, Any]) -> Request:
    """The socket's opening handshake as far as it carries a credential."""
    request = HttpRequest()
    for name, value in scope["headers"]:
        if name in HEADERS:
            request.META[HEADERS[name]] = value.decode("latin-1")
    return Request(request)
