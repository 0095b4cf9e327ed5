"""The events of apps that a workspace listens to: asked for at Composio, kept here, ended again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from automatos.errors import Conflict, InvalidInput, NotFound
from automatos.rows import only_one
from tools.composio import schemas
from tools.composio.access import Access, access_for
from tools.composio.client import Composio, connected
from tools.composio.connections import OTHER_KEY
from tools.composio.problems import ComposioProblem, text_of
from tools.models import ComposioConnection, ComposioTrigger, ComposioWebhook, in_catalogue
from workspaces.audit import log as audit
from workspaces.credentials.sealing import INSTALLATION, Place, seal
from workspaces.models import User
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

SECONDS = 15.0
KIND = "composio_webhook"
PATH = "/api/composio/webhook"
MOST = 100


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event an app can tell of. config: JSON Schema of what it is narrowed to."""

    slug: str
    name: str
    description: str
    config: Mapping[str, Any]


def kinds(workspace_id: UUID, app: str) -> list[EventKind]:
    """The events of an app, asked of Composio."""
    with _client(access_for(workspace_id)) as composio:
        return [
            EventKind(
                text_of(item.slug)[:200], text_of(item.name), text_of(item.description), schemas.usable(item.config)
            )
            for item in composio.trigger_types(app)
        ]


def listen(workspace_id: UUID, app: str, slug: str, config: Mapping[str, Any], user: User | None) -> ComposioTrigger:
    """Listen to an event of a connected app. Raises InvalidInput for a configuration that does not fit."""
    with workspace_scope(workspace_id):
        row = ComposioConnection.objects.filter(workspace_id=workspace_id, app=app).first()
        number = ComposioTrigger.objects.filter(workspace_id=workspace_id).count()
    if row is None:
        raise NotFound()
    if row.status != ComposioConnection.Status.ACTIVE:
        raise Conflict(f"{app} is not connected. Connect it first.")
    if number >= MOST:
        raise Conflict(f"The workspace listens to {MOST} events already. End one first.")
    access = access_for(workspace_id)
    if row.credential_id != access.credential_id:
        raise Conflict(OTHER_KEY)
    subscribe(access)
    with _client(access) as composio:
        trigger_id = _added(composio, slug, row.account_id, config)
    known = ComposioTrigger.objects.filter(workspace_id=workspace_id, trigger_id=trigger_id)
    with workspace_scope(workspace_id), transaction.atomic():
        _require_same(row)
        with only_one(known, Conflict("The workspace listens to this event already.")):
            made = ComposioTrigger.objects.create(
                workspace_id=workspace_id,
                connection=row,
                slug=slug,
                trigger_id=trigger_id,
                config=dict(config),
                created_by=user,
            )
        audit.record("app.event_added", workspace_id=workspace_id, target=("composio_trigger", made.pk, slug))
        return made


def _require_same(row: ComposioConnection) -> None:
    """Hold the connection as it was when the event was asked for; Conflict when another account took its place."""
    rows = ComposioConnection.objects.select_for_update().filter(pk=row.pk, credential_id=row.credential_id)
    if rows.filter(account_id=row.account_id).first() is None:
        raise Conflict("The connection changed in the meantime. Try again.")


def _added(composio: Composio, slug: str, account_id: str, config: Mapping[str, Any]) -> str:
    try:
        return composio.add_trigger(slug, account_id, config)
    except ComposioProblem as problem:
        if problem.status not in (400, 404, 422):
            raise
        told = " ".join([problem.message, *problem.details])
        raise InvalidInput(f"config: {told}", fields={"config": [told]}) from None


def ignore(workspace_id: UUID, trigger_id: UUID) -> None:
    """Listen no more."""
    with workspace_scope(workspace_id):
        rows = ComposioTrigger.objects.filter(workspace_id=workspace_id, pk=trigger_id)
        row = rows.select_related("connection").first()
    if row is None:
        raise NotFound()
    access = access_for(workspace_id)
    # The id was named by the server of that time: under another key it may be somebody else's.
    if row.connection.credential_id == access.credential_id:
        with _client(access) as composio:
            composio.remove_trigger(row.trigger_id)
    with workspace_scope(workspace_id):
        row.delete()
        audit.record("app.event_ended", workspace_id=workspace_id, target=("composio_trigger", trigger_id, row.slug))


def subscribe(access: Access) -> None:
    """See to it that this project's messages come here, signed with a secret that is kept sealed."""
    url = webhook_url()
    if not url:
        raise Conflict("Events of apps need an address Composio can reach: set PUBLIC_URL to one with https://.")
    if is_subscribed(access, url):
        return
    with _client(access) as composio:
        subscription_id, secret = composio.subscribe(url)
    keep_secret(access, subscription_id, url, secret)


def is_subscribed(access: Access, url: str) -> bool:
    """Whether this project's messages come to this address, signed with a secret we have."""
    with system_scope(Purpose.UPKEEP):
        rows = ComposioWebhook.objects.filter(in_catalogue(access.workspace_id)).exclude(key_id="")
        return rows.filter(url=url, credential_id=access.credential_id).exists()


def keep_secret(access: Access, subscription_id: str, url: str, secret: str) -> None:
    """Keep what messages of this project are signed with, in place of what was known."""
    pk = uuid4()
    key_id, sealed = seal({"secret": secret}, Place(access.workspace_id or INSTALLATION, pk, KIND))
    with system_scope(Purpose.UPKEEP):
        ComposioWebhook.objects.filter(in_catalogue(access.workspace_id)).delete()
        ComposioWebhook.objects.create(
            pk=pk,
            workspace_id=access.workspace_id,
            credential_id=access.credential_id,
            subscription_id=subscription_id,
            url=url,
            secret=sealed,
            key_id=key_id,
        )


def webhook_url() -> str:
    """Where messages are sent; empty where this installation cannot be reached."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{PATH}" if settings.PUBLIC_URL else ""


@contextmanager
def _client(access: Access) -> Iterator[Composio]:
    with connected(access, seconds=SECONDS, retries=1) as composio:
        yield composio
