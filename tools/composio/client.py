"""What is asked of Composio, in our own terms. Every list is read to its last page; nothing here touches the database.

Only `link()` connects an account, never `initiate()`: that one is retired for accounts with Composio's own OAuth apps.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tools.composio.access import Access
from tools.composio.problems import ComposioProblem, text_of

PAGE = 500
# Pages of one list: no catalogue is longer, and a cursor that goes round in a circle comes to an end.
MOST_PAGES = 400
SECONDS = 20.0
EVENTS = ("composio.trigger.message", "composio.connected_account.expired", "composio.trigger.disabled")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a person is sent to allow the connection, and the account that comes of it."""

    account_id: str
    url: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account. status: one of Composio's words, such as ACTIVE. Its tokens are never read."""

    id: str
    user_id: str
    app: str
    status: str
    reason: str = ""

    @property
    def is_active(self) -> bool:
        """Whether calls can be made with it."""
        return self.status == "ACTIVE"

    @property
    def is_open(self) -> bool:
        """Whether a person is still to allow it."""
        return self.status in ("INITIALIZING", "INITIATED")


@dataclass(frozen=True, slots=True)
class Executed:
    """What a call came to. error: the app's own words where it failed."""

    data: Mapping[str, Any]
    successful: bool
    error: str = ""
    log_id: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A call of an action. version: that of the schema the arguments were made for."""

    action: str
    version: str
    user_id: str
    account_id: str | None
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Composio:
    """A client under way; get one with `connected()`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def apps(self, *, kind: str = "native") -> Iterator[Any]:
        """Every app there is. kind: native, or all with those of the project's own."""
        return _walk(lambda **page: self._client.toolkits.list(type=kind, **page))

    def app(self, slug: str) -> Any:
        """One app by its slug."""
        return self._client.toolkits.retrieve(slug)

    def actions(self, app: str) -> Iterator[Any]:
        """Every action of an app, with its schema as it is now."""
        return _walk(lambda **page: self._client.tools.list(toolkit_slug=app, toolkit_versions="latest", **page))

    def auth_config(self, app: str, schemes: tuple[str, ...], managed: tuple[str, ...]) -> str:
        """The id of the project's way to sign in to the app; made when there is none yet."""
        for config in _walk(lambda **page: self._client.auth_configs.list(toolkit_slug=app, **page)):
            if str(config.status).upper() == "ENABLED" and text_of(config.toolkit.slug).lower() == app:
                return str(config.id)
        if managed:
            wanted: dict[str, Any] = {"type": "use_composio_managed_auth"}
        else:
            wanted = {"type": "use_custom_auth", "auth_scheme": schemes[0] if schemes else "API_KEY", "credentials": {}}
        made = self._client.auth_configs.create(toolkit={"slug": app}, auth_config=wanted)
        return str(made.auth_config.id)

    def link(self, *, auth_config_id: str, user_id: str, callback_url: str) -> Link:
        """Begin a connection."""
        made = self._client.link.create(auth_config_id=auth_config_id, user_id=user_id, callback_url=callback_url)
        if not str(made.redirect_url).startswith(("https://", "http://")) or any(c <= " " for c in made.redirect_url):
            raise ComposioProblem("Composio named no page at which the access could be allowed.")
        until = datetime.fromisoformat(str(made.expires_at).replace("Z", "+00:00"))
        return Link(str(made.connected_account_id), str(made.redirect_url), until)

    def account(self, account_id: str) -> Account | None:
        """The account as it is now; None when it is gone."""
        try:
            with _own_errors():
                found = self._client.connected_accounts.retrieve(account_id)
        except ComposioProblem as problem:
            if problem.status == 404:
                return None
            raise
        return Account(
            str(found.id),
            text_of(found.user_id),
            text_of(found.toolkit.slug).lower(),
            "INACTIVE" if found.is_disabled else str(found.status),
            text_of(found.status_reason),
        )

    def remove_account(self, account_id: str) -> None:
        """Take the app's permission back and forget the account; one that is gone already is fine."""
        try:
            with _own_errors():
                self._client.connected_accounts.delete(account_id, revoke_on_delete=True)
        except ComposioProblem as problem:
            if problem.status != 404:
                raise

    def trigger_types(self, app: str) -> Iterator[Any]:
        """The events an app can tell of."""
        return _walk(lambda **page: self._client.triggers_types.list(toolkit_slugs=[app], **page))

    def add_trigger(self, slug: str, account_id: str, config: Mapping[str, Any]) -> str:
        """Ask to be told of an event; its id."""
        with _own_errors():
            made = self._client.trigger_instances.upsert(
                slug, connected_account_id=account_id, body_trigger_config_1=dict(config)
            )
        return str(made.trigger_id)

    def remove_trigger(self, trigger_id: str) -> None:
        """Ask no more; one that is gone already is fine."""
        try:
            with _own_errors():
                self._client.trigger_instances.manage.delete(trigger_id)
        except ComposioProblem as problem:
            if problem.status != 404:
                raise

    def subscribe(self, url: str) -> tuple[str, str]:
        """Have messages sent to this address: the subscription's id and the secret they are signed with.

        A project has one subscription. Its secret is shown once, so for one that is there a new secret is made.
        """
        known = next(iter(_walk(self._client.webhook_subscriptions.list)), None)
        if known is None:
            made = self._client.webhook_subscriptions.create(webhook_url=url, enabled_events=list(EVENTS), version="V3")
            return str(made.id), str(made.secret)
        self._client.webhook_subscriptions.update(known.id, webhook_url=url, enabled_events=list(EVENTS), version="V3")
        turned = self._client.webhook_subscriptions.rotate_secret(known.id)
        return str(known.id), str(turned.secret)


@contextmanager
def connected(access: Access, *, seconds: float = SECONDS, retries: int = 0) -> Iterator[Composio]:
    """A client for these calls. Raises ComposioProblem for whatever goes wrong inside. Blocks."""
    # Seconds to import, and most processes never ask.
    from tools.composio import sdk

    with sdk.opened(access, seconds=seconds, retries=retries) as client:
        yield Composio(client)


@contextmanager
def _own_errors() -> Iterator[None]:
    from tools.composio import sdk

    with sdk.understood(Access("")):
        yield


async def execute(access: Access, request: Request, *, seconds: float) -> Executed:
    """Make the call, once. Raises ComposioProblem."""
    sdk = await asyncio.to_thread(_sdk)
    more = {"connected_account_id": request.account_id} if request.account_id else {}
    with sdk.understood(access):
        answer = await sdk.later(access, seconds=seconds).tools.execute(
            request.action,
            user_id=request.user_id,
            version=request.version,
            arguments=dict(request.arguments),
            **more,
        )
    return Executed(answer.data or {}, bool(answer.successful), text_of(answer.error), text_of(answer.log_id))


def _sdk() -> Any:
    from tools.composio import sdk

    return sdk


def _walk(ask: Any) -> Iterator[Any]:
    """Every entry of a list, page by page."""
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = ask(limit=PAGE, cursor=cursor) if cursor else ask(limit=PAGE)
        yield from page.items
        if not page.next_cursor or page.next_cursor == cursor:
            return
        cursor = page.next_cursor
    raise ComposioProblem("Composio's list does not come to an end.")
