"""How many questions a door asks the database, without what opens and closes its scope."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

SCOPE = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT", "SELECT set_config", "SELECT current_setting")


@contextmanager
def asked() -> Iterator[list[str]]:
    """The SQL of what is asked inside, complete after the block."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as seen:
        yield found
    found += [query["sql"] for query in seen.captured_queries if not query["sql"].startswith(SCOPE)]
