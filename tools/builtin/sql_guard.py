"""What a query may not do although it changes no row: rights its user should not have, and functions that reach out."""

import re
from typing import Any

import psycopg

from tools.contract import Arguments, ToolProblem

# Roles of PostgreSQL whose members reach files, programs and other sessions of the server.
ROLES = (
    *("pg_read_server_files", "pg_write_server_files", "pg_execute_server_program", "pg_signal_backend"),
    *("pg_checkpoint", "pg_create_subscription", "pg_maintain", "rds_superuser", "cloudsqlsuperuser", "azure_pg_admin"),
)
# Everybody may call these, in a read-only transaction too: they end or block other sessions, run text as a query, send.
FUNCTIONS = re.compile(
    r"\b(pg_(terminate|cancel)_backend|pg_notify|pg_(try_)?advisory_\w+|pg_logical_emit_message|pg_export_snapshot"
    r"|set_config|dblink\w*|lo_\w+|loread|lowrite|query_to_xml\w*|cursor_to_xml\w*|(table|schema|database)_to_xml\w*"
    r"|http(_\w+)?(?=\s*\())",
    re.IGNORECASE,
)
# Another spelling of any name, by which the words above would be missed.
UNICODE_NAME = re.compile(r'\bu&\s*"', re.IGNORECASE)
# What of a query carries words to the server: texts, quoted names, comments (which may stand in one
# another, so all behind the first), long numbers.
CARRIES = re.compile(r"'[^']*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*|\d{4,}", re.DOTALL)
# Looking at what is there needs these; they say nothing.
HARMLESS = frozenset(("'public'", "'information_schema'", "'pg_catalog'", "'BASE TABLE'", "'%'", "''"))

_RIGHTS = """
SELECT r.rolsuper,
    ARRAY(SELECT o.rolname FROM pg_roles o WHERE o.rolname = ANY(%s) AND pg_has_role(r.oid, o.oid, 'MEMBER')),
    ARRAY(SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.provolatile = 'v'
        AND p.proacl IS NOT NULL AND NOT has_function_privilege('public', p.oid, 'EXECUTE')
        AND has_function_privilege(r.oid, p.oid, 'EXECUTE') ORDER BY 1 LIMIT 3)
FROM pg_roles r WHERE r.rolname = session_user
"""
CURE = "Use a credential whose user may do no more than SELECT on the tables that agents should see."


def check_words(sql: str) -> None:
    """ToolProblem for a query that names a function with effects beyond reading."""
    if UNICODE_NAME.search(sql):
        raise ToolProblem('Names written as U&"…" are not taken. Write the name as it is.')
    if found := FUNCTIONS.search(sql):
        raise ToolProblem(f"{found[0]} does more than read, so it is not allowed here. Leave it out.")


async def check_rights(connection: psycopg.AsyncConnection[Any]) -> None:
    """ToolProblem for a user who can do more than read: a superuser, or one with rights over the server itself."""
    cursor = await connection.execute(_RIGHTS, [list(ROLES)])
    is_super, roles, functions = await cursor.fetchone() or (True, [], [])
    if is_super:
        raise ToolProblem(f"This credential's user is a superuser of the database, who can do anything. {CURE}")
    if roles or functions:
        names = ", ".join([*roles, *(f"{name}()" for name in functions)])
        raise ToolProblem(f"This credential's user has rights over the database server: {names}. {CURE}")


def sends(arguments: Arguments) -> str:
    """The agent's own words in a query: they reach a server that may be anybody's. Empty for a query without any."""
    found = (match[0] for match in CARRIES.finditer(str(arguments.get("sql", ""))))
    return " ".join(piece for piece in found if piece not in HARMLESS)
