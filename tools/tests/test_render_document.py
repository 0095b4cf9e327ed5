"""render_document: what was written stands in the PDF and in the Word document, whatever the script."""

import io
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from tools.contract import ToolContext
from tools.tests.kit import call, context, refused, said

TEXT = """# Übersicht — Ωμέγα, Привет

A **bold**, *slanted* and ~~gone~~ word, `code` and a [link](https://example.com/a). ![chart](http://169.254.169.254/x.png)

שלום עולם

- one
  - deeper

3. three

> quoted

```
x = 1
    y
```

| Name | Price |
|---|---|
| Käse | 3 € |
"""


async def document(run: ToolContext, name: str) -> io.BytesIO:
    assert run.files
    return io.BytesIO(await run.files.read(name))


async def test_a_pdf_holds_the_text_and_loads_nothing() -> None:
    run = context()
    result = await call("render_document", run, markdown=TEXT, format="pdf", name="Bericht", title="Der Bericht")
    assert (result.artefacts, result.is_error) == (("Bericht.pdf",), False)
    reader = PdfReader(await document(run, "Bericht.pdf"))
    text = reader.pages[0].extract_text()
    for part in ("Übersicht — Ωμέγα, Привет", "bold", "slanted", "link", "• one", "3. three", "quoted", "Käse", "3 €"):
        assert part in text
    assert "שלום" in text or "םולש" in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Der Bericht"
    assert "http://169.254.169.254/x.png" in text.replace("\n", "")
    assert len(list(reader.pages[0].images)) == 0


async def test_a_word_document_holds_the_text_in_word_s_own_styles() -> None:
    run = context()
    await said("render_document", run, markdown=TEXT + "\n漢字 😀", format="docx", name="Bericht.docx")
    made = Document(await document(run, "Bericht.docx"))
    styles = {paragraph.text: paragraph.style.name for paragraph in made.paragraphs if paragraph.style}
    assert styles["Übersicht — Ωμέγα, Привет"] == "Heading 1"
    assert styles["one"] == "List Bullet"
    assert styles["deeper"] == "List Bullet 2"
    assert styles["quoted"] == "Quote"
    assert "漢字 😀" in styles
    assert "3.\tthree" in styles
    assert [[cell.text for cell in row.cells] for row in made.tables[0].rows] == [["Name", "Price"], ["Käse", "3 €"]]
    line = next(paragraph for paragraph in made.paragraphs if paragraph.text.startswith("A bold"))
    assert [run.text for run in line.runs if run.bold] == ["bold"]
    assert [link.address for link in line.hyperlinks] == ["https://example.com/a"]
    assert made.inline_shapes.__len__() == 0


async def test_text_from_right_to_left_runs_so_in_word() -> None:
    run = context()
    await said("render_document", run, markdown="1. שלום עולם\n\nplain", format="docx", name="a")
    right, left = Document(await document(run, "a.docx")).paragraphs
    assert right._p.pPr is not None
    names = [child.tag.rpartition("}")[2] for child in right._p.pPr]
    assert names.index("bidi") < names.index("ind")
    assert left._p.pPr is None


async def test_characters_without_a_glyph_are_told_and_seen() -> None:
    run = context()
    text = await said("render_document", run, markdown="漢字 and 😀", format="pdf", name="a")
    assert "3 characters" in text
    assert "make a docx instead" in text
    assert "\ufffd\ufffd and \ufffd" in PdfReader(await document(run, "a.pdf")).pages[0].extract_text()


async def test_a_file_of_the_run_is_rendered_and_long_texts_get_pages() -> None:
    run = context()
    await said("file_write", run, name="a.md", content="\n\n".join(f"Paragraph {n} " + "word " * 60 for n in range(80)))
    await said("render_document", run, file="a.md", format="pdf", name="a")
    assert len(PdfReader(await document(run, "a.pdf")).pages) > 5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"markdown": "x", "format": "odt", "name": "a"}, "allowed are pdf, docx"),
        ({"markdown": "x", "format": "pdf", "name": "../a"}, "cannot be the name"),
        ({"format": "pdf", "name": "a"}, "either markdown or file"),
        ({"file": "none.md", "format": "pdf", "name": "a"}, "There is no file"),
        ({"markdown": "x" * 300_001, "format": "pdf", "name": "a"}, "at most 300,000"),
        ({"markdown": "x\n\n" * 6000, "format": "docx", "name": "a"}, "at most 5,000"),
    ],
)
async def test_bad_documents_are_refused(arguments: dict[str, Any], text: str) -> None:
    assert text in await refused("render_document", **arguments)


@pytest.mark.parametrize("kind", ["pdf", "docx"])
@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script><img src=x>",
        "[x](javascript:alert(1)) [y](file:///etc/passwd)",
        "a\x0bb\x1fc\ufffe",
        "> " * 300 + "deep",
        "- " * 300 + "deep",
        "|a|\n|-|\n" + "|b|\n" * 300,
        "x" * 5000,
        "# \n\n** **\n\n| |\n|-|\n",
        "1" * 12 + ". long number\n\n999999999. item",
    ],
)
async def test_odd_markdown_makes_a_document_all_the_same(kind: str, markdown: str) -> None:
    run = context()
    await said("render_document", run, markdown=markdown, format=kind, name="a")
    data = (await document(run, f"a.{kind}")).getvalue()
    assert b"javascript:" not in data
    assert b"/etc/passwd" not in data
