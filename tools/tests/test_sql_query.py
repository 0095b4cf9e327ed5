"""sql_query against the suite's real PostgreSQL, as a superuser: even then nothing can be changed."""

import time

import psycopg
import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from automatos.private_hosts import parse
from automatos.tests.database_port import port
from tools.contract import ToolContext
from tools.tests.kit import call, context, credentials, refused, said

__all__ = ["port"]
OWNER = django_settings.DATABASES["default"]
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not django_settings.EMBEDDED_DATABASE, reason="needs a socket")]


@pytest.fixture
def run(port: int, settings: Settings) -> ToolContext:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{port}"])
    place = {"host": "127.0.0.1", "port": str(port), "database": OWNER["NAME"]}
    given = {"user": OWNER["USER"], "password": "pa55word", **place}
    return context(
        credential=credentials(
            db=given, nobody={**given, "user": "no_such_user"}, nowhere={**given, "database": "none"}
        )
    )


async def test_rows_come_as_a_table(run: ToolContext) -> None:
    sql = "SELECT n, 'a|b' AS text, NULL AS nothing FROM generate_series(1, 3) AS n ORDER BY n DESC -- done\n;"
    result = await call("sql_query", run, credential="db", sql=sql)
    assert result.content.startswith("| n | text | nothing |\n| --- | --- | --- |\n| 3 | a\\|b |  |\n| 2 |")
    assert result.content.endswith("3 rows.")
    assert result.origin == f"database {OWNER['NAME']}"
    assert await said("sql_query", run, credential="db", sql="SELECT 1 WHERE false") == "0 rows."


async def test_rows_and_their_sizes_are_limited(run: ToolContext) -> None:
    text = await said("sql_query", run, credential="db", sql="SELECT generate_series(1, 10000000) AS n", limit=5)
    assert "only the first 5 are shown" in text
    started = time.monotonic()
    text = await said(
        "sql_query", run, credential="db", sql="SELECT repeat('x', 30000000) AS big FROM generate_series(1, 3)"
    )
    assert len(text) <= 20_000
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE probe (a int)",
        "INSERT INTO django_site VALUES (1)",
        "WITH gone AS (DELETE FROM django_session RETURNING 1) SELECT * FROM gone",
        "SELECT 1; DROP TABLE django_session",
        "SELECT 1) AS q; DROP TABLE django_session; --",
        "SELECT 1) AS q UNION ALL SELECT repeat('x', 100000000) FROM (SELECT 1",
        "COMMIT",
        "SET TRANSACTION READ WRITE",
        "COPY django_session TO PROGRAM 'touch /tmp/x'",
        "SELECT * FROM django_session FOR UPDATE",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT nextval('django_migrations_id_seq')",
        "SELECT lo_create(0)",
        "SELECT * INTO probe FROM django_session",
        "EXPLAIN ANALYZE SELECT 1",
        "SELEC 1",
        "SELECT * FROM no_such_table",
        "",
        ";",
    ],
)
async def test_nothing_but_one_select_is_run(run: ToolContext, sql: str) -> None:
    text = await refused("sql_query", run, credential="db", sql=sql)
    assert "pa55word" not in text
    with psycopg.connect(host=OWNER["HOST"], user=OWNER["USER"], dbname=OWNER["NAME"]) as database:
        assert database.execute("SELECT to_regclass('probe'), to_regclass('django_session')").fetchone() == (
            None,
            "django_session",
        )


async def test_a_slow_query_is_ended_by_the_server(run: ToolContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.builtin.sql_query.STATEMENT_SECONDS", 1)
    started = time.monotonic()
    assert "statement timeout" in await refused("sql_query", run, credential="db", sql="SELECT pg_sleep(20)")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(("name", "text"), [("nobody", "refuses this credential"), ("nowhere", "no database")])
async def test_a_wrong_credential_is_told_without_its_values(run: ToolContext, name: str, text: str) -> None:
    found = await refused("sql_query", run, credential=name, sql="SELECT 1")
    assert text in found
    assert "no_such_user" not in found


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"host": "10.0.0.1", "database": "x", "user": "u"}, "private address"),
        ({"host": "localhost", "database": "x", "user": "u"}, "private network"),
        ({"host": "/var/run/postgresql", "database": "x", "user": "u"}, "is not a host name"),
        ({"host": "93.184.216.34", "database": "x", "user": "u", "sslmode": "disable"}, "sslmode has to be"),
        ({"host": "93.184.216.34", "database": "x", "user": "u", "port": "0"}, "from 1 to 65535"),
        ({"token": "abc"}, "cannot open a database"),
    ],
)
async def test_only_public_hosts_over_tls_unless_listed(fields: dict[str, str], text: str) -> None:
    given = context(credential=credentials(db={**fields, "password": "pa55word"}))
    found = await refused("sql_query", given, credential="db", sql="SELECT 1")
    assert text in found
    assert "pa55word" not in found


async def test_nobody_listening_is_told(settings: Settings) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    fields = {"host": "127.0.0.1", "port": "9", "database": "x", "user": "u"}
    given = context(credential=credentials(db=fields))
    assert "does not answer" in await refused("sql_query", given, credential="db", sql="SELECT 1")
