"""Small files of the kinds that offices have, each with the words of SHOWN and none of NOT_SHOWN."""

import io
import json
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage

LINK = (
    '<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
)
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
NOT_SHOWN = ("HIDDENSHEET", "DELETEDTEXT", "SCRIPT")


def zip_of(files: Mapping[str, str]) -> bytes:
    """The files, packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def _links(*given: tuple[str, str, str]) -> str:
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{namespace}">{"".join(LINK.format(*each) for each in given)}</Relationships>'


def _row(number: int, *cells: str) -> str:
    inside = "".join(
        f'<c r="{"ABC"[place]}{number}"><v>{cell}</v></c>'
        if cell.replace(".", "").isdigit()
        else f'<c r="{"ABC"[place]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for place, cell in enumerate(cells)
    )
    return f'<row r="{number}">{inside}</row>'


def xlsx() -> bytes:
    """Two sheets, one of them hidden."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheets = '<sheet name="Prices" sheetId="1" r:id="r1"/><sheet name="Secret" sheetId="2" state="hidden" r:id="r2"/>'
    return zip_of(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": _links(("r", "officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{main}" {R}><sheets>{sheets}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _links(
                ("r1", "worksheet", "worksheets/sheet1.xml"), ("r2", "worksheet", "worksheets/sheet2.xml")
            ),
            "xl/worksheets/sheet1.xml": SHEET.format(_row(1, "Product", "Euros") + _row(2, "Lamp|shade", "38.0")),
            "xl/worksheets/sheet2.xml": SHEET.format(_row(1, "HIDDENSHEET")),
        }
    )


def pptx() -> bytes:
    """Two slides, the second named first in the archive, with notes, a table and a grouped shape."""
    a, p = (
        "http://schemas.openxmlformats.org/drawingml/2006/main",
        "http://schemas.openxmlformats.org/presentationml/2006/main",
    )
    head = f'xmlns:a="{a}" xmlns:p="{p}" {R}'

    def shape(text: str, kind: str = "") -> str:
        place = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>' if kind else ""
        return f"<p:sp>{place}<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"

    cell = "<a:tc><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    table = f"<p:graphicFrame><a:tbl><a:tr>{cell.format('Year')}</a:tr><a:tr>{cell.format('TABLECELL')}</a:tr></a:tbl></p:graphicFrame>"  # noqa: E501
    grouped = f"<p:grpSp>{shape('GROUPED')}</p:grpSp>"
    return zip_of(
        {
            "_rels/.rels": _links(("r", "officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f'<p:presentation {head}><p:sldIdLst><p:sldId id="256" r:id="a"/><p:sldId id="257" r:id="b"/></p:sldIdLst></p:presentation>',  # noqa: E501
            "ppt/_rels/presentation.xml.rels": _links(
                ("b", "slide", "slides/one.xml"), ("a", "slide", "slides/two.xml")
            ),
            "ppt/slides/one.xml": f"<p:sld {head}>{shape('Costs', 'title')}{table}{grouped}</p:sld>",
            "ppt/slides/two.xml": f"<p:sld {head}>{shape('Plan', 'ctrTitle')}{shape('7', 'sldNum')}</p:sld>",
            "ppt/slides/_rels/one.xml.rels": _links(("n", "notesSlide", "../notesSlides/n.xml")),
            "ppt/notesSlides/n.xml": f"<p:notes {head}>{shape('SPOKEN', 'body')}</p:notes>",
        }
    )


def odt() -> bytes:
    """Headings, a list, a table, a note, a comment, a deleted text, a footer."""
    names = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"'
        for one in ("office", "text", "table", "style", "draw")
    )
    body = (
        "<text:tracked-changes><text:p>DELETEDTEXT</text:p></text:tracked-changes>"
        '<text:h text:outline-level="2">Travel</text:h>'
        "<text:p>Meals<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>NOTETEXT</text:p>"
        "</text:note-body></text:note><office:annotation><text:p>COMMENT</text:p></office:annotation> cost"
        "<draw:frame><draw:text-box><text:p>BOXTEXT</text:p></draw:text-box></draw:frame></text:p>"
        "<text:list><text:list-item><text:p>First</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Land</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>CELL</text:p></table:table-cell></table:table-row></table:table>"
    )
    return zip_of(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {names}><office:body><office:text>{body}</office:text></office:body></office:document-content>",  # noqa: E501
            "styles.xml": f"<office:document-styles {names}><style:footer><text:p>FOOTER</text:p></style:footer></office:document-styles>",  # noqa: E501
        }
    )


def epub() -> bytes:
    """Two chapters, named in the other order than the book has them."""
    page = "<html><head><title>x</title><script>SCRIPT</script></head><body><h1>{}</h1><p>{}</p></body></html>"
    return zip_of(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfile full-path="OEBPS/book.opf"/></container>',
            "OEBPS/book.opf": "<package><metadata><title>The Book</title></metadata><manifest>"
            '<item id="b" href="b%20c.xhtml"/><item id="a" href="a.xhtml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
            "OEBPS/b c.xhtml": page.format("Second", "SECONDTEXT"),
            "OEBPS/a.xhtml": page.format("First", "FIRSTTEXT"),
        }
    )


def eml() -> bytes:
    """A mail in HTML and another encoding, with a file."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Rückgabe", "Olga <olga@example.org>", "shop@example.org"
    message.set_content("<p>Die Gebühr ist BODYTEXT.</p><script>SCRIPT</script>", subtype="html", charset="iso-8859-1")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="bill.pdf")
    return message.as_bytes()


def notebook() -> bytes:
    """A text, a code and what it printed."""
    output = {"output_type": "stream", "text": ["PRINTED\n"]}
    picture = {"output_type": "display_data", "data": {"image/png": "AAAA", "text/plain": "FIGURE"}}
    cells = [
        {"cell_type": "markdown", "source": ["# Study\n", "WORDS"]},
        {"cell_type": "code", "source": "total = 1 + 1", "outputs": [output, picture]},
    ]
    return json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4}).encode()
