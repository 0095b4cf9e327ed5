"""The names in a query, looked up before it is sent: one that is not there would only stand in the server's log.

All names of the database are asked for with a question that is always the same, and compared here.
"""

import difflib
from typing import Any

import psycopg

from tools.builtin import sql_guard
from tools.contract import ToolProblem

# What `extract` may be asked for, that is no word of the language.
FIELDS = frozenset(
    [
        *("century", "decade", "dow", "doy", "epoch", "isodow", "isoyear", "julian", "microseconds"),
        *("millennium", "milliseconds", "quarter", "timezone", "timezone_hour", "timezone_minute", "week"),
    ]
)
# Of a larger database it is not known which names there are.
MOST = 300_000
_NAMES = f"""
SELECT DISTINCT name FROM (
    SELECT attname::text AS name FROM pg_attribute WHERE NOT attisdropped
    UNION ALL SELECT relname::text FROM pg_class WHERE relkind NOT IN ('i', 'I', 't')
    UNION ALL SELECT nspname::text FROM pg_namespace
    UNION ALL SELECT typname::text FROM pg_type
    UNION ALL SELECT proname::text FROM pg_proc
    UNION ALL SELECT unnest(proargnames) FROM pg_proc
    UNION ALL SELECT word FROM pg_get_keywords()
    UNION ALL SELECT current_database()::text
) AS found WHERE name <> '' LIMIT {MOST + 1}
"""  # noqa: S608


async def check_names(connection: psycopg.AsyncConnection[Any], sql: str) -> None:
    """ToolProblem naming a bare name of the query that is neither in the database nor given by the query itself."""
    wanted = [name for name in sql_guard.bare_names(sql) if name not in FIELDS]
    cursor = await connection.execute(_NAMES)
    there = {str(row[0]) for row in await cursor.fetchall()}
    if len(there) > MOST:
        raise ToolProblem(f"This database has more than {MOST:,} names, so queries on it cannot be checked here.")
    missing = next((name for name in wanted if name not in there), None)
    if missing is None:
        return
    near = difflib.get_close_matches(missing[:60], there, n=3)
    meant = f" Near to it are: {', '.join(near)}." if near else ""
    raise ToolProblem(
        f"There is no table, column, function or type named {missing[:60]} in this database, so the query was not sent."
        f"{meant} information_schema.columns lists what there is."
    )
