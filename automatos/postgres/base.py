"""The database backend: settings name it by its package, and Django looks for `DatabaseWrapper` here."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections of a pool, each checked when it is taken out.

    The pool's own check finds the connections that a restart broke one by one and waits 1, 2, 4, 8 seconds between
    them: with five of them a request times out. Here the first one found broken means that all of them are replaced.
    CONN_HEALTH_CHECKS is off, so that Django does not ask the pool for its check.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that answers. Raises OperationalError when none can be had within the pool's timeout."""
        taken = super().get_new_connection(conn_params)
        pool = self.pool
        if pool is None or _answers(taken):
            return taken
        pool.putconn(taken)
        pool.drain()
        return super().get_new_connection(conn_params)


def _answers(connection: psycopg.Connection[Any]) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
