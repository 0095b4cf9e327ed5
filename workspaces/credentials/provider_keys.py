"""A workspace's own keys for model providers: they pay before the installation's.

For the engine all workspaces of a turn are asked in one statement; no key is kept in memory beyond the calls it pays.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F
from psycopg import Cursor

from automatos.errors import AppError
from automatos.llm.registry import COMPATIBLE
from automatos.llm.registry import Credential as ModelCredential
from workspaces.audit import log as audit
from workspaces.credentials.sealing import Place, Unreadable, unseal
from workspaces.credentials.types import PROVIDERS
from workspaces.models import Credential
from workspaces.scope import acting
from workspaces.scope.tenancy import workspace_scope

logger = logging.getLogger(__name__)

# Sends a statement with its parameters; its rows are fetched later.
Send = Callable[[str, Sequence[Any]], Cursor[Any]]
TYPES = "{" + ",".join(PROVIDERS.values()) + "}"
# Of a vendor the newest counts; servers of the workspace's own stand side by side, the first one first.
IN_USE = (
    "SELECT workspace_id, type_id, id, name, server, values, secret, key_id FROM (SELECT DISTINCT ON "
    "(workspace_id, type_id, server) * FROM credentials WHERE workspace_id = ANY(%s::uuid[]) "
    "AND type_id = ANY(%s::text[]) AND deleted_at IS NULL "
    "ORDER BY workspace_id, type_id, server, created_at DESC, id DESC) found ORDER BY created_at, id"
)
# A worker notes its use of a credential once in so many seconds; each single call stands in its run's journal.
NOTE_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A provider's key, opened; or why it does not open. A key that is there but broken never falls back to another."""

    id: UUID
    workspace_id: UUID
    name: str
    credential: ModelCredential | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The keys of one workspace, by provider or by the name of a server of its own."""

    keys: Mapping[str, OwnKey] = field(default_factory=dict)

    @property
    def credentials(self) -> dict[str, ModelCredential]:
        """As the models take them. One that does not open is an empty key, which is refused and not replaced."""
        return {provider: key.credential or ModelCredential("") for provider, key in self.keys.items()}

    def require(self, model: str) -> None:
        """Pass, or raise Unreadable when the provider's key does not open. model: `provider:model`."""
        key = self.keys.get(model.partition(":")[0])
        if key is not None and key.problem:
            raise Unreadable(f"The workspace's credential {key.name} cannot be used. {key.problem}")


NONE = OwnKeys()


def ask_keys(workspace_ids: Iterable[UUID], send: Send) -> Cursor[Any]:
    """Ask for the keys in use in each workspace: one statement, read later."""
    ids = "{" + ",".join(str(workspace_id) for workspace_id in set(workspace_ids)) + "}"
    return send(IN_USE, [ids, TYPES])


def read_keys(asked: Cursor[Any]) -> dict[UUID, OwnKeys]:
    """The keys asked for, opened, by workspace. Workspaces without any are missing."""
    found: dict[UUID, dict[str, OwnKey]] = {}
    providers = {kind: provider for provider, kind in PROVIDERS.items()}
    for workspace_id, kind, pk, name, server, values, secret, key_id in asked.fetchall():
        keys = found.setdefault(workspace_id, {})
        key = _opened(Place(workspace_id, pk, kind), name, from_json(values), secret, key_id)
        keys[server or providers[kind]] = key
        # Names of before, without a server's: they mean the one that was there first.
        keys.setdefault(providers[kind], key)
    return {workspace_id: OwnKeys(keys) for workspace_id, keys in found.items()}


def keys_of(workspace_id: UUID) -> OwnKeys:
    """The keys of one workspace, opened; only inside its scope."""
    connection.ensure_connection()
    return read_keys(ask_keys([workspace_id], connection.connection.execute)).get(workspace_id, NONE)


def kept_for(workspace_id: UUID) -> dict[str, ModelCredential]:
    """For pages: the providers and servers this workspace has a key for, with what stands for it. Nothing is opened."""
    providers = {kind: provider for provider, kind in PROVIDERS.items()}
    found: dict[str, ModelCredential] = {}
    rows = Credential.objects.filter(workspace_id=workspace_id, type_id__in=providers, deleted_at=None)
    columns = ("type_id", "name", "server", "values", "offered")
    for kind, name, server, values, offered in rows.order_by("created_at", "id").values_list(*columns):
        provider = providers[kind]
        url = values.get("base_url") or usual_url(provider)
        models, label = tuple(map(str, offered)), name if server else ""
        own = ModelCredential("sealed", url, models, label, values.get("preset", ""))
        found[server or provider] = own
        if server:
            found.setdefault(provider, own)
    return found


def server_names(workspace_id: UUID, *, deleted: bool = False) -> tuple[str, ...]:
    """The names of the workspace's own servers, the first one first. deleted: those that can be brought back, too."""
    rows = Credential.objects.filter(workspace_id=workspace_id).exclude(server="")
    rows = rows if deleted else rows.filter(deleted_at=None)
    in_order = rows.order_by(F("deleted_at").asc(nulls_first=True), "created_at", "id")
    return tuple(in_order.values_list("server", flat=True))


def usual_url(provider: str) -> str:
    """The installation's address of a provider, where it has one of its own; else empty for the vendor's."""
    return str(getattr(settings, f"{provider.upper()}_BASE_URL", ""))


def from_json(value: Any) -> dict[str, str]:
    """JSON of a column; a raw cursor may give it as text."""
    return dict(json.loads(value) if isinstance(value, str) else value)


def _opened(place: Place, name: str, values: Mapping[str, str], secret: bytes, key_id: str) -> OwnKey:
    provider = place.kind
    try:
        api_key = unseal(secret, key_id, place).get("api_key") or "none"
    except AppError as error:
        return OwnKey(place.row_id, place.workspace_id, name, None, error.message)
    is_server = provider == COMPATIBLE
    credential = ModelCredential(
        api_key,
        values.get("base_url") or usual_url(provider),
        label=name if is_server else "",
        preset=values.get("preset", ""),
    )
    return OwnKey(place.row_id, place.workspace_id, name, credential)


_noted: dict[UUID, float] = {}
_noting = threading.Lock()


def note_uses(keys: Iterable[OwnKey]) -> None:
    """Say in the audit log that these were opened for model calls. Call it before the first of those calls is sent.

    Steps are claimed by now, so a database that fails here only leaves the note to the next turn.
    """
    due = _due({key.id: key for key in keys}.values())
    try:
        _note(due)
    except DatabaseError as error:
        logger.warning("The use of %d credentials could not be noted: %s", len(due), error)
        with _noting:
            for key in due:
                _noted.pop(key.id, None)


def _note(keys: Iterable[OwnKey]) -> None:
    for key in keys:
        with workspace_scope(key.workspace_id), acting.acting_as(acting.SYSTEM):
            Credential.objects.filter(pk=key.id).update(last_used_at=datetime.now(UTC))
            audit.record(
                "credential.read",
                workspace_id=key.workspace_id,
                target=("credential", key.id, key.name),
                after={"purpose": "model calls of a worker"},
            )


def _due(keys: Iterable[OwnKey]) -> list[OwnKey]:
    now = time.monotonic()
    with _noting:
        for old in [pk for pk, at in _noted.items() if now - at >= NOTE_EVERY]:
            del _noted[old]
        due = [key for key in keys if key.credential and key.id not in _noted]
        _noted.update((key.id, now) for key in due)
    return due
