"""The way in for WebSockets: the same credentials as everywhere, judged the same way."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from automatos.errors import NotFound, Unavailable
from workspaces.accounts.session_activity import key_of
from workspaces.accounts.session_store import stored_key
from workspaces.doors.installation import orchestrator_key_with
from workspaces.models import ApiKey, Role, User
from workspaces.queries import access_by_id, memberships_of
from workspaces.scope.permissions import Access
from workspaces.scope.presented import Presented
from workspaces.scope.tenancy import Purpose, person_scope, system_scope


@dataclass(frozen=True, slots=True)
class SocketCaller:
    """Who opened a socket or a stream. What they may see is asked anew each time, as it may end while that is open."""

    user_id: UUID
    key_id: UUID | None = None
    session_key: str = ""

    def readable_workspaces(self, action: str) -> set[UUID]:
        """The workspaces in which they may do `resource:action` now."""
        user = User.objects.filter(pk=self.user_id, is_active=True).first()
        if user is None or not self._session_goes_on():
            return set()
        if self.key_id is not None:
            return _of_key(user, self.key_id, action)
        with person_scope(user.pk):
            return {m.workspace_id for m in memberships_of(user) if Access(m.workspace, Role(m.role)).allows(action)}

    def _session_goes_on(self) -> bool:
        """False once the browser session that opened the socket was ended, here or from another device."""
        going_on = Session.objects.filter(session_key=self.session_key, expire_date__gt=timezone.now())
        return not self.session_key or going_on.exists()


def watcher_of(request: Request) -> SocketCaller:
    """Whoever made this request, as what is asked again while its answer goes on."""
    presented: Presented = cast(Any, request.auth)
    session_key = key_of(request._request) if presented.via == "session" else ""
    return SocketCaller(cast(User, request.user).pk, key_id=presented.key_id, session_key=session_key)


def caller_of(scope: dict[str, Any]) -> SocketCaller | None:
    """Whoever opens this socket; None for nobody signed in.

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
    presented: Presented = cast(Any, request.auth)
    if presented.key_id is not None:
        return SocketCaller(user.pk, key_id=presented.key_id)
    by_session = scope["user"].is_authenticated if scope.get("user") else False
    return SocketCaller(user.pk, session_key=stored_key(scope["session"].session_key) if by_session else "")


def _of_key(user: User, key_id: UUID, action: str) -> set[UUID]:
    with system_scope(Purpose.SIGN_IN):
        saved = ApiKey.objects.filter(pk=key_id, revoked_at=None).first()
    key = saved or orchestrator_key_with(key_id)
    if key is None or (key.expires_at is not None and key.expires_at <= timezone.now()):
        return set()
    try:
        access = access_by_id(user=user, workspace_id=key.workspace_id)
    except NotFound:
        return set()
    limited = access.narrowed(Role(key.role), key.scopes)
    return {key.workspace_id} if limited.allows(action) else set()


def _headers(scope: dict[str, Any]) -> dict[str, str]:
    """As Django reads them: one that came twice is one with both values, and `x_api_key` is not `x-api-key`."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if "_" not in name:
            found[name] = f"{found[name]}{'; ' if name == 'cookie' else ','}{value}" if name in found else value
    return found


def _as_request(scope: dict[str, Any]) -> Request:
    """The socket's opening handshake as far as it carries a credential, to be judged as the API judges."""
    request = HttpRequest()
    request.method = "GET"
    request.META.update(REMOTE_ADDR=(scope.get("client") or [""])[0], SERVER_NAME="", SERVER_PORT="")
    for name, value in _headers(scope).items():
        request.META[f"HTTP_{name.upper().replace('-', '_')}"] = value
    user = scope.get("user")
    if user is not None and user.is_authenticated:
        # Channels names the user lazily; the row itself is what others compare.
        request.user = User.objects.get(pk=user.pk)
    return Request(request, authenticators=APIView().get_authenticators())
