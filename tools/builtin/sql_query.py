"""sql_query: one SELECT on a PostgreSQL database that a credential opens."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import psycopg
from django.conf import settings

from automatos import outside
from tools.builtin import sql_guard, sql_names
from tools.builtin.tables import table
from tools.contract import Arguments, Tool, ToolContext, ToolProblem, ToolResult, object_schema

SECONDS = 30.0
STATEMENT_SECONDS = 20
CONNECT_SECONDS = 8
MOST_ROWS = 500
LONGEST_ROW = 20_000
TLS_MODES = ("require", "verify-full")
FIELDS = "host, database, user and password, and may have port and sslmode"


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Connect to the checked address, run the query in a read-only transaction, give its rows as a table."""
    if context.credential is None:
        raise ToolProblem("No credentials are offered here.")
    sql = arguments["sql"].strip().rstrip(";")
    sql_guard.check_words(sql)
    fields = await context.credential(arguments["credential"])
    limit = arguments.get("limit", 100)
    options = await _place(fields)
    try:
        async with await psycopg.AsyncConnection.connect(**options) as connection:
            await connection.set_read_only(True)
            await sql_guard.check_rights(connection)
            await sql_names.check_names(connection, sql)
            await connection.rollback()
            rows = await _rows(connection, sql, limit)
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise ToolProblem(_not_connected(str(error)), retryable=True) from None
        raise ToolProblem(f"The query failed: {_words(error)}.") from None
    except psycopg.Error as error:
        raise ToolProblem(f"The query failed: {_words(error)}.") from None
    return ToolResult(_written(rows, limit), origin=f"database {options['dbname']}")


async def _place(fields: Mapping[str, str]) -> dict[str, Any]:
    """The options to connect with, the checked addresses among them."""
    given = {name: str(value).strip() for name, value in fields.items()}
    if not all(given.get(name) for name in ("host", "database", "user")):
        raise ToolProblem(f"This credential cannot open a database. It needs {FIELDS}.")
    port = given.get("port") or "5432"
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ToolProblem("The credential's port is not a number from 1 to 65535.")
    host = given["host"].lower().rstrip(".")
    addresses = await outside.find_host(host, int(port))
    listed = settings.OUTSIDE_PRIVATE_HOSTS
    private = listed.has_name(host, int(port)) or all(listed.has_address(one, int(port)) for one in addresses)
    mode = given.get("sslmode") or ("prefer" if private else "require")
    if mode not in TLS_MODES and not private:
        raise ToolProblem(f"The credential's sslmode has to be {', '.join(TLS_MODES)} for a public host.")
    return {
        # The name is for the certificate only; each address is tried in turn.
        "host": ",".join([host] * len(addresses)),
        "hostaddr": ",".join(map(str, addresses)),
        "port": int(port),
        "dbname": given["database"],
        "user": given["user"],
        "password": given.get("password", ""),
        "sslmode": mode,
        # Nothing of this machine's files joins in.
        **dict.fromkeys(("passfile", "sslcert", "sslkey"), "/nonexistent"),
        "sslrootcert": "system" if mode == "verify-full" else "/nonexistent",
        "gssencmode": "disable",
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "automatos",
        "options": f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout=3s",
    }


async def _rows(connection: psycopg.AsyncConnection[Any], query: str, limit: int) -> list[str]:
    """Each row as JSON text, cut by the server where it is very long."""
    wrapped = f"SELECT left(row_to_json(q)::text, {LONGEST_ROW}) FROM (\n{query}\n) AS q LIMIT {limit + 1}"  # noqa: S608
    try:
        # First the text alone: what is one whole SELECT by itself cannot close the brackets it stands in afterwards.
        async with connection.cursor(name="alone") as cursor:
            await cursor.execute(query.encode())
        async with connection.cursor(name="wrapped") as cursor:
            await cursor.execute(wrapped.encode())
            return [str(row[0]) for row in await cursor.fetchmany(limit + 1)]
    except psycopg.errors.SyntaxError as error:
        raise ToolProblem(f"{sql_guard.ONLY}: {_words(error)}.") from None
    finally:
        with contextlib.suppress(psycopg.Error):
            await connection.rollback()


def _not_connected(text: str) -> str:
    """What a failed connection comes to; its own text may repeat the user's name or the address."""
    if "authentication failed" in text or ("role" in text and "does not exist" in text) or "pg_hba" in text:
        return "The database refuses this credential: its user or password is not right, or may not come from here."
    if "database" in text and "does not exist" in text:
        return "There is no database of the credential's name."
    if "SSL" in text or "certificate" in text:
        return "The database cannot be reached the way the credential's sslmode asks for."
    return "The database does not answer."


def _words(error: psycopg.Error) -> str:
    diagnosis = error.diag
    if diagnosis.message_primary is None:
        return "the database broke off"
    return ". ".join(part for part in (diagnosis.message_primary, diagnosis.message_hint) if part)[:1000].rstrip(".")


def _written(rows: list[str], limit: int) -> str:
    if not rows:
        return "0 rows."
    shown = rows[:limit]
    more = f" There are more; only the first {limit} are shown." if len(rows) > limit else ""
    try:
        parsed = [json.loads(row) for row in shown]
    except ValueError:
        return "\n".join(shown) + f"\n\n{len(shown)} rows, very long ones cut.{more}"
    names = list(parsed[0])
    return f"{table(names, [[row.get(name) for name in names] for row in parsed])}\n\n{len(shown)} rows.{more}"


TOOL = Tool(
    name="sql_query",
    title="SQL query",
    description=(
        "Run one SELECT on a PostgreSQL database, read-only, with a credential named by its id. To see what is there: "
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'."
    ),
    schema=object_schema(
        {
            "credential": {"type": "string", "minLength": 1, "maxLength": 100, "description": "A credential's id."},
            "sql": {"type": "string", "minLength": 1, "maxLength": 10_000, "description": "One SELECT."},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "description": "Rows; 100 if left out."},
        },
        ["credential", "sql"],
    ),
    effects="reads",
    sends_by=sql_guard.sends,
    run=run,
    seconds=SECONDS,
)
