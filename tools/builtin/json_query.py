"""json_query: JMESPath over JSON."""

from tools import confinement
from tools.builtin.data_source import data_fields, load
from tools.contract import Arguments, Tool, ToolContext, ToolResult, object_schema, page_of

SECONDS = 6.0


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Apply the expression."""
    data, origin = await load(arguments, context)
    found, _ = await confinement.run("json", {"expression": arguments["expression"]}, data, seconds=SECONDS)
    text = page_of(found["text"], arguments.get("offset", 0))
    if found["missing"]:
        text += "\n\n[The expression matches nothing in this data.]"
    if not found["whole"]:
        text += "\n\n[The result is longer than shown here; narrow the expression.]"
    return ToolResult(text, origin=origin)


TOOL = Tool(
    name="json_query",
    title="JSON query",
    description=(
        "Pick and reshape values of a JSON document with a JMESPath expression, for example "
        "`items[?price > `10`].{name: name, price: price} | [:5]` or `length(items)`."
    ),
    schema=object_schema(
        {
            **data_fields("JSON"),
            "expression": {"type": "string", "minLength": 1, "maxLength": 2000, "description": "JMESPath."},
            "offset": {"type": "integer", "minimum": 0, "description": "Go on reading a long result from here."},
        },
        ["expression"],
    ),
    effects="reads",
    run=run,
    changing=True,
)
