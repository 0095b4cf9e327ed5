"""The text of a Word document as Markdown: headings, paragraphs, lists and tables in their order."""

import io
import re
from typing import Any

from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph

from tools.confined.child import Problem

LONGEST = 2_000_000
HEADING = re.compile(r"Heading ([1-6])$")


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title and text. What is longer than the limit is a problem, not cut."""
    document = Document(io.BytesIO(data))
    parts: list[str] = []
    size = 0
    for block in document.iter_inner_content():
        text = _table(block) if isinstance(block, Table) else _paragraph(block)
        if text:
            parts.append(text)
            size += len(text) + 2
        if size > LONGEST:
            raise Problem(f"The document has more than {LONGEST:,} characters. Split it into several.")
    return {"title": (document.core_properties.title or "")[:300], "text": "\n\n".join(parts)}, b""


def _paragraph(paragraph: Paragraph) -> str:
    text = paragraph.text.strip()
    style = paragraph.style.name or "" if paragraph.style is not None else ""
    if not text:
        return ""
    if style == "Title":
        return f"# {text}"
    found = HEADING.match(style)
    if found:
        return f"{'#' * int(found[1])} {text}"
    return f"- {text}" if style.startswith("List") else text


def _table(table: Table) -> str:
    return "\n".join(" | ".join(cell.text.strip() for cell in row.cells) for row in table.rows)
