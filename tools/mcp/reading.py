"""Resources and prompts of a server, as two tools more: what there is, and one of it.

Their words are ours and never change, so a server whose resources come and go suspends nothing; what it lists and says
is a result, and counts as text from outside.
"""

from collections.abc import Mapping
from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, EmbeddedResource, TextContent

from tools.contract import Schema

MOST_LISTED, LONGEST_ABOUT = 200, 200
RESOURCE, PROMPT = "read_resource", "get_prompt"
READS = {"readOnlyHint": True, "destructiveHint": False}
DOCUMENTS: Mapping[str, Schema] = {
    RESOURCE: {
        "name": RESOURCE,
        "title": "Read a resource",
        "description": "Read a resource of this server by its URI; without one, list the resources there are.",
        "inputSchema": {"type": "object", "properties": {"uri": {"type": "string", "maxLength": 2000}}},
        "annotations": READS,
    },
    PROMPT: {
        "name": PROMPT,
        "title": "Get a prompt",
        "description": "Get a prompt of this server, filled in; without a name, list the prompts there are.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "maxLength": 200},
                "arguments": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "annotations": READS,
    },
}


async def offered(client: Client) -> dict[str, Schema]:
    """Those of the two of which the server has something."""
    found: dict[str, Schema] = {}
    says = client.server_capabilities
    for name, is_said, lines in (
        (RESOURCE, says.resources is not None, _resources),
        (PROMPT, says.prompts is not None, _prompts),
    ):
        try:
            if is_said and await lines(client):
                found[name] = dict(DOCUMENTS[name])
        except MCPError:
            continue  # it says that it has some, and does not know the question
    return found


async def answer(client: Client, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
    """What one of the two gives back, in the shape of a tool's result."""
    if name == RESOURCE:
        if not (uri := str(arguments.get("uri") or "")):
            return _listed(await _resources(client))
        read = await client.read_resource(uri)
        blocks = [EmbeddedResource(type="resource", resource=one) for one in read.contents]
        return CallToolResult(content=list(blocks))
    if not (wanted := str(arguments.get("name") or "")):
        return _listed(await _prompts(client))
    given = {str(key): str(value) for key, value in dict(arguments.get("arguments") or {}).items()}
    prompt = await client.get_prompt(wanted, given)
    return CallToolResult(content=[_said(one.content, f"{one.role}: ") for one in prompt.messages])


def _said(block: Any, role: str) -> Any:
    return TextContent(type="text", text=f"{role}{block.text}") if block.type == "text" else block


def _listed(lines: list[str]) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text="\n".join(lines) or "There is none.")])


async def _resources(client: Client) -> list[str]:
    found = (await client.list_resources()).resources
    lines = [_line(str(one.uri), one.name, one.description) for one in found]
    templates = (await client.list_resource_templates()).resource_templates
    return [*lines, *(_line(one.uri_template, one.name, one.description) for one in templates)][:MOST_LISTED]


async def _prompts(client: Client) -> list[str]:
    found = (await client.list_prompts()).prompts
    lines = []
    for one in found[:MOST_LISTED]:
        takes = ", ".join(f"{each.name}{' (needed)' if each.required else ''}" for each in one.arguments or ())
        lines.append(_line(one.name, f"takes {takes}" if takes else "", one.description))
    return lines


def _line(name: str, about: str, description: str | None) -> str:
    parts = [part for part in (about, " ".join((description or "").split())[:LONGEST_ABOUT]) if part]
    return f"- {name[:500]}{': ' if parts else ''}{'; '.join(parts)}"
