"""remember and recall: what a workspace's agents keep beyond a run."""

from tools.contract import Arguments, Memory, Recollection, Tool, ToolContext, ToolProblem, ToolResult, object_schema

MOST_RECALLED = 20
LONGEST_ORIGIN = 300
ORIGIN = "workspace memory"


async def remember(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Keep a text."""
    text = arguments["text"].strip()
    if not text:
        raise ToolProblem("There is nothing to remember: text is blank.")
    tags = list(dict.fromkeys(tag.strip() for tag in arguments.get("tags", [])))
    await _memory(context).remember(text, tags, context.call)
    return ToolResult("It is remembered.")


async def recall(arguments: Arguments, context: ToolContext) -> ToolResult:
    """What was kept and fits."""
    found = await _memory(context).recall(arguments["query"], arguments.get("limit", 5))
    if not found:
        return ToolResult("Nothing is remembered about this.")
    origins = dict.fromkeys(origin for one in found for origin in one.origins)
    origin = ", from ".join([ORIGIN, *origins])[:LONGEST_ORIGIN]
    return ToolResult("\n\n".join(_line(number, one) for number, one in enumerate(found, 1)), origin=origin)


def _memory(context: ToolContext) -> Memory:
    if context.memory is None:
        raise ToolProblem("There is no memory here. Go on without it.")
    return context.memory


def _line(number: int, one: Recollection) -> str:
    noted = [one.source, f"{one.noted_at:%Y-%m-%d}" if one.noted_at else "", ", ".join(one.tags)]
    about = "; ".join(part for part in noted if part)
    return f"{number}. {one.text}" + (f"\n   ({about})" if about else "")


REMEMBER = Tool(
    name="remember",
    title="Remember",
    description=(
        "Keep a fact, a decision or a preference for later runs of this workspace's agents. Write it so that it is "
        "understood on its own. Never keep passwords or keys."
    ),
    schema=object_schema(
        {
            "text": {"type": "string", "minLength": 1, "maxLength": 4000, "description": "What to keep."},
            "tags": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 40},
                "maxItems": 10,
                "description": "Words to file it under.",
            },
        },
        ["text"],
    ),
    effects="writes",
    run=remember,
)
RECALL = Tool(
    name="recall",
    title="Recall",
    description="Look up what was remembered in this workspace, by meaning.",
    schema=object_schema(
        {
            "query": {"type": "string", "minLength": 1, "maxLength": 1000, "description": "What it is about."},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST_RECALLED, "description": "5 if left out."},
        },
        ["query"],
    ),
    effects="reads",
    run=recall,
    changing=True,
    # A note made after untrusted text may hold an address that the agent was told to put together.
    quotes=lambda result: result.origin == ORIGIN,
)
