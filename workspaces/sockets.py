"""The way in for WebSockets: the same credentials as everywhere, judged the same way."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from automatos.errors import NotFound, Unavailable
from workspaces.models import ApiKey, Role, User
from workspaces.permissions import Access, lower
from workspaces.queries import access_by_id, memberships_of
from workspaces.tenancy import person_scope

HEADERS = {b"x-api-key": "HTTP_X_API_KEY", b"authorization": "HTTP_AUTHORIZATION", b"cookie": "HTTP_COOKIE"}


def readable_workspaces(scope: dict[str, Any], action: str) -> set[UUID] | None:
    """The workspaces in which the caller of a socket may do `resource:action`; None for nobody signed in.

    A credential that is present but wrong counts as nobody, and so do two of different people. scope: the ASGI scope,
    with `user` set from the session.
    """
    request = _as_request(scope)
    try:
        user = request.user
    except (AuthenticationFailed, Unavailable):
        return None
    if not user.is_authenticated:
        return None
    if isinstance(request.auth, ApiKey):
        return _of_key(request.auth, action)
    with person_scope(user.pk):
        return {m.workspace_id for m in memberships_of(user) if Access(m.workspace, Role(m.role)).allows(action)}


def _of_key(key: ApiKey, action: str) -> set[UUID]:
    try:
        access = access_by_id(user=key.user, workspace_id=key.workspace_id)
    except NotFound:
        return set()
    limited = Access(workspace=access.workspace, role=lower(access.role, key.role), scopes=key.scopes)
    return {key.workspace_id} if limited.allows(action) else set()


def _as_request(scope: dict[str, Any]) -> Request:
    """The socket's opening handshake as far as it carries a credential, to be judged as the API judges."""
    request = HttpRequest()
    request.method = "GET"
    for name, value in scope["headers"]:
        if name in HEADERS:
            request.META[HEADERS[name]] = value.decode("latin-1")
    user = scope.get("user")
    if user is not None and user.is_authenticated:
        # Channels names the user lazily; the row itself is what others compare.
        request.user = User.objects.get(pk=user.pk)
    return Request(request, authenticators=APIView().get_authenticators())
