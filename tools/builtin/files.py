"""file_list, file_read and file_write: the files of the run."""

from tools import documents
from tools.contract import Arguments, RunFiles, Tool, ToolContext, ToolProblem, ToolResult, object_schema, page_of
from tools.files import LARGEST, LARGEST_SUM, MOST_FILES, NAME_RULE

READ_SECONDS = 25.0
NAME = {"type": "string", "minLength": 1, "maxLength": 100, "description": NAME_RULE}


async def list_files(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Names and sizes."""
    entries = await _files(context).list()
    if not entries:
        return ToolResult("This run has no files yet.")
    lines = [f"- {entry.name}: {entry.size:,} bytes, {entry.modified:%Y-%m-%d %H:%M} UTC" for entry in entries]
    return ToolResult("\n".join(lines), origin="names of the run's files")


async def read_file(arguments: Arguments, context: ToolContext) -> ToolResult:
    """The text of a file, also of a PDF."""
    name = arguments["name"]
    data = await _files(context).read(name)
    text = await _text(name, data)
    return ToolResult(page_of(text, arguments.get("offset", 0)) or "[The file is empty.]", origin=f"file {name}")


async def write_file(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Make or replace a text file."""
    files = _files(context)
    data = str(arguments["content"]).encode()
    if arguments.get("append"):
        known = {entry.name for entry in await files.list()}
        data = (await files.read(arguments["name"]) if arguments["name"] in known else b"") + data
    entry = await files.write(arguments["name"], data)
    return ToolResult(f"{entry.name} is kept, {entry.size:,} bytes.", artefacts=(entry.name,))


def _files(context: ToolContext) -> RunFiles:
    if context.files is None:
        raise ToolProblem("There are no files here.")
    return context.files


async def _text(name: str, data: bytes) -> str:
    if not data:
        return ""
    kind = documents.media_type_of(name, data)
    found = await documents.text_of(kind, data, seconds=READ_SECONDS)
    return "\n\n".join([found.text, *found.notes]) if found.text.strip() else "[There is no text in the file.]"


FILE_LIST = Tool(
    name="file_list",
    title="List the run's files",
    description="List the files of this run with their sizes.",
    schema=object_schema({}),
    effects="reads",
    run=list_files,
    changing=True,
)
FILE_READ = Tool(
    name="file_read",
    title="Read a file",
    description="Read a file of this run as text, also PDF and Word. Long files come in parts: go on with offset.",
    schema=object_schema(
        {
            "name": NAME,
            "offset": {"type": "integer", "minimum": 0, "description": "Start at this character; 0 if left out."},
        },
        ["name"],
    ),
    effects="reads",
    run=read_file,
    changing=True,
)
FILE_WRITE = Tool(
    name="file_write",
    title="Write a file",
    description=(
        f"Write a text file of this run, which people can download afterwards; an existing one is replaced. At most "
        f"{MOST_FILES} files of {LARGEST // 1_000_000} MB each, {LARGEST_SUM // 1_000_000} MB in all."
    ),
    schema=object_schema(
        {
            "name": NAME,
            "content": {"type": "string", "maxLength": 300_000, "description": "The text."},
            "append": {"type": "boolean", "description": "Add to the end of the file instead of replacing it."},
        },
        ["name", "content"],
    ),
    effects="writes",
    run=write_file,
    changing=True,
    adds_by=lambda arguments: bool(arguments.get("append")),
)
