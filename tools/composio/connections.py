"""A workspace's connections: made by a person on the app's own page, watched, mended, ended.

What the app's page sends back with the browser is never believed: the account is read again from Composio, and has to
be this workspace's and this app's. Nothing is asked of Composio inside of a transaction.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from automatos.errors import Conflict, NotFound
from tools.composio.access import Access, access_for, key_state
from tools.composio.client import Account, connected
from tools.composio.problems import ComposioProblem
from tools.models import ComposioAppCache, ComposioConnection, ComposioEntity, ComposioTrigger, in_catalogue
from workspaces.audit import log as audit
from workspaces.scope import acting
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

Status = ComposioConnection.Status
SECONDS = 15.0
# An account that was looked at so lately is believed to be as it was.
FRESH = timedelta(minutes=15)
# All accounts are looked at again so often, so that one that broke is known before a run needs it.
WATCHED = timedelta(minutes=30)
ENDED = "The app ended the access. Reconnect it."
GONE = "The account is gone at Composio. Reconnect the app."
OTHER_KEY = "It was connected under another Composio key than the one in use now. Reconnect the app."
# Our own word for the status of an account that the key in use does not reach.
UNDER_OTHER_KEY = "UNDER_OTHER_KEY"
REASONS = {
    "EXPIRED": "The access expired.",
    "REVOKED": "The access was taken back.",
    "INACTIVE": "The account was switched off at Composio.",
    "FAILED": "The app did not give access.",
    UNDER_OTHER_KEY: OTHER_KEY,
}
# Where the browser comes back to, by the state that stands in the address.
Back = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a callback came to. next_page: where the person was before, empty for the app's own page."""

    connection: ComposioConnection
    next_page: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a new link is made with."""

    connection_id: UUID
    entity_id: str
    auth_config_id: str
    schemes: tuple[str, ...]
    managed: tuple[str, ...]


class ComposioEntityManager:
    """The connections of one workspace, which is one user at Composio."""

    def __init__(self, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id

    def connections(self) -> QuerySet[ComposioConnection]:
        """All of them, in the workspace's scope."""
        return ComposioConnection.objects.filter(workspace_id=self.workspace_id).select_related("connected_by")

    def connection(self, app: str) -> ComposioConnection:
        """The one of this app; NotFound when there never was one."""
        found = self.connections().filter(app=app).first()
        if found is None:
            raise NotFound()
        return found

    def connect(self, app: str, back: Back, next_page: str = "") -> str:
        """Begin to connect an app, or to connect it anew; the address to send the person to."""
        access = access_for(self.workspace_id)
        with workspace_scope(self.workspace_id):
            wanted = self._wanted(app, access)
        state = secrets.token_urlsafe(32)
        try:
            with connected(access, seconds=SECONDS) as composio:
                config = wanted.auth_config_id or composio.auth_config(app, wanted.schemes, wanted.managed)
                link = composio.link(auth_config_id=config, user_id=wanted.entity_id, callback_url=back(state))
        except ComposioProblem as problem:
            with workspace_scope(self.workspace_id):
                # A configuration that is gone there is looked for anew the next time.
                self._row(wanted.connection_id).update(problem=problem.message[:1000], auth_config_id="")
            raise
        with workspace_scope(self.workspace_id):
            rows = self._row(wanted.connection_id)
            self._let_go(rows.exclude(credential_id=access.credential_id))
            rows.filter(status=Status.ADDED).update(status=Status.PENDING)
            rows.update(
                auth_config_id=config,
                pending_id=link.account_id,
                pending_until=link.until,
                state_hash=hash_of(state),
                next_page=next_page[:500],
                credential_id=access.credential_id,
                problem="",
                updated_at=timezone.now(),
            )
            self._record("connect_started", wanted.connection_id, app)
        return link.url

    def _let_go(self, rows: QuerySet[ComposioConnection]) -> None:
        """What was made under another key means nothing under this one, or is somebody else's: nothing of it stays."""
        ComposioTrigger.objects.filter(connection__in=rows).delete()
        rows.update(status=Status.ADDED, account_id="", broken_since=None)

    def _wanted(self, app: str, access: Access) -> _Wanted:
        row = ComposioAppCache.objects.filter(in_catalogue(access.catalogue), slug=app, status="active").first()
        if row is None:
            raise NotFound()
        if not row.is_connectable:
            raise Conflict(f"{row.display_name} needs no connection: agents can use it as it is.")
        entity, _ = ComposioEntity.objects.get_or_create(
            workspace_id=self.workspace_id, defaults={"entity_id": str(self.workspace_id)}
        )
        connection, _ = ComposioConnection.objects.get_or_create(
            entity=entity, app=app, defaults={"workspace_id": self.workspace_id, "status": Status.ADDED}
        )
        is_same_key = connection.credential_id == access.credential_id
        config = connection.auth_config_id if is_same_key else ""
        return _Wanted(connection.pk, entity.entity_id, config, tuple(row.auth_schemes), tuple(row.managed_schemes))

    def finish(self, state: str) -> Finished:
        """The browser came back with this state: look at the account and take it in. NotFound for any other state."""
        with workspace_scope(self.workspace_id):
            row = self.connections().filter(state_hash__in=_kept_as(state)).first()
        if row is None:
            raise NotFound()
        account = self.read_account(row, row.pending_id)
        with workspace_scope(self.workspace_id):
            taken = self.take(row, account)
        if taken and row.account_id and row.account_id != row.pending_id:
            self._forget(row, row.account_id)
        with workspace_scope(self.workspace_id):
            return Finished(self.connection(row.app), row.next_page)

    def take(self, row: ComposioConnection, account: Account | None) -> bool:
        """Take the pending account in; whether the connection works by it."""
        rows = self._row(row.pk).filter(pending_id=row.pending_id, credential_id=row.credential_id)
        if account is not None and account.is_open:
            # The person came back before the app did: the sweep looks again, as the browser has shown its secret.
            rows.update(state_hash=row.state_hash.upper())
            return False
        now = timezone.now()
        closed = {"pending_id": "", "pending_until": None, "state_hash": "", "checked_at": now, "updated_at": now}
        if account is None or not account.is_active or not self._is_ours(account, row):
            problem = reason_of(account) if account is None or self._is_ours(account, row) else GONE
            # A connection that worked goes on as it was.
            still = row.status if row.status in (Status.ACTIVE, Status.ERROR) else Status.ADDED
            rows.update(status=still, problem=problem, **closed)
            return False
        number = rows.update(
            status=Status.ACTIVE,
            account_id=row.pending_id,
            problem="",
            broken_since=None,
            connected_by_id=acting.current().user_id,
            connected_at=now,
            **closed,
        )
        if number:
            self._record("connected", row.pk, row.app)
        return bool(number)

    def give_up(self, row: ComposioConnection) -> None:
        """The link is over and its browser did not come back: forget the account it may have been allowed. Blocks."""
        self._forget(row, row.pending_id)
        with workspace_scope(self.workspace_id):
            self.take(row, None)

    def _is_ours(self, account: Account, row: ComposioConnection) -> bool:
        return account.user_id == str(self.workspace_id) and account.app == row.app

    def disconnect(self, app: str) -> int:
        """End the connection and keep its row; how many events of the app are no longer listened to."""
        with workspace_scope(self.workspace_id):
            row = self.connection(app)
        if key_state_of(self.workspace_id):
            for account_id in filter(None, (row.account_id, row.pending_id)):
                self._forget(row, account_id)
        with workspace_scope(self.workspace_id):
            number, _ = row.triggers.all().delete()
            self._row(row.pk).update(
                status=Status.ADDED,
                account_id="",
                pending_id="",
                pending_until=None,
                state_hash="",
                problem="",
                broken_since=None,
                updated_at=timezone.now(),
            )
            self._record("disconnected", row.pk, app)
        return number

    def check(self, app: str, *, at_once: bool = False) -> ComposioConnection:
        """The connection, looked at again when that was not done lately. at_once: in any case."""
        with workspace_scope(self.workspace_id):
            row = self.connection(app)
        is_fresh = row.checked_at is not None and row.checked_at > timezone.now() - FRESH
        if row.status != Status.ACTIVE or (is_fresh and not at_once):
            return row
        account = self.read_account(row, row.account_id)
        with workspace_scope(self.workspace_id):
            self.note(row, account)
            return self.connection(app)

    def note(self, row: ComposioConnection, account: Account | None) -> None:
        """Write down how an account in use is. Needs the workspace's scope."""
        rows = self._row(row.pk).filter(account_id=row.account_id)
        now = timezone.now()
        if account is not None and account.is_active:
            rows.filter(status=Status.ERROR).update(status=Status.ACTIVE, problem="", broken_since=None)
            rows.update(checked_at=now)
        elif rows.filter(status=Status.ACTIVE).update(
            status=Status.ERROR, problem=reason_of(account), broken_since=now, checked_at=now, updated_at=now
        ):
            self._record("broke", row.pk, row.app)

    def read_account(self, row: ComposioConnection, account_id: str) -> Account | None:
        """The account as Composio knows it now; one of another key is not asked for. Blocks."""
        access = access_for(self.workspace_id)
        if row.credential_id != access.credential_id:
            return Account(account_id, str(self.workspace_id), row.app, UNDER_OTHER_KEY)
        with connected(access, seconds=SECONDS, retries=1) as composio:
            return composio.account(account_id)

    def _forget(self, row: ComposioConnection, account_id: str) -> None:
        """Take back what the app allowed. A Composio that is away does not keep a person from disconnecting here.

        Whose account it is was said by the server of that time: only one of the key in use and of ours is touched.
        """
        access = access_for(self.workspace_id)
        if row.credential_id != access.credential_id:
            return
        try:
            with connected(access, seconds=SECONDS, retries=1) as composio:
                account = composio.account(account_id)
                if account is not None and self._is_ours(account, row):
                    composio.remove_account(account_id)
        except ComposioProblem as problem:
            if problem.code == "composio_key_refused" or not problem.retryable:
                return
            raise

    def _row(self, pk: UUID) -> QuerySet[ComposioConnection]:
        return ComposioConnection.objects.filter(workspace_id=self.workspace_id, pk=pk)

    def _record(self, done: str, pk: UUID, app: str) -> None:
        audit.record(f"app.{done}", workspace_id=self.workspace_id, target=("composio_connection", pk, app))


