"""The scope of a transaction: whose rows it may see and write. PostgreSQL's row-level security reads it.

A scope opens a transaction (or a savepoint in the one there is) and sets the role and the workspace for it alone
(SET LOCAL), so nothing is left behind on a connection that goes back to the pool. Without a scope no row of any
workspace is there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE


class Purpose(StrEnum):
    """Why work crosses workspaces. A test lists the modules that may claim each."""

    SIGN_IN = "sign-in"  # whose credential is this, before any workspace is known
    ENGINE = "engine"  # the kitchen cooks for every workspace
    SEED = "seed"  # reference data and the demo
    OPERATOR = "operator"  # commands of whoever runs the installation
    MODERATION = "moderation"  # the admin site; each change is audited
    SCAN = "scan"  # packages are scanned, whoever submitted them
    UPKEEP = "upkeep"  # purges and other periodic chores


@dataclass(frozen=True, slots=True)
class Scope:
    """What a transaction runs as."""

    role: str
    workspace: str = ""
    person: str = ""
    purpose: str = ""

    @property
    def values(self) -> tuple[str, str, str, str]:
        return self.role, self.workspace, self.person, self.purpose


SET_SCOPE = (
    "SELECT set_config('role', %s, true), set_config('automatos.workspace', %s, true), "
    "set_config('automatos.person', %s, true), set_config('automatos.purpose', %s, true)"
)
READ_SCOPE = (
    "SELECT current_setting('role'), coalesce(current_setting('automatos.workspace', true), ''), "
    "coalesce(current_setting('automatos.person', true), ''), coalesce(current_setting('automatos.purpose', true), '')"
)

# The scope in force and the database connection it was set on: another thread has another connection.
_in_force: ContextVar[tuple[Scope, Any] | None] = ContextVar("tenancy_scope", default=None)


@contextmanager
def workspace_scope(workspace_id: UUID, user_id: UUID | None = None) -> Iterator[None]:
    """Rows of this workspace can be read and written; with user_id, that person's memberships elsewhere be read."""
    with _entered(Scope(APP_ROLE, workspace=str(workspace_id), person=str(user_id or ""))):
        yield


@contextmanager
def person_scope(user_id: UUID) -> Iterator[None]:
    """The person's own memberships, and the workspaces they lead to, can be read; nothing can be written."""
    with _entered(Scope(APP_ROLE, person=str(user_id))):
        yield


@contextmanager
def system_scope(purpose: Purpose) -> Iterator[None]:
    """Every workspace's rows can be read and written, for one named purpose."""
    with _entered(Scope(SYSTEM_ROLE, purpose=purpose.value)):
        yield


def system_statement(purpose: Purpose) -> tuple[str, tuple[str, ...]]:
    """The same for a transaction that the caller opened and runs with statements of its own."""
    return SET_SCOPE, Scope(SYSTEM_ROLE, purpose=purpose.value).values


def current() -> Scope | None:
    """The scope in force on this thread's connection."""
    found = _in_force.get()
    if found is None or found[1] is not connection.connection or not connection.in_atomic_block:
        return None
    return found[0]


@contextmanager
def _entered(scope: Scope) -> Iterator[None]:
    if current() == scope:
        yield
        return
    inside = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        before = _read(cursor) if inside else None
        cursor.execute(SET_SCOPE, scope.values)
        token = _in_force.set((scope, connection.connection))
        try:
            yield
        finally:
            _in_force.reset(token)
        # A rolled back savepoint takes the setting back by itself; the end of the transaction does so too.
        if before is not None and not connection.needs_rollback:
            cursor.execute(SET_SCOPE, before)


def _read(cursor: Any) -> tuple[str, str, str, str]:
    cursor.execute(READ_SCOPE)
    role, workspace, person, purpose = cursor.fetchone()
    return role, workspace, person, purpose
