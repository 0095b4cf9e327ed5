"""What the page of MCP servers shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from automatos.textdiff import Line, compare
from tools.models import RemoteService, RemoteTool
from tools.remote import pins, queries
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of a tool that reads otherwise now. lines: its difference."""

    name: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class ShownTool:
    """A tool as the page lists it. agents: how many have it."""

    tool: RemoteTool
    parts: Sequence[ShownPart]
    agents: int


PART_NAMES = {"inputSchema": "Arguments", "outputSchema": "Result", "annotations": "What it says it does"}


def shown(workspace: Workspace, tools: Sequence[RemoteTool]) -> list[ShownTool]:
    """These tools with their differences and users."""
    agents: dict[UUID, list[UUID]] = dict(queries.agents_by_tool(workspace, tools))
    return [ShownTool(tool, _parts(tool), len(agents.get(tool.pk, ()))) for tool in tools]


def _parts(tool: RemoteTool) -> list[ShownPart]:
    found = []
    for one in pins.differences(tool):
        name = PART_NAMES.get(one.name, one.name.capitalize())
        found.append(ShownPart(name, compare(_wrapped(one.before), _wrapped(one.now))))
    return found


def _wrapped(text: str) -> str:
    """Prose as lines of one sentence, so that a difference shows what is new and not the whole."""
    return text.replace(". ", ".\n")


def paste_lines(url: str) -> list[tuple[str, str, str]]:
    """What to paste into the usual clients, as (id, name, text)."""
    mcp = f"{url}/mcp"
    entry = f'"automatos": {{"type": "http", "url": "{mcp}", "headers": {{"Authorization": "Bearer YOUR-KEY"}}}}'
    return [
        (
            "claude-code",
            "Claude Code",
            f'claude mcp add --transport http automatos {mcp} --header "Authorization: Bearer YOUR-KEY"',
        ),
        ("cursor", "Cursor", f'{{"mcpServers": {{{entry}}}}}'),
        ("vscode", "VS Code", f'{{"servers": {{{entry}}}}}'),
        ("other", "Other", f"Address: {mcp}\nTransport: streamable HTTP\nHeader: Authorization: Bearer YOUR-KEY"),
    ]


def chosen_service(rows: Sequence[RemoteService], name: str) -> RemoteService | None:
    """The one the address names, else one that needs somebody, else the first."""
    named = next((row for row in rows if row.name == name), None)
    needing = next((row for row in rows if row.suspended_count or row.state == "error"), None)  # type: ignore[attr-defined]
    return named or needing or next(iter(rows), None)
