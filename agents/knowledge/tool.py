"""search_knowledge: the tool by which an agent looks things up in the documents it was given."""

from uuid import UUID

from tools.contract import Arguments, Found, Tool, ToolContext, ToolProblem, ToolResult, always, object_schema

SEARCH = "search_knowledge"
MOST = 10
USUAL = 5
LONGEST_ORIGIN = 300
DESCRIPTION = (
    "Look something up in the documents you were given. Ask in the words an answer would use. Passages come numbered, "
    "with their document and heading: cite them in your answer as [1], [2] and name the document. If nothing fits, "
    "say so instead of guessing."
)
SCHEMA = object_schema(
    {
        "query": {"type": "string", "minLength": 1, "maxLength": 1000, "description": "What to look for."},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "description": f"{USUAL} if left out."},
    },
    ["query"],
)


def search_tool(agent_id: UUID) -> Tool:
    """The tool for one agent: it sees that agent's documents and no others."""

    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        if context.knowledge is None:
            raise ToolProblem("There are no documents here. Go on without them.")
        found = await context.knowledge.search(agent_id, arguments["query"], arguments.get("limit", USUAL))
        if not found:
            return ToolResult("No passage fits. Try other words, or say that the documents do not tell.")
        titles = ", ".join(dict.fromkeys(one.title for one in found))
        text = "\n\n".join(_passage(number, one) for number, one in enumerate(found, 1))
        return ToolResult(text, origin=f"document {titles}"[:LONGEST_ORIGIN])

    return Tool(SEARCH, "Search the documents", DESCRIPTION, SCHEMA, "reads", run, changing=True, quotes=always)


def _passage(number: int, one: Found) -> str:
    return f"[{number}] {one.title}, {one.place}\n{one.text}"
