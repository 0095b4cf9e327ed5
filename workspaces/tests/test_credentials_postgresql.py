"""The test of a PostgreSQL credential against a real server that asks for a password (SCRAM)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings

from automatos.private_hosts import parse
from automatos.tests.database_port import port
from workspaces.credentials.checks import check

__all__ = ["port"]
OWNER = django_settings.DATABASES["default"]
PASSWORD = "pa55-of-ada"
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not django_settings.EMBEDDED_DATABASE, reason="needs a socket")]


@pytest.fixture
def ada(db: None) -> Iterator[None]:
    """A role of this name that has to give its password; the server asks nobody else for one."""
    place: dict[str, Any] = {"host": OWNER["HOST"], "user": OWNER["USER"], "dbname": OWNER["NAME"], "autocommit": True}
    with psycopg.connect(**place) as server:
        row = server.execute("SHOW hba_file").fetchone()
        assert row
        rules, before = Path(row[0]), Path(row[0]).read_text()
        server.execute(f"CREATE ROLE check_ada LOGIN PASSWORD '{PASSWORD}'")
        rules.write_text(f"local all check_ada scram-sha-256\n{before}")
        server.execute("SELECT pg_reload_conf()")
        yield
        rules.write_text(before)
        server.execute("SELECT pg_reload_conf()")
        server.execute("DROP ROLE check_ada")


@pytest.mark.parametrize(
    ("fields", "ok", "words"),
    [
        ({}, True, "The database answered."),
        ({"sslmode": "prefer"}, True, "The database answered."),
        ({"sslmode": "require"}, False, "another one"),
        ({"sslmode": "verify-full"}, False, "another one"),
        ({"password": "another-pa55"}, False, "refuses this user name or password"),
        ({"user": "check_nobody"}, False, "refuses this user name or password"),
        ({"database": "nowhere"}, False, "no database of this name"),
        ({"port": "9"}, False, "does not answer at this host and port"),
    ],
)
async def test_what_a_real_server_says_is_told_in_our_words(
    ada: None, port: int, settings: Any, fields: dict[str, str], ok: bool, words: str
) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    given = {"host": "127.0.0.1", "port": str(port), "database": OWNER["NAME"], "user": "check_ada"}
    result = await check("postgresql", {**given, "password": PASSWORD, "sslmode": "disable", **fields})
    assert (result.ok, words in result.message) == (ok, True), result
    assert "pa55" not in result.message
