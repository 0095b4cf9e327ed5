"""ask_agent: put a question to another agent of the workspace."""

from tools.contract import Arguments, Question, Tool, ToolContext, ToolProblem, ToolResult, object_schema


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Ask, if neither the depth nor the budget is used up; the one asked inherits what is left of both."""
    if context.ask_agent is None:
        raise ToolProblem("There are no other agents to ask here. Answer yourself.")
    if context.depth >= context.max_depth:
        raise ToolProblem(
            f"Agents may ask agents {context.max_depth} deep, and this is that deep already. Answer yourself."
        )
    if context.budget is not None and context.budget <= 0:
        raise ToolProblem("The budget of this run is used up; no other agent can be asked. Answer with what you have.")
    question = Question(arguments["agent"], arguments["task"], context.depth + 1, context.budget)
    answer = await context.ask_agent(question)
    return ToolResult(answer or "[The agent gave no answer.]", origin=f"agent {arguments['agent']}")


TOOL = Tool(
    name="ask_agent",
    title="Ask another agent",
    description=(
        "Give a task to another agent of this workspace and get its answer. It sees only the task you write, so put "
        "everything it needs into it."
    ),
    schema=object_schema(
        {
            "agent": {"type": "string", "minLength": 1, "maxLength": 200, "description": "The agent's name or slug."},
            "task": {"type": "string", "minLength": 1, "maxLength": 50_000, "description": "What it is to do."},
        },
        ["agent", "task"],
    ),
    effects="reads",
    run=run,
    seconds=600.0,
)
