"""A Word document with everything that its text can stand in."""

import io

import docx
from docx.document import Document
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.parser import OxmlElement

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
V = 'xmlns:v="urn:schemas-microsoft-com:vml"'
BOX = f"<w:pict {W} {V}><v:shape><v:textbox><w:txbxContent><w:p><w:r><w:t>{{}}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict>"  # noqa: E501
SHOWN = (
    "BLOCKCONTROL", "INLINECONTROL", "CELLCONTROL", "INSERTED", "TEXTBOX", "BOXCELL", "HEADERTEXT", "FOOTERTEXT",
    "FOOTNOTETEXT", "COMMENTTEXT", "LINKTEXT", "NESTEDTABLE", "NEWERBOX", "SMARTTAG", "ALTTEXT",
)  # fmt: skip
NOT_SHOWN = ("DELETED", "MOVEDAWAY", "OLDERBOX", "HIDDENTEXT", "FIELDCODE")


def full_document() -> bytes:
    """The document; every word of SHOWN is to be read, none of NOT_SHOWN."""
    document = docx.Document()
    document.add_heading("Tariff", 1)
    table = document.add_table(rows=2, cols=2)
    for place, text in enumerate(("Region", "Units", "EU", "12")):
        table.cell(place // 2, place % 2).text = text
    cell = table.cell(1, 1)
    control = f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>{{}}</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    cell._tc.append(parse_xml(control.format("CELLCONTROL")))
    inner = cell.add_table(1, 1)
    inner.cell(0, 0).text = "NESTEDTABLE"
    cell.paragraphs[0].add_run()._r.append(parse_xml(BOX.format("BOXCELL")))
    document.sections[0].header.paragraphs[0].text = "HEADERTEXT"
    document.sections[0].footer.paragraphs[0].text = "FOOTERTEXT"
    line = document.add_paragraph("see ")
    for piece in (
        '<w:ins {W} w:id="1" w:author="a"><w:r><w:t>INSERTED</w:t></w:r></w:ins>',
        '<w:del {W} w:id="2" w:author="a"><w:r><w:delText>DELETED</w:delText></w:r></w:del>',
        '<w:moveFrom {W} w:id="3" w:author="a"><w:r><w:t>MOVEDAWAY</w:t></w:r></w:moveFrom>',
        "<w:sdt {W}><w:sdtContent><w:r><w:t>INLINECONTROL</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:hyperlink {W}><w:r><w:t>LINKTEXT</w:t></w:r></w:hyperlink>",
        "<w:smartTag {W}><w:r><w:t>SMARTTAG</w:t></w:r></w:smartTag>",
        "<w:r {W}><w:rPr><w:vanish/></w:rPr><w:t>HIDDENTEXT</w:t></w:r>",
        "<w:r {W}><w:instrText>FIELDCODE</w:instrText></w:r>",
        '<w:r {W}><w:drawing><wp:docPr xmlns:wp="urn:x" id="1" name="n" descr="ALTTEXT"/></w:drawing></w:r>',
    ):
        line._p.append(parse_xml(piece.replace("{W}", W)))
    line.add_run()._r.append(parse_xml(BOX.format("TEXTBOX")))
    newer, older = BOX.format("NEWERBOX"), BOX.format("OLDERBOX")
    line.add_run()._r.append(
        parse_xml(
            f'<mc:AlternateContent {MC}><mc:Choice Requires="wps">{newer}</mc:Choice>'
            f"<mc:Fallback>{older}</mc:Fallback></mc:AlternateContent>"
        )
    )
    document.element.body.insert(1, parse_xml(control.format("BLOCKCONTROL")))
    document.add_comment(line.runs[0], text="COMMENTTEXT", author="Olga")
    document.add_paragraph("First", style="List Bullet")
    return _with_footnote(document)


def _with_footnote(document: Document) -> bytes:
    note = '<w:footnote w:id="5"><w:p><w:r><w:t>FOOTNOTETEXT</w:t></w:r></w:p></w:footnote>'
    notes = f"<w:footnotes {W}>{note}</w:footnotes>".encode()
    part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, notes, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    run = document.add_paragraph("A sum").add_run()
    reference = OxmlElement("w:footnoteReference")
    reference.set("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}id", "5")
    run._r.append(reference)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
