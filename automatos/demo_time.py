"""The demo's recipe with a real tool: the time anywhere, from an MCP server that comes with the product.

The server is the command `time` of MCP_COMMANDS. Where the operator does not allow it there is no such recipe.
"""

from agents.models import Agent
from recipes.models import Recipe, StepKind
from recipes.services import RecipeInput, create_recipe
from recipes.validation import StepInput
from tools.mcp.command import why_refused
from tools.mcp.connections import read_server
from tools.models import RemoteService, RemoteTool
from tools.remote.services import assign_tools
from workspaces.models import User, Workspace

COMMAND = SERVER = "time"
TIME_RECIPE = "tell-the-time-elsewhere"
COOK = "tempo"


def lend_time(workspace: Workspace, user: User) -> int:
    """Make the server and its recipe where that recipe never was; how many recipes. Asking the server takes seconds."""
    cook = Agent.objects.visible().filter(workspace=workspace, slug=COOK).first()
    known = Recipe.objects.filter(workspace=workspace, template_id=TIME_RECIPE).exists()
    if known or cook is None or why_refused(COMMAND) or not _lent(workspace, user, cook):
        return 0
    zone = {"type": "string", "required": True, "default": "Asia/Tokyo", "description": "Such as Europe/Paris."}
    steps = [
        StepInput(
            agent_id=cook.pk,
            kind=StepKind.TOOL,
            name="Look at the clock",
            config={"tool": f"{SERVER}_get_current_time", "arguments": {"timezone": "{input.timezone}"}},
            output_key="clock",
        ),
        StepInput(
            agent_id=cook.pk,
            name="Say it",
            prompt_template="{clock}\n\nSay in one sentence which day and what time it is in {input.timezone}.",
            output_key="sentence",
        ),
    ]
    data = RecipeInput(
        template_id=TIME_RECIPE,
        name="Tell the time elsewhere",
        description=(
            "A tool of an MCP server on this machine looks at the clock of any time zone, and an agent says it in a "
            "sentence. No key and no network are needed."
        ),
        tags=("tools", "MCP"),
        inputs={"timezone": zone},
        steps=steps,
    )
    create_recipe(workspace=workspace, user=user, data=data)
    return 1


def _lent(workspace: Workspace, user: User, cook: Agent) -> bool:
    """Whether the cook has the server's tools; a server of that name that is somebody's own is left alone."""
    service, is_new = RemoteService.objects.get_or_create(
        workspace=workspace,
        name=SERVER,
        defaults={
            "kind": RemoteService.Kind.MCP,
            "transport": RemoteService.Transport.STDIO,
            "command": COMMAND,
            "is_trusted": True,
            "created_by": user,
        },
    )
    if not is_new:
        return False
    read_server(workspace.pk, service.pk)
    tools = RemoteTool.objects.filter(service=service)
    tools.update(is_reading=True)
    assign_tools(workspace=workspace, agent_id=cook.pk, tool_ids=list(tools.values_list("pk", flat=True)), user=user)
    return tools.exists()
