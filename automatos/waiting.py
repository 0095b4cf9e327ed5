"""A process that can do nothing without its database waits for it, as it does where both start at the same moment."""

import logging
import time

import psycopg
from django.db import connection

logger = logging.getLogger(__name__)
# Seconds: how long one attempt may take, between two of them, and between two lines of the log.
PATIENCE = 2
PAUSE = 1.0
TELL_EVERY = 30.0


def wait_for_database() -> None:
    """Returns once the database takes a connection. The first attempt that fails is told, then one each 30 seconds."""
    told = 0.0
    while reason := why_refused():
        if not told or time.monotonic() - told >= TELL_EVERY:
            told = time.monotonic()
            logger.warning("Waiting for the database: %s", reason)
        time.sleep(PAUSE)


def why_refused() -> str:
    """Why the database takes no connection; empty when it does.

    Not by the pool, which would wait longer and keep trying.
    """
    try:
        psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": PATIENCE}).close()
    except psycopg.OperationalError as error:
        return (str(error).splitlines() or ["no answer"])[0]
    return ""