def key_state_of(workspace_id: UUID) -> bool:
    """Whether there is a key for this workspace."""
    with workspace_scope(workspace_id):
        return key_state(workspace_id).has_key


def hash_of(state: str) -> str:
    """How a state is kept: whoever reads the table cannot finish a connection."""
    return hashlib.sha256(state.encode()).hexdigest()


def _kept_as(state: str) -> tuple[str, str]:
    """How a state stands in the table: before its browser came back with it, and after (upper case)."""
    return hash_of(state), hash_of(state).upper()


def reason_of(account: Account | None) -> str:
    """Why an account cannot be used, in a sentence or two."""
    if account is None:
        return GONE
    told = f" {account.reason.rstrip('.')}." if account.reason else ""
    return f"{REASONS.get(account.status, ENDED)}{told}"[:1000]


def break_account(workspace_id: UUID, account_id: str, reason: str) -> None:
    """A message that was verified for this workspace says that this account of its ended."""
    with workspace_scope(workspace_id):
        rows = ComposioConnection.objects.filter(workspace_id=workspace_id, account_id=account_id).exclude(
            account_id=""
        )
        for row in rows.filter(status=Status.ACTIVE):
            told = Account(account_id, str(workspace_id), row.app, "EXPIRED", reason)
            ComposioEntityManager(workspace_id).note(row, told)


