"""One SELECT over a CSV file, in an SQLite database that exists only for it."""

import csv
import itertools
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from tools.confined.child import Problem
from tools.confined.csv_rows import rows_of
from tools.confined.encodings import decoded

MOST_COLUMNS = 500
ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
FORBIDDEN = {"load_extension", "randomblob", "zeroblob", "readfile", "writefile", "fts3_tokenizer"}


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: sql, delimiter or empty, limit, seconds. Gives columns (of the table), names, rows and more."""
    text = decoded(data).text
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        columns = _load(database, text, task["delimiter"])
    except csv.Error as error:
        raise Problem(f"The data is not CSV that can be read: {error}.") from None
    names, rows, more = _select(database, task["sql"], task["limit"], task["seconds"])
    return {"columns": columns, "names": names, "rows": rows, "more": more}, b""


def _load(database: sqlite3.Connection, text: str, delimiter: str) -> list[str]:
    lines = rows_of(text, delimiter)
    header = next(lines, None)
    if not header:
        raise Problem("The data has no header line.")
    if len(header) > MOST_COLUMNS:
        raise Problem(f"The data has {len(header):,} columns; at most {MOST_COLUMNS} are taken.")
    columns = _distinct(header)
    database.execute(f"CREATE TABLE data ({', '.join(_quoted(name) for name in columns)})")
    places = ", ".join("?" * len(columns))
    rows = ([_value(cell) for cell in _filled(row, len(columns))] for row in lines if row)
    database.executemany(f"INSERT INTO data VALUES ({places})", rows)  # noqa: S608 (places are question marks)
    return columns


def _distinct(header: list[str]) -> list[str]:
    """Names that differ, also for SQL, which does not see capitals."""
    seen: set[str] = set()
    names = []
    for number, cell in enumerate(header, 1):
        name = " ".join(cell.replace("\x00", "").split())[:100] or f"column_{number}"
        while name.lower() in seen:
            name += "_"
        seen.add(name.lower())
        names.append(name)
    return names


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _filled(row: list[str], width: int) -> Iterator[str]:
    return itertools.islice(itertools.chain(row, itertools.repeat("")), width)


def _value(cell: str) -> int | float | str | None:
    """Numbers as numbers, an empty cell as nothing. Leading zeros make text: they are codes, not amounts."""
    bare = cell.strip()
    if not bare:
        return None
    digits = bare.lstrip("+-")
    if digits.isascii() and digits[:1].isdigit() and not (digits[0] == "0" and digits[1:2].isdigit()):
        if digits.isdigit() and len(digits) < 19:
            return int(bare)
        if digits.replace(".", "", 1).isdigit() and len(digits) < 18:
            return float(bare)
    return cell


def _select(
    database: sqlite3.Connection, sql: str, limit: int, seconds: float
) -> tuple[list[str], list[list[Any]], bool]:
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10_000_000)
    database.setlimit(sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50)
    database.set_authorizer(_allow)
    deadline = time.monotonic() + seconds
    database.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    try:
        found = database.execute(sql)
        if found.description is None:
            raise Problem("Only a SELECT over the table data is allowed.")
        rows = [[_plain(value) for value in row] for row in itertools.islice(found, limit + 1)]
    except sqlite3.Error as error:
        columns = [row[0] for row in _columns(database)]
        raise Problem(
            f"{_words(error, seconds)} The table is named data; its columns are: {', '.join(columns)}."
        ) from None
    return [str(column[0]) for column in found.description], rows[:limit], len(rows) > limit


def _columns(database: sqlite3.Connection) -> list[Any]:
    database.set_authorizer(None)
    database.set_progress_handler(None, 0)
    return list(database.execute("SELECT name FROM pragma_table_info('data')"))


def _words(error: sqlite3.Error, seconds: float) -> str:
    text = str(error)
    if "not authorized" in text:
        return "Only a SELECT over the table data is allowed."
    if "interrupted" in text:
        return f"The query took longer than {seconds:g} seconds."
    if "one statement" in text:
        return "Only one statement at a time is allowed."
    return f"The query cannot be run: {text}."


def _allow(action: int, first: str | None, second: str | None, *rest: str | None) -> int:
    if action not in ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second in FORBIDDEN):
        return sqlite3.SQLITE_DENY
    if (
        action == sqlite3.SQLITE_READ
        and first not in ("data", "")
        and first
        and first.startswith(("sqlite_", "pragma_"))
    ):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _plain(value: Any) -> Any:
    return f"{len(value)} bytes" if isinstance(value, bytes) else value
