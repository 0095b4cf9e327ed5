"""The tables of a spreadsheet file: xlsx, xlsb, xls and ods; values as they are shown, no formulas."""

import io
import re
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tools.confined.child import Problem
from tools.confined.office import Lines, Package, attribute, table_text, under

MOST_CELLS = 2_000_000
BOOK, PROPERTIES = "xl/workbook.xml", "docProps/core.xml"
READ = re.compile(r"docProps/core\.xml|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/[^/]+\.xml")
# A cell that holds something, with its column and row.
CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r="([A-Z]{1,7})(\d{1,10})"[^<>]*(?<!/)>')


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text (each sheet a heading and a table) and notes."""
    title = ""
    if data.startswith(b"PK"):
        # Its entries are counted and measured before another reader trusts them.
        package = Package(data, lambda path: READ.fullmatch(path) is not None)
        title = package.title()
        _check_reach(package)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        lines, hidden = Lines(), []
        for sheet in book.sheets_metadata:
            if sheet.typ != SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible != SheetVisibleEnum.Visible:
                hidden.append(sheet.name)
                continue
            table = _table(book, sheet.name)
            lines.add(f"# {' '.join(sheet.name.split())}\n\n{table}" if table else "")
    except CalamineError:
        raise Problem("This spreadsheet is damaged or protected with a password. Save it again without one.") from None
    names = ", ".join(name[:60] for name in hidden[:10])
    notes = [f"Hidden sheets were left out: {names}."] if hidden else []
    return {"title": title, "text": lines.text(), "notes": notes}, b""


def _check_reach(package: Package) -> None:
    """Pass sheets of an xlsx whose cells stand together: the reader takes room for all between the outermost."""
    root = package.xml(BOOK)
    names = (
        {attribute(node, "id"): attribute(node, "name") for node in under(root, "sheet")} if root is not None else {}
    )
    for key, related in package.related(BOOK).items():
        cells = [
            (int(row), _column(letters), letters)
            for letters, row in CELL.findall(package.parts.get(related.target, b""))
        ]
        if not cells:
            continue
        rows, columns, _ = zip(*cells, strict=True)
        room = (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)
        if room > MOST_CELLS >= len(cells):
            ends = dict.fromkeys(
                f"{letters.decode()}{row}" for row, _, letters in (max(cells), max(cells, key=lambda one: one[1]))
            )
            raise Problem(
                f"The sheet {names.get(key, '')[:60]} reaches to {' and '.join(ends)} and is empty for the most part. "
                "Delete cells that stand far from its table, and save it again."
            )


def _column(letters: bytes) -> int:
    """The number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _table(book: CalamineWorkbook, name: str) -> str:
    sheet = book.get_sheet_by_name(name)
    if sheet.height * sheet.width > MOST_CELLS:
        raise Problem(f"The sheet {name[:60]} has more than {MOST_CELLS:,} cells. Split it.")
    rows = [[_shown(cell) for cell in row] for row in sheet.to_python()]
    used = [column for column in range(sheet.width) if any(row[column] for row in rows if column < len(row))]
    return table_text([[row[column] for column in used] for row in rows])


def _shown(value: object) -> str:
    """A value in words that a search finds: whole numbers without a point, dates as 2026-11-30."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float | timedelta) else ""