def due_workspaces() -> list[UUID]:
    """Workspaces with a connection that is used and was not looked at lately, or with a link that is over."""
    now = timezone.now()
    old = Q(status=Status.ACTIVE) & (Q(checked_at=None) | Q(checked_at__lt=now - WATCHED))
    over = Q(pending_until__lt=now) & ~Q(pending_id="")
    with system_scope(Purpose.UPKEEP):
        rows = ComposioConnection.objects.filter(old | over).order_by("workspace_id")
        return list(rows.values_list("workspace_id", flat=True).distinct()[:500])


def look_again(workspace_id: UUID) -> None:
    """Look at a workspace's connections that are due; a Composio that is away says nothing about them."""
    manager, now = ComposioEntityManager(workspace_id), timezone.now()
    with workspace_scope(workspace_id):
        rows = list(manager.connections().exclude(account_id="", pending_id=""))
    for row in rows:
        if row.status == Status.ACTIVE and (row.checked_at is None or row.checked_at < now - WATCHED):
            account = manager.read_account(row, row.account_id)
            with workspace_scope(workspace_id):
                manager.note(row, account)
        if row.pending_id and row.pending_until and row.pending_until < now:
            if not row.state_hash.isupper():
                # The browser that began it never came back with its secret: whoever else was given the link may have
                # put an account of their own in. It is not taken in, and what was allowed is taken back.
                manager.give_up(row)
                continue
            account = manager.read_account(row, row.pending_id)
            with workspace_scope(workspace_id):
                # One that is still open past its time will not be allowed any more.
                manager.take(row, account if account is None or not account.is_open else None)
