"""Servers by others, asked as agents ask them: `python -m benchmarks.mcp_servers NAME=URL | NAME=COMMAND …`.

Each is read, and each of its tools called once with arguments made up from its schema; a tool that says no counts as
called. What broke off or could not be understood is named.
"""

import asyncio
import os
import shlex
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")
django.setup()

from django.conf import settings  # noqa: E402

from automatos.errors import AppError  # noqa: E402
from automatos.private_hosts import parse  # noqa: E402
from benchmarks.openapi_documents import made_up  # noqa: E402
from tools.composio.schemas import usable  # noqa: E402
from tools.mcp import client  # noqa: E402
from tools.mcp.results import told  # noqa: E402
from tools.mcp.terms import Endpoint  # noqa: E402
from tools.remote.pins import digest_of  # noqa: E402


def endpoint_of(name: str, place: str) -> Endpoint:
    """A server at an address, or a command of this machine."""
    if place.startswith(("http://", "https://")):
        return Endpoint("sse" if place.endswith("/sse") else "http", place)
    settings.MCP_COMMANDS = {**settings.MCP_COMMANDS, name: shlex.join(shlex.split(place))}
    return Endpoint("stdio", command=name)


async def called(endpoint: Endpoint, name: str, document: dict[str, Any]) -> str:
    """What a call came to, in a line."""
    schema = usable(document.get("inputSchema"))
    begun = time.perf_counter()
    try:
        answer = await client.call(endpoint, name, made_up(schema, schema), digest=digest_of(document))
        result = await told(answer, tool=name, origin="", files=None)
        said = f"{'says no' if result.is_error else 'done'}: {' '.join(result.content.split())[:90]}"
    except AppError as problem:
        said = f"BROKE OFF: {problem.message[:120]}"
    return f"  {name}: {said} ({time.perf_counter() - begun:.1f} s)"


async def measured(name: str, place: str) -> list[str]:
    """Lines about a server."""
    endpoint = endpoint_of(name, place)
    listing = await client.look(endpoint)
    lines = [f"{name}: {listing.title} {listing.version}, {listing.protocol}, {len(listing.documents)} tools"]
    for tool, document in listing.documents.items():
        lines.append(await called(endpoint, tool, dict(document)))
    return [*lines, *(f"  note: {note}" for note in listing.notes)]


if __name__ == "__main__":
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    for given in sys.argv[1:]:
        key, _, where = given.partition("=")
        print("\n".join(asyncio.run(measured(key, where))))
