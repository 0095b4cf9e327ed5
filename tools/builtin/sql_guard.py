"""What a query may not do although it changes no row: rights its user should not have, and functions that reach out."""

import re
from collections.abc import Iterator
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
CARRIES = re.compile(
    r"\b[eE]'(?:[^'\\]|\\.)*'|(?:\b[bBnNxX])?'[^']*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*|\d{4,}", re.DOTALL
)
# Words of the language. Any other that follows a value, a name or `AS` is a name of the query's own.
KEYWORDS = frozenset(
    [
        "all",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "at",
        "between",
        "both",
        "by",
        "case",
        "cast",
        "coalesce",
        "collate",
        "cross",
        "cube",
        "current",
        "current_date",
        "current_time",
        "current_timestamp",
        "current_user",
        "cursor",
        "day",
        "desc",
        "distinct",
        "else",
        "end",
        "epoch",
        "escape",
        "except",
        "exclude",
        "exists",
        "extract",
        "false",
        "fetch",
        "filter",
        "first",
        "following",
        "for",
        "from",
        "full",
        "greatest",
        "group",
        "grouping",
        "groups",
        "having",
        "hour",
        "ignore",
        "ilike",
        "in",
        "inner",
        "intersect",
        "interval",
        "into",
        "is",
        "isnull",
        "join",
        "last",
        "lateral",
        "leading",
        "least",
        "left",
        "like",
        "limit",
        "localtime",
        "localtimestamp",
        "locked",
        "materialized",
        "minute",
        "month",
        "natural",
        "next",
        "no",
        "not",
        "notnull",
        "nowait",
        "null",
        "nullif",
        "nulls",
        "of",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "ordinality",
        "others",
        "outer",
        "over",
        "overlaps",
        "overlay",
        "partition",
        "placing",
        "position",
        "preceding",
        "range",
        "recursive",
        "repeatable",
        "respect",
        "right",
        "rollup",
        "row",
        "rows",
        "second",
        "select",
        "session_user",
        "sets",
        "share",
        "similar",
        "skip",
        "some",
        "substring",
        "symmetric",
        "table",
        "tablesample",
        "ties",
        "to",
        "trailing",
        "trim",
        "true",
        "unbounded",
        "union",
        "unique",
        "update",
        "using",
        "value",
        "values",
        "when",
        "where",
        "window",
        "with",
        "within",
        "without",
        "year",
        "zone",
    ]
)
# Names that queries often give, and types that `CAST(… AS …)` names: few enough to say little.
USUAL = frozenset(
    [
        "a",
        "average",
        "avg",
        "b",
        "bigint",
        "boolean",
        "bytes",
        "c",
        "char",
        "cnt",
        "count",
        "d",
        "date",
        "day",
        "double",
        "e",
        "f",
        "first",
        "id",
        "int",
        "integer",
        "json",
        "jsonb",
        "k",
        "key",
        "kind",
        "last",
        "max",
        "min",
        "month",
        "n",
        "name",
        "num",
        "number",
        "numeric",
        "precision",
        "q",
        "r",
        "real",
        "s",
        "size",
        "smallint",
        "sum",
        "t",
        "text",
        "time",
        "timestamp",
        "timestamptz",
        "total",
        "uuid",
        "v",
        "value",
        "varchar",
        "varying",
        "w",
        "x",
        "y",
        "year",
        "z",
    ]
)
VALUES = frozenset(
    [
        "current_date",
        "current_time",
        "current_timestamp",
        "current_user",
        "end",
        "false",
        "null",
        "session_user",
        "true",
    ]
)
# Names up to SHORT characters and the usual ones say little each, and so do short numbers; many say much.
SHORT, MOST_LITTLE, MOST_DIGITS = 2, 8, 16
BEGINNINGS = frozenset(("select", "values", "table", "with"))
ONLY = "Only one SELECT, VALUES, TABLE or WITH … SELECT is allowed"
# How a part of a query begins that has a name: `name AS (`.
PARTS = [["as", "("], ["as", "materialized"], ["as", "not"]]
# To the server each character past ASCII is a letter.
TOKEN = re.compile(
    r"(?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)|(?P<end>\d[\w.\x80-\U0010ffff]*|[)\]])|(?P<other>[^\w\s])"
)
PLAIN_NUMBER = re.compile(r"\d[\d_]*\.?\d*(e\d{1,3})?", re.IGNORECASE)
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
    sql = str(arguments.get("sql", ""))
    found = [match[0] for match in CARRIES.finditer(sql)]
    # What was found stands there as a number: a value.
    rest = CARRIES.sub(" 0 ", sql)
    names, numbers = list(_own_names(_tokens(rest))), re.findall(r"\b\d\w*", rest)
    little = [name for name in names if name in USUAL or len(name) <= SHORT]
    told = [piece for piece in found if piece not in HARMLESS] + [name for name in names if name not in little]
    told += little if len(little) > MOST_LITTLE else []
    told += numbers if sum(map(len, numbers)) > MOST_DIGITS else []
    return " ".join(told)


def bare_names(sql: str) -> list[str]:
    """The names in a query that are to be there already, as the server reads them, each once.

    Those that the query gives itself count in `sends`. Raises ToolProblem for what begins otherwise than a query, and
    for a number that is none: the server would say both in its log.
    """
    tokens = _tokens(CARRIES.sub(" 0 ", sql))
    words = [text for kind, text in tokens if kind == "word"]
    if not words or words[0] not in BEGINNINGS:
        raise ToolProblem(f"{ONLY}.")
    for kind, text in tokens:
        if kind == "end" and text[0].isdecimal() and not PLAIN_NUMBER.fullmatch(text):
            raise ToolProblem(f"{text[:60]} is not a number. Write it with digits.")
    own = set(_own_names(tokens))
    return [word for word in dict.fromkeys(words) if word not in KEYWORDS and word not in own]


Tokens = list[tuple[str | None, str]]


def _tokens(sql: str) -> Tokens:
    return [(found.lastgroup, found[0].lower()) for found in TOKEN.finditer(sql)]


def _own_names(tokens: Tokens) -> Iterator[str]:
    """The names that a query gives to columns, tables and parts of its own: any word would do there."""
    closing = _closing([text for _, text in tokens])
    names = [kind == "word" and text not in KEYWORDS for kind, text in tokens]
    inside = -1
    for at, (_, text) in enumerate(tokens):
        if not names[at]:
            continue
        before = tokens[at - 1] if at else ("", "")
        follows_value = at > 0 and (names[at - 1] or before[0] == "end" or before[1] in VALUES)
        end = closing.get(at + 1, at)
        is_part = [text for _, text in tokens[end + 1 : end + 3]] in PARTS
        if at < inside or follows_value or before[1] in ("as", "with", "recursive") or is_part:
            # The columns in brackets behind such a name are named by the query, too.
            inside = max(inside, end)
            yield text


def _closing(texts: list[str]) -> dict[int, int]:
    """Where each round bracket that opens is closed."""
    found, opened = {}, list[int]()
    for at, text in enumerate(texts):
        if text == "(":
            opened.append(at)
        elif text == ")" and opened:
            found[opened.pop()] = at
    return found
