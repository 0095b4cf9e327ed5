"""Blocks as a PDF on A4, in DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and symbols."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF, FontFace
from fpdf.enums import TextEmphasis
from fpdf.fonts import TTFFont

from tools.confined.blocks import Block, Span, is_right_to_left, read
from tools.confined.child import Problem

FONTS = Path(__file__).resolve().parent.parent / "fonts"
FACES = {
    ("Sans", ""): "DejaVuSans.ttf",
    ("Sans", "B"): "DejaVuSans-Bold.ttf",
    ("Sans", "I"): "DejaVuSans-Oblique.ttf",
    ("Sans", "BI"): "DejaVuSans-Bold.ttf",
    ("Mono", ""): "DejaVuSansMono.ttf",
}
BODY = 10.0  # points
HEADINGS = {1: 20.0, 2: 16.0, 3: 13.0, 4: 11.5, 5: 10.5, 6: 10.0}
LINE = 1.4
MOST_CELLS = 20_000
LINKED = (30, 80, 160)
QUOTED = (90, 90, 90)
SHADED = (244, 244, 244)
BLACK = (0, 0, 0)
NO_GLYPH = "\ufffd"


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: title. data: Markdown. Gives the document's bytes, and missing: how many characters have no glyph."""
    pdf = FPDF(format="A4")
    pdf.set_title(task["title"] or "Document")
    pdf.set_creation_date(datetime.now(UTC))
    for (family, style), file in FACES.items():
        pdf.add_font(family, style, FONTS / file)
    pdf.set_margins(20, 20)
    pdf.set_auto_page_break(True, margin=20)
    pdf.set_text_shaping(True)
    pdf.add_page()
    _plain(pdf)
    face = pdf.fonts["sans"]
    known = {ord("\n"), *(face.cmap if isinstance(face, TTFFont) else ())}
    missing = 0
    for block in read(data.decode()):
        missing += sum(ord(letter) not in known for span in _all(block) for letter in span.text)
        _write(pdf, _drawable(block, known))
    return {"missing": missing}, bytes(pdf.output())


def _all(block: Block) -> list[Span]:
    return [*block.spans, *(span for row in block.rows for cell in row for span in cell)]


def _drawable(block: Block, known: set[int]) -> Block:
    """The block with a sign in place of each character the font does not have: nothing is lost unseen."""

    def drawn(spans: Sequence[Span]) -> list[Span]:
        return [
            replace(span, text="".join(letter if ord(letter) in known else NO_GLYPH for letter in span.text))
            for span in spans
        ]

    return replace(block, spans=drawn(block.spans), rows=[[drawn(cell) for cell in row] for row in block.rows])


def _plain(pdf: FPDF) -> None:
    pdf.set_font("Sans", "", BODY)
    pdf.set_text_color(*BLACK)


def _write(pdf: FPDF, block: Block) -> None:
    match block.kind:
        case "heading":
            size = HEADINGS[block.level]
            _paragraph(pdf, block.spans, size=size, bold=True, above=size / 4, below=size / 8)
        case "item":
            _paragraph(pdf, block.spans, indent=6.0 * block.level, sign=block.sign, below=0.8)
        case "quote":
            _paragraph(pdf, block.spans, indent=6.0, colour=QUOTED)
        case "code":
            _code(pdf, block.text)
        case "table":
            _table(pdf, block)
        case "rule":
            pdf.ln(3)
            pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
            pdf.ln(3)
        case _:
            _paragraph(pdf, block.spans)


def _paragraph(
    pdf: FPDF,
    spans: Sequence[Span],
    *,
    size: float = BODY,
    bold: bool = False,
    indent: float = 0.0,
    sign: str = "",
    above: float = 0.0,
    below: float = 2.5,
    colour: tuple[int, int, int] = BLACK,
) -> None:
    """One paragraph; lengths in millimetres, size in points. Text that runs from right to left stands at the right."""
    right = is_right_to_left("".join(span.text for span in spans))
    pdf.set_font("Sans", "B" if bold else "", size)
    pdf.set_text_color(*colour)
    if sign and not right:
        pdf.set_x(pdf.l_margin + indent - 6)
        pdf.cell(6, size * LINE / 2.835, sign)
    left, far = (None, pdf.r_margin + indent) if right else (pdf.l_margin + indent, None)
    align = "RIGHT" if right else "LEFT"
    with (
        pdf.text_columns(text_align=align, line_height=LINE, l_margin=left, r_margin=far) as columns,
        columns.paragraph(top_margin=above, bottom_margin=below) as paragraph,
    ):
        for span in spans:
            pdf.set_font("Mono" if span.code else "Sans", "" if span.code else _style(span, bold), size)
            pdf.set_text_color(*(LINKED if span.link else colour))
            paragraph.write(span.text, link=span.link or None)
    _plain(pdf)


def _style(span: Span, bold: bool) -> str:
    strike = "S" if span.strike else ""
    return ("B" if bold or span.bold else "") + ("I" if span.italic else "") + ("U" if span.link else "") + strike


def _code(pdf: FPDF, text: str) -> None:
    pdf.set_font("Mono", "", BODY - 1.5)
    pdf.set_fill_color(*SHADED)
    pdf.set_x(pdf.l_margin)
    pdf.multi_cell(0, 4.4, text, fill=True, align="L", new_x="LMARGIN", new_y="NEXT", padding=2)
    pdf.ln(2.5)
    pdf.set_fill_color(255)
    _plain(pdf)


def _table(pdf: FPDF, block: Block) -> None:
    if sum(map(len, block.rows)) > MOST_CELLS:
        raise Problem(f"A table has more than {MOST_CELLS:,} cells.")
    width = max(map(len, block.rows))
    head = FontFace(emphasis=TextEmphasis.B, fill_color=(238, 238, 238))
    pdf.set_font("Sans", "", BODY - 1)
    with pdf.table(headings_style=head, line_height=5, padding=1, text_align="LEFT") as table:
        for cells in block.rows:
            row = table.row()
            for spans in [*cells, *[[]] * (width - len(cells))]:
                row.cell("".join(span.text for span in spans))
    pdf.ln(3)
    _plain(pdf)
