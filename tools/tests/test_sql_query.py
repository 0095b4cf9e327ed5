"""sql_query against the suite's real PostgreSQL: as a user who may write, and still nothing can be changed."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from automatos.private_hosts import parse
from automatos.tests.database_port import port
from tools.builtin.sql_query import TOOL
from tools.contract import ToolContext
from tools.tests.kit import call, context, credentials, refused, said

__all__ = ["port"]
LOG = Path(os.environ["DATA"]) / "logs" / "postgres.log"
OWNER = django_settings.DATABASES["default"]
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not django_settings.EMBEDDED_DATABASE, reason="needs a socket")]


@pytest.fixture
def writer() -> Iterator[str]:
    """A user who may do with all tables what they want, and nothing with the server."""
    name = f"sql_writer_{uuid4().hex[:8]}"
    with psycopg.connect(host=OWNER["HOST"], user=OWNER["USER"], dbname=OWNER["NAME"], autocommit=True) as database:
        database.execute(f"CREATE ROLE {name} LOGIN")
        database.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}; GRANT CREATE ON SCHEMA public TO {name}")
        database.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}")
        yield name
        database.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture
def run(writer: str, port: int, settings: Settings) -> ToolContext:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{port}"])
    place = {"host": "127.0.0.1", "port": str(port), "database": OWNER["NAME"]}
    given = {"user": writer, "password": "pa55word", **place}
    return context(
        credential=credentials(
            db=given,
            owner={**given, "user": OWNER["USER"]},
            nobody={**given, "user": "no_such_user"},
            nowhere={**given, "database": "none"},
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


async def test_a_superuser_and_whoever_has_rights_over_the_server_is_refused(run: ToolContext, writer: str) -> None:
    assert "is a superuser" in await refused("sql_query", run, credential="owner", sql="SELECT pg_reload_conf()")
    with psycopg.connect(host=OWNER["HOST"], user=OWNER["USER"], dbname=OWNER["NAME"], autocommit=True) as database:
        for grant, named in (
            ("GRANT pg_read_server_files TO {}", "pg_read_server_files"),
            ("GRANT EXECUTE ON FUNCTION pg_reload_conf() TO {}", "pg_reload_conf()"),
        ):
            database.execute(grant.format(writer))
            text = await refused("sql_query", run, credential="db", sql="SELECT 1 AS n")
            assert named in text
            assert "Use a credential whose user" in text
            database.execute(grant.replace("GRANT", "REVOKE", 1).replace(" TO ", " FROM ").format(writer))
    assert "1 rows." in await said("sql_query", run, credential="db", sql="SELECT 1 AS n")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
        "SELECT PG_CATALOG . Pg_Cancel_Backend(1)",
        "SELECT \"pg_notify\"('a', 'b')",
        "SELECT pg_advisory_lock(1)",
        "SELECT query_to_xml('select pg_termin' || 'ate_backend(1)', true, true, '')",
        'SELECT U&"pg_\\0074erminate_backend"(1)',
        "SELECT dblink_connect('host=evil.example')",
    ],
)
async def test_functions_that_do_more_than_read_are_refused(run: ToolContext, sql: str) -> None:
    assert "allowed" in (text := await refused("sql_query", run, credential="db", sql=sql)) or "not taken" in text


def test_a_query_with_words_of_its_own_tells_them_to_the_server() -> None:
    def sent(sql: str) -> str:
        return TOOL.sends({"credential": "db", "sql": sql})

    assert sent("SELECT name, count(*) FROM guests WHERE age > 30 GROUP BY name") == ""
    assert sent("SELECT 1 FROM information_schema.columns WHERE table_schema = 'public'") == ""
    for secret in ("SELECT 'hunter2'", "SELECT 1 -- hunter2", "SELECT $a$hunter2$a$", 'SELECT 1 AS "hunter2"'):
        assert "hunter2" in sent(secret)


def test_many_short_names_or_numbers_tell_something_to_the_server() -> None:
    numbers, names = (",".join(f"{ord(one)}" for one in "hunter2"), ",".join(f"1 h{one}" for one in "hunter2ab"))
    for pieces in (numbers, names):
        assert TOOL.sends({"credential": "db", "sql": f"SELECT {pieces}"}) != "", pieces


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS hunter2", "SELECT 1 hunter2", "SELECT count(*) hunter2 FROM guests",
        "SELECT name hunter2 FROM guests",
        "SELECT g.name FROM guests hunter2", "SELECT 1 FROM guests AS g(id, hunter2)", "SELECT NULL Hunter2",
        "WITH hunter2 AS (SELECT 1) SELECT 1", "WITH a AS (SELECT 1), hunter2 AS MATERIALIZED (SELECT 2) SELECT 1",
        "WITH a(hunter2) AS (SELECT 1) SELECT 1", "WITH a AS (SELECT 1), b(hunter2) AS (SELECT 1) SELECT 1",
        "SELECT CASE WHEN true THEN 1 END hunter2",
        "SELECT sum(age) OVER hunter2 FROM guests WINDOW hunter2 AS (ORDER BY 1)",
        "SELECT 'public' hunter2", "SELECT age::int hunter2 FROM guests", "SELECT ARRAY[1] hunter2",
    ],
)  # fmt: skip
def test_a_name_that_a_query_gives_tells_it_to_the_server(sql: str) -> None:
    assert "hunter2" in TOOL.sends({"credential": "db", "sql": sql})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT g.name, count(*) AS total FROM guests g JOIN visits v ON v.guest_id = g.id GROUP BY g.name ORDER BY 2",
        "SELECT date_trunc('public', born) AS month, CAST(age AS numeric(4, 1)) FROM guests WHERE born IS NOT NULL",
        "SELECT age::double precision, extract(year FROM born) FROM guests WHERE age BETWEEN 3 AND 9 AND NOT gone",
        "SELECT row_number() OVER (PARTITION BY city ORDER BY age DESC NULLS LAST) AS n FROM guests",
        "SELECT name FROM guests WHERE id IN (SELECT guest_id FROM visits) UNION ALL SELECT title FROM books",
    ],
)
def test_a_query_of_names_that_are_there_tells_nothing(sql: str) -> None:
    assert TOOL.sends({"credential": "db", "sql": sql}) == ""


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT {}", "SELECT {} FROM django_session", "SELECT s.{} FROM django_session s", "SELECT {}(1)",
        "TABLE {}", "SELECT 1::{}", "SELECT 1 FROM {}.django_session", "{}", "SELECT 12{}", "SELECT 1 + 0x{}",
        "SELECT 1 WHERE \U0001f642{}", "SELECT 1 ORDER BY {}",
    ],
)  # fmt: skip
async def test_a_name_that_is_not_there_does_not_come_to_the_server(run: ToolContext, sql: str) -> None:
    word = f"hunter{uuid4().hex}"
    before = LOG.read_text()
    await refused("sql_query", run, credential="db", sql=sql.replace("{}", word))
    assert word not in LOG.read_text()[len(before) :]


async def test_names_near_to_one_that_is_not_there_are_told(run: ToolContext) -> None:
    text = await refused("sql_query", run, credential="db", sql="SELECT 1 FROM django_sesion")
    assert "named django_sesion" in text
    assert "django_session" in text


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT S.Session_Key, count(*) AS total FROM public.django_session s GROUP BY s.session_key ORDER BY total",
        "WITH found(day, n) AS (SELECT date_trunc('week', expire_date), 7 FROM django_session) SELECT day FROM found",
        "SELECT key, value FROM json_each('{}') WHERE extract(dow FROM now()) > 1e3 OR value IS NULL",
        "SELECT t.a::numeric(4, 1), E'it\\'s' FROM json_to_recordset('[]') AS t(a int, b timestamptz) LIMIT 5",
        "SELECT ordinality, elem FROM unnest(ARRAY[1, 2]) WITH ORDINALITY AS elem(elem, ordinality)",
        "(SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public')",
        "SELECT CASE WHEN true THEN interval '1 day' END, generate_series FROM generate_series(1, 2), pg_database",
        "VALUES (1, current_user)", "TABLE django_session",
    ],
)  # fmt: skip
async def test_queries_of_names_that_are_there_are_run(run: ToolContext, sql: str) -> None:
    assert "rows." in await said("sql_query", run, credential="db", sql=sql)


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
