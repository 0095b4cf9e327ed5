"""Whose key pays for a workspace's apps, and where it is sent."""

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from automatos.errors import AppError
from workspaces.credentials import reading as opened
from workspaces.credentials.sealing import unseal
from workspaces.models import Credential
from workspaces.scope.tenancy import workspace_scope

CLOUD = "https://backend.composio.dev"
# The audit log says once in so many seconds that a worker uses a credential; each call stands in the log of tools.
NOTE_EVERY = 60.0
PURPOSE = "apps"


class NoKey(AppError):
    """Apps are not set up: neither the installation nor the workspace has a key of Composio."""

    code = "composio_no_key"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Access:
    """The key of a Composio project. workspace_id, credential_id: whose it is; None: the installation's.

    own_server: whether a workspace chose the address, which then has to be public.
    """

    api_key: str = field(repr=False)
    base_url: str = CLOUD
    workspace_id: UUID | None = None
    credential_id: UUID | None = None
    own_server: bool = False

    @property
    def catalogue(self) -> UUID | None:
        """Whose catalogue it reads: that of everybody, or the workspace's own when it asks a server of its own."""
        return self.workspace_id if self.own_server else None


@dataclass(frozen=True, slots=True)
class KeyState:
    """What pages say of the key, without opening it."""

    has_key: bool
    is_own: bool = False
    own_server: bool = False
    credential_id: UUID | None = None

    def catalogue(self, workspace_id: UUID) -> UUID | None:
        """Whose catalogue the workspace sees."""
        return workspace_id if self.own_server else None


def _own(workspace_id: UUID) -> Credential | None:
    rows = Credential.objects.filter(workspace_id=workspace_id, type_id="composio", deleted_at=None)
    return rows.order_by("-created_at", "-id").first()


def key_state(workspace_id: UUID) -> KeyState:
    """Whether there is a key for this workspace. Needs its scope."""
    return state_of(_own(workspace_id))


def state_of(row: Credential | None) -> KeyState:
    """The same, once the workspace's own credential was looked for."""
    if row is None:
        return KeyState(bool(settings.COMPOSIO_API_KEY))
    return KeyState(True, True, bool(row.values.get("base_url")), row.pk)


def installation() -> Access | None:
    """The installation's own, when it has one."""
    if not settings.COMPOSIO_API_KEY:
        return None
    return Access(settings.COMPOSIO_API_KEY, settings.COMPOSIO_BASE_URL or CLOUD)


def access_for(workspace_id: UUID) -> Access:
    """The workspace's own key, else the installation's. Raises NoKey, or Unreadable for one that does not open."""
    with workspace_scope(workspace_id):
        return access_of(_own(workspace_id))


def access_of(row: Credential | None) -> Access:
    """The same, once the workspace's own credential was looked for, in its scope."""
    if row is not None:
        fields = _fields(row)
        named = fields.get("base_url", "")
        base = named or settings.COMPOSIO_BASE_URL or CLOUD
        return Access(fields["api_key"], base, row.workspace_id, row.pk, bool(named))
    found = installation()
    if found is None:
        raise NoKey("Apps need a key of Composio. Add one under Settings, Credentials, or set COMPOSIO_API_KEY.")
    return found


_noted: dict[UUID, float] = {}
_noting = threading.Lock()


def _fields(row: Credential) -> dict[str, str]:
    """The credential's values, opened; that it was stands in the audit log, once in a while."""
    now = time.monotonic()
    with _noting:
        is_due = now - _noted.get(row.pk, -NOTE_EVERY) >= NOTE_EVERY
        if is_due:
            _noted[row.pk] = now
    if is_due:
        return opened.read(row.workspace_id, row.pk, PURPOSE)
    return {**row.values, **unseal(row.secret, row.key_id, opened.place_of(row))}
