"""csv_query: one SELECT over a CSV file."""

from tools import confinement
from tools.builtin.data_source import data_fields, load
from tools.builtin.tables import table
from tools.contract import Arguments, Tool, ToolContext, ToolResult, object_schema

SECONDS = 8.0
MOST_ROWS = 200


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Load the data into a table of its own and run the query."""
    data, origin = await load(arguments, context)
    task = {
        "sql": arguments["sql"],
        "delimiter": arguments.get("delimiter", ""),
        "limit": arguments.get("limit", 50),
        "seconds": SECONDS - 3,
    }
    found, _ = await confinement.run("csv", task, data, seconds=SECONDS)
    rows = found["rows"]
    more = f" Only the first {len(rows)} are shown; use LIMIT and OFFSET, or narrow the query." if found["more"] else ""
    text = f"{table(found['names'], rows)}\n\n{len(rows)} rows.{more} Columns of data: {', '.join(found['columns'])}."
    return ToolResult(text, origin=origin)


TOOL = Tool(
    name="csv_query",
    title="CSV query",
    description=(
        "Filter, sort, group and count the rows of a CSV file with one SQL SELECT (SQLite). The table is named data, "
        "its columns are the header's names: SELECT city, count(*) AS n FROM data GROUP BY city ORDER BY n DESC. "
        "To see what is there: SELECT * FROM data LIMIT 5."
    ),
    schema=object_schema(
        {
            **data_fields("CSV"),
            "sql": {"type": "string", "minLength": 1, "maxLength": 5000, "description": "One SELECT over data."},
            "delimiter": {"type": "string", "enum": [",", ";", "\t", "|"], "description": "Found out when left out."},
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_ROWS,
                "description": "Rows shown; 50 if left out.",
            },
        },
        ["sql"],
    ),
    effects="reads",
    run=run,
    changing=True,
)
