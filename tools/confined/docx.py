"""Blocks as a Word document."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from tools.confined.blocks import Block, Span, is_right_to_left, read

MONO = "Consolas"
DEEPEST_STYLE = 3
# Word wants a paragraph's properties in the order of ECMA-376, 17.3.1.26.
AFTER_BIDI = ("w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr")
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: title. data: Markdown. Gives the document's bytes."""
    blocks = read(data.decode())
    document = Document()
    document.core_properties.title = task["title"][:255]
    document.core_properties.author = ""
    document.core_properties.comments = ""
    document.core_properties.created = document.core_properties.modified = datetime.now(UTC)
    for block in blocks:
        _write(document, block)
    target = io.BytesIO()
    document.save(target)
    return {"missing": 0}, target.getvalue()


def _write(document: Any, block: Block) -> None:
    match block.kind:
        case "heading":
            _spans(document.add_heading(level=block.level), block.spans)
        case "item":
            _item(document, block)
        case "quote":
            _spans(document.add_paragraph(style="Quote"), block.spans)
        case "code":
            _spans(document.add_paragraph(style="No Spacing"), block.spans)
            document.add_paragraph()
        case "table":
            _table(document, block)
        case "rule":
            _rule(document.add_paragraph())
        case _:
            _spans(document.add_paragraph(), block.spans)


def _item(document: Any, block: Block) -> None:
    """Numbers are written out: Word's own would go on counting from list to list."""
    if block.sign == "•":
        level = min(block.level, DEEPEST_STYLE)
        paragraph = document.add_paragraph(style="List Bullet" if level == 1 else f"List Bullet {level}")
        _spans(paragraph, block.spans)
        return
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.left_indent = Pt(18 * block.level + 6)
    if block.sign:
        paragraph.paragraph_format.first_line_indent = Pt(-18)
        paragraph.add_run(f"{block.sign}\t")
    _spans(paragraph, block.spans)


def _spans(paragraph: Any, spans: Sequence[Span]) -> None:
    right = is_right_to_left("".join(span.text for span in spans))
    if right:
        paragraph._p.get_or_add_pPr().insert_element_before(OxmlElement("w:bidi"), *AFTER_BIDI)
    for span in spans:
        run = _run(paragraph, span)
        if right:
            run._r.get_or_add_rPr().append(OxmlElement("w:rtl"))
        if span.link:
            _link(paragraph, run, span.link)


def _run(paragraph: Any, span: Span) -> Any:
    made = paragraph.add_run()
    for number, line in enumerate(span.text.split("\n")):
        if number:
            made.add_break(WD_BREAK.LINE)
        made.add_text(line)
    made.bold = span.bold or None
    made.italic = span.italic or None
    made.font.strike = span.strike or None
    if span.code:
        made.font.name = MONO
        made.font.size = Pt(9.5)
    return made


def _link(paragraph: Any, run: Any, address: str) -> None:
    """Put the run into a hyperlink; the library has no word for it."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, LINK, is_external=True))
    run.font.underline = True
    paragraph._p.replace(run._r, link)
    link.append(run._r)


def _table(document: Any, block: Block) -> None:
    columns = max(map(len, block.rows))
    table = document.add_table(rows=0, cols=columns, style="Table Grid")
    for number, row in enumerate(block.rows):
        cells = table.add_row().cells
        for cell, spans in zip(cells, row, strict=False):
            _spans(cell.paragraphs[0], spans)
            if number == 0:
                for made in cell.paragraphs[0].runs:
                    made.bold = True
    document.add_paragraph()


def _rule(paragraph: Any) -> None:
    border = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "999999")):
        line.set(qn(f"w:{name}"), value)
    border.append(line)
    paragraph._p.get_or_add_pPr().append(border)
