"""Data a query works on: written into the call, or a file of the run."""

from tools.contract import Arguments, Schema, ToolContext, ToolProblem

LONGEST_INLINE = 200_000


def data_fields(kind: str) -> dict[str, Schema]:
    """The two ways to name the data, for a tool's schema."""
    return {
        "data": {
            "type": "string",
            "maxLength": LONGEST_INLINE,
            "description": f"The {kind} itself, when it is short.",
        },
        "file": {
            "type": "string",
            "maxLength": 100,
            "description": f"Or the name of a file of this run that holds the {kind}.",
        },
    }


async def load(arguments: Arguments, context: ToolContext) -> tuple[bytes, str]:
    """The data, and its origin label: the file's, or empty when the model wrote it itself."""
    if ("data" in arguments) == ("file" in arguments):
        raise ToolProblem("Give either data or file, and not both.")
    if "data" in arguments:
        return str(arguments["data"]).encode(), ""
    if context.files is None:
        raise ToolProblem("There are no files here. Give the data itself.")
    return await context.files.read(arguments["file"]), f"file {arguments['file']}"
