"""What is asked of MCP servers: to say what they offer, and to do one thing.

The SDK takes a third of a second to load, so what has it (`visits`, `oauth/wire`) is loaded when a server is asked.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tools.mcp.terms import Endpoint, Listing, Watched

if TYPE_CHECKING:
    from mcp_types import CallToolResult

    from tools.mcp.oauth.terms import Authority, Client, Grant, Tokens


async def discover(url: str) -> "Authority":
    """Where tokens for the server at this address are had. Raises SignInProblem, or OutsideError."""
    from tools.mcp.oauth import wire

    return await wire.discover(url)


async def register(authority: "Authority", document: Mapping[str, Any]) -> "Client":
    """Make ourselves known at an authorization server. document: what we say of us. Raises as `discover`."""
    from tools.mcp.oauth import wire

    return await wire.register(authority, document)


async def tokens(grant: "Grant") -> "Tokens":
    """Ask for tokens. Raises SignInProblem, which is final where the grant itself is refused."""
    from tools.mcp.oauth import wire

    return await wire.tokens(grant)


async def look(endpoint: Endpoint) -> Listing:
    """Read what the server offers. Raises McpProblem, or another AppError where we do not ask it."""
    from tools.mcp import visits

    return await visits.look(endpoint)


async def call(
    endpoint: Endpoint, name: str, arguments: Mapping[str, Any], *, digest: str, watched: Watched | None = None
) -> "CallToolResult":
    """Call a tool that still is what was accepted. digest: of the accepted document.

    Raises Changed when the server describes the tool in other words now, else as `look`.
    """
    from tools.mcp import visits

    return await visits.call(endpoint, name, arguments, digest=digest, watched=watched)
