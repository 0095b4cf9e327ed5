"""The engine's own SQL: prepared statements, sent several at a time, in a Django transaction.

Django's cursors put values into the text of each statement and wait for each answer. A turn has a dozen small
statements, so here PostgreSQL plans each once per connection, and statements whose answers nobody reads yet travel
together (libpq's pipeline mode).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from django.db import Error, connection, transaction

from automatos.llm.text import clean
from workspaces.scope.tenancy import SET_SCOPE, Purpose, system_scope, system_statement

CLOCK = "SELECT statement_timestamp()"
# How long a turn waits for a row before its other parts go on without that one.
LOCK_WAIT = "3s"
SCOPE = f"{SET_SCOPE}, set_config('lock_timeout', %s, true), statement_timestamp()"
# Somebody else holds a row: locks not had in time, and deadlocks.
LOCKED = ("55P03", "40P01")
# What PostgreSQL says when the same may succeed a moment later: connections, conflicts, locks, room, shutting down.
PASSING = ("08", "40", "53", "55", "57", "58")
# The tables a write changes.
CHANGED = re.compile(r"(?<!KEY )\b(?:UPDATE|INTO)\s+(?!SET\b)(\w+)")

# The text of a statement and its parameters.
Statement = tuple[str, Sequence[Any]]


class Statements:
    """Runs statements on the connection of the surrounding transaction."""

    def __init__(self, raw: psycopg.Connection[Any], purpose: Purpose | None = None) -> None:
        self.raw = raw
        self.later: list[Statement] = []
        self._now: datetime | None = None
        # The first statement of all, whose answer comes with the first one that is waited for.
        self._first = self.send(*(SCOPE, [*system_statement(purpose)[1], LOCK_WAIT]) if purpose else (CLOCK, []))

    @property
    def now(self) -> datetime:
        """When the transaction began, by the database's clock: those of machines may differ."""
        if self._now is None:
            now: datetime = self._first.fetchall()[0][-1]
            self._now = now
        return self._now

    def send(self, sql: str, params: Sequence[Any]) -> psycopg.Cursor[Any]:
        """Send a statement with $1-style typed parameters written as %s; its rows may be fetched later.

        Text goes without what PostgreSQL cannot hold.
        """
        kept = [clean(param) if isinstance(param, str) else param for param in params]
        return psycopg.Cursor(self.raw).execute(sql, kept, prepare=True)

    def rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Send a statement and wait for its rows."""
        return self.send(sql, params).fetchall()

    def together(self, writes: Sequence[Statement]) -> None:
        """Several writes as one statement, all but the last in WITH clauses: none sees what another one wrote."""
        *others, (last, _) = writes
        text = "".join([f"{'WITH' if n == 0 else ','} w{n} AS ({sql}) " for n, (sql, _) in enumerate(others)]) + last
        self.send(text, [param for _, params in writes for param in params])

    def put_off(self, write: Statement) -> None:
        """A write that nothing in this transaction reads: sent together with others at the latest before the commit.

        Of two changes of one row in one statement PostgreSQL makes only one, so a second write of a table goes after
        the first.
        """
        if any(changed_tables(write[0]) & changed_tables(other) for other, _ in self.later):
            self.flush()
        self.later.append(write)

    def flush(self) -> None:
        """Send what was put off."""
        if self.later:
            self.together(self.later)
            self.later = []


@cache
def changed_tables(sql: str) -> frozenset[str]:
    """The tables a write changes."""
    return frozenset(CHANGED.findall(sql))


def is_passing(error: Error) -> bool:
    """Whether the database is away or busy, so that the same may succeed later, and not the statement at fault."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(PASSING)


def is_locked(error: Error) -> bool:
    """Whether somebody else holds a row that was needed."""
    return getattr(error.__cause__, "sqlstate", None) in LOCKED


@contextmanager
def statements(purpose: Purpose | None = None) -> Iterator[Statements]:
    """A transaction to run statements in; commits at the end, Django's errors on failure.

    purpose: work on every workspace's rows for it; without one the scope is that of the surrounding transaction.
    """
    if purpose is not None and connection.in_atomic_block:
        # A scope of its own, which gives the surrounding one back at its end.
        with system_scope(purpose), statements() as sql:
            yield sql
        return
    with transaction.atomic(), connection.wrap_database_errors:
        connection.ensure_connection()
        raw = connection.connection
        with raw.pipeline():
            sql = Statements(raw, purpose)
            yield sql
            sql.flush()


def columns(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Rows turned into the array literals that unnest() takes, one for each column."""
    return [array(column) for column in zip(*rows, strict=True)]


def array(values: Iterable[Any]) -> str:
    """A PostgreSQL array literal. Much cheaper than the driver's general way, which looks at each value's type."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    return str(value)
