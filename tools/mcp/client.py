"""What is asked of MCP servers: to say what they offer, and to do one thing.

The SDK takes a third of a second to load, so `visits`, which has it, is loaded when a server is asked.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tools.mcp.terms import Endpoint, Listing

if TYPE_CHECKING:
    from mcp_types import CallToolResult


async def look(endpoint: Endpoint) -> Listing:
    """Read what the server offers. Raises McpProblem, or another AppError where we do not ask it."""
    from tools.mcp import visits

    return await visits.look(endpoint)


async def call(endpoint: Endpoint, name: str, arguments: Mapping[str, Any], *, digest: str) -> "CallToolResult":
    """Call a tool that still is what was accepted. digest: of the accepted document.

    Raises Changed when the server describes the tool in other words now, else as `look`.
    """
    from tools.mcp import visits

    return await visits.call(endpoint, name, arguments, digest=digest)
