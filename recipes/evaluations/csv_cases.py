"""Cases from CSV: a row each; columns are the recipe's inputs by name, `name`, and kinds of expectations."""

import csv
import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from automatos.checking import Problems
from recipes.evaluations.expectations import JUDGE, KINDS, SCHEMA

LONGEST, MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 2_000_000, 200, 60, 100_000
NAME, PREFIX = "name", "input."
FIELD = "csv"


@dataclass(slots=True)
class Row:
    """A row. line: its number as a spreadsheet counts, the names being line 1; columns: of each expectation."""

    line: int
    name: str = ""
    input_data: dict[str, Any] = field(default_factory=dict)
    expectations: list[dict[str, Any]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)


def read(text: str, inputs: Collection[str], problems: Problems) -> list[Row]:
    """The rows; notes what cannot be read, at `csv`, or at `csv.<line>.<column>`.

    An input that is called like a kind or `name` is written `input.<its name>`. A kind may stand at several columns.
    """
    if len(text) > LONGEST:
        problems.add(FIELD, f"This has {len(text):,} characters; split it into files of {LONGEST:,}.")
        return []
    try:
        lines = list(_lines(text))
    except csv.Error as error:
        problems.add(FIELD, f"This is no CSV: {error}.")
        return []
    if not lines:
        problems.add(FIELD, "This is empty. Its first line names the columns.")
        return []
    names = [name.strip() for name in lines[0][1]]
    _check_names(names, inputs, problems)
    if len(lines) - 1 > MOST_ROWS:
        problems.add(FIELD, f"There are {len(lines) - 1} rows; at most {MOST_ROWS} are taken.")
    elif len(lines) == 1:
        problems.add(FIELD, "There is no row under the names of the columns.")
    if FIELD in problems:
        return []
    return [_row(line, names, cells, problems) for line, cells in lines[1:]]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, each with its number."""
    for number, cells in enumerate(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True), 1):
        if any(cell.strip() for cell in cells):
            yield number, cells


def _check_names(names: list[str], inputs: Collection[str], problems: Problems) -> None:
    if len(names) > MOST_COLUMNS:
        problems.add(FIELD, f"There are {len(names)} columns; at most {MOST_COLUMNS} are taken.")
        return
    known = ", ".join(inputs) or "none"
    for number, name in enumerate(names, 1):
        if name != NAME and name not in KINDS and name.removeprefix(PREFIX) not in inputs:
            problems.add(
                FIELD,
                f"Row 1, column {number}: {name[:60]!r} is no input ({known}), and none of {NAME}, {', '.join(KINDS)}.",
            )
        elif name not in KINDS and names.index(name) != number - 1:
            problems.add(FIELD, f"Row 1, column {number}: {name} is there twice.")
    if not any(name in KINDS for name in names):
        problems.add(FIELD, f"Add a column that says what is expected, called one of {', '.join(KINDS)}.")


def _row(line: int, names: list[str], cells: list[str], problems: Problems) -> Row:
    row = Row(line)
    if len(cells) > len(names):
        problems.add(f"{FIELD}.{line}", f"Row {line} has {len(cells)} cells, and there are {len(names)} columns.")
    for name, cell in zip(names, cells, strict=False):
        if len(cell) > LONGEST_CELL:
            text = f"Row {line}, column {name}: shorten it to {LONGEST_CELL:,} characters."
            problems.add(f"{FIELD}.{line}.{name}", text)
        elif name == NAME:
            row.name = cell
        elif name in KINDS:
            _expect(row, name, cell, problems)
        elif cell != "":
            row.input_data[name.removeprefix(PREFIX)] = cell
    return row


def _expect(row: Row, kind: str, cell: str, problems: Problems) -> None:
    if not cell.strip():
        return
    wanted: Any = cell
    if kind == SCHEMA:
        try:
            wanted = json.loads(cell)
        except (ValueError, RecursionError):
            problems.add(f"{FIELD}.{row.line}.{kind}", f"Row {row.line}, column {kind}: this is no JSON.")
            return
    elif kind == JUDGE:
        wanted = [point for point in cell.splitlines() if point.strip()]
    row.expectations.append({"type": kind, KINDS[kind]: wanted})
    row.columns.append(kind)


def tell(row: Row, found: Problems, problems: Problems) -> None:
    """Note what is wrong with the row's case, by its line and column."""
    for place, texts in found.fields.items():
        head, _, rest = place.partition(".")
        number, _, _ = rest.partition(".")
        column = rest if head == "input_data" else head
        if head == "expectations":
            column = row.columns[int(number)] if number.isdigit() and int(number) < len(row.columns) else head
        for one in texts:
            problems.add(f"{FIELD}.{row.line}.{column}", f"Row {row.line}, column {column}: {one}")
