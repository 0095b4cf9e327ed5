"""The engine's own SQL: prepared statements, sent several at a time, in a Django transaction.

Django's cursors put values into the text of each statement and wait for each answer. A turn has a dozen small
statements, so here PostgreSQL plans each once per connection, and statements whose answers nobody reads yet travel
together (libpq's pipeline mode).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection, transaction


class Statements:
    """Runs statements on the connection of the surrounding transaction."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def send(self, sql: str, params: Sequence[Any]) -> psycopg.Cursor[Any]:
        """Send a statement with $1-style typed parameters written as %s; its rows may be fetched later."""
        return psycopg.Cursor(self.raw).execute(sql, params, prepare=True)

    def rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Send a statement and wait for its rows."""
        return self.send(sql, params).fetchall()


@contextmanager
def statements() -> Iterator[Statements]:
    """A transaction to run statements in; commits at the end, Django's errors on failure."""
    with transaction.atomic(), connection.wrap_database_errors:
        connection.ensure_connection()
        raw = connection.connection
        with raw.pipeline():
            yield Statements(raw)


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
