"""render_document: Markdown as a PDF or Word document, kept with the run."""

from tools import confinement
from tools.contract import Arguments, Tool, ToolContext, ToolProblem, ToolResult, object_schema

SECONDS = 60.0
FORMATS = ("pdf", "docx")


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Write the document and keep it as a file of the run."""
    if context.files is None:
        raise ToolProblem("There are no files here, so a document cannot be kept.")
    kind = arguments["format"]
    name = arguments["name"].removesuffix(f".{kind}") + f".{kind}"
    text = await _text(arguments, context)
    found, data = await confinement.run(kind, {"title": arguments.get("title", "")}, text, seconds=SECONDS - 5)
    entry = await context.files.write(name, data)
    said = f"{entry.name} is kept, {entry.size:,} bytes."
    if found["missing"]:
        said += (
            f" {found['missing']:,} characters (such as Chinese, Japanese, Korean or Indic letters, or emoji) have no "
            "glyph in the PDF's font and show as \ufffd; make a docx instead."
        )
    return ToolResult(said, artefacts=(entry.name,))


async def _text(arguments: Arguments, context: ToolContext) -> bytes:
    if ("markdown" in arguments) == ("file" in arguments):
        raise ToolProblem("Give either markdown or file, and not both.")
    if "markdown" in arguments:
        return str(arguments["markdown"]).encode()
    assert context.files is not None
    data = await context.files.read(arguments["file"])
    try:
        return data.decode("utf-8-sig").encode()
    except UnicodeDecodeError:
        raise ToolProblem(f"{arguments['file']} is not a text file.") from None


TOOL = Tool(
    name="render_document",
    title="Make a document",
    description=(
        "Make a PDF or Word document from Markdown (headings, lists, tables, code, quotes, links) and keep it as a "
        "file of the run that people can download. Images are not loaded."
    ),
    schema=object_schema(
        {
            "markdown": {"type": "string", "minLength": 1, "maxLength": 300_000, "description": "The text."},
            "file": {"type": "string", "maxLength": 100, "description": "Or a Markdown file of this run."},
            "format": {"type": "string", "enum": list(FORMATS)},
            "name": {"type": "string", "minLength": 1, "maxLength": 90, "description": "Name of the new file."},
            "title": {"type": "string", "maxLength": 200, "description": "The document's title in its properties."},
        },
        ["format", "name"],
    ),
    effects="writes",
    run=run,
    seconds=SECONDS,
    changing=True,
)
