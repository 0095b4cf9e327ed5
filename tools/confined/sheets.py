"""The tables of a spreadsheet file: xlsx, xlsb, xls and ods; values as they are shown, no formulas."""

import io
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tools.confined.child import Problem
from tools.confined.office import Lines, Package, table_text

MOST_CELLS = 2_000_000


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text (each sheet a heading and a table) and notes."""
    title = ""
    if data.startswith(b"PK"):
        # Its entries are counted and measured before another reader trusts them.
        title = Package(data, lambda path: path == "docProps/core.xml").title()
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
