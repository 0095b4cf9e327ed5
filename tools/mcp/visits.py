"""One visit to an MCP server: connect, list or call, and leave. Nothing is kept open between visits.

Whatever the server does, a visit ends: time, bytes, pages and numbers of tools are bounded. A question of the server
to a model is never answered, as the client does not say that it could.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from subprocess import DEVNULL
from typing import Any, cast

from httpx2 import AsyncClient
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ElicitResult, Implementation, ListToolsResult

from automatos.outside.errors import OutsideError
from automatos.outside.streaming import StreamingGuard, streaming_client
from tools.contract import Schema
from tools.mcp import reading
from tools.mcp import terms as limits
from tools.mcp.command import command_of
from tools.mcp.onlooking import Elicitation, Hearing
from tools.mcp.problems import problem_of
from tools.mcp.terms import Changed, Endpoint, Listing, McpProblem, Watched
from tools.remote.pins import digest_of, why_not_kept

TOOL_NAME = re.compile(r"[A-Za-z0-9_.\-/]{1,128}")
CLIENT_NAME, CLIENT_VERSION = "automatos", "0.1"


async def look(endpoint: Endpoint) -> Listing:
    """Read what the server offers. Raises McpProblem."""
    async with _visit(endpoint, limits.CONNECT_SECONDS + limits.LIST_SECONDS) as client:
        documents, notes = await _documents(client)
        documents = {**await reading.offered(client), **documents}
        server = client.server_info
        return Listing(
            protocol=str(client.protocol_version or "")[:40],
            title=str(server.title or server.name if server else "")[:200],
            version=str(server.version if server else "")[:100],
            documents=documents,
            notes=notes,
        )


async def call(
    endpoint: Endpoint, name: str, arguments: Mapping[str, Any], *, digest: str, watched: Watched | None = None
) -> CallToolResult:
    """Call a tool that still is what was accepted. digest: of the accepted document. watched: who is asked and told.

    Raises Changed when the server describes the tool in other words now, else McpProblem.
    """
    is_sent = False
    hearing = Hearing(watched.server, name, watched.onlookers) if watched else None
    try:
        seconds = limits.CONNECT_SECONDS + limits.LIST_SECONDS + limits.CALL_SECONDS
        async with _visit(endpoint, seconds, hearing) as client:
            found, _ = await _documents(client)
            if name not in found and digest == digest_of(reading.DOCUMENTS.get(name, {})):
                return await reading.answer(client, name, arguments)
            if name not in found:
                raise Changed(None)
            if digest_of(found[name]) != digest:
                raise Changed(found[name])
            is_sent = True
            # An older server keeps the call open while it asks: then its time is bounded by the visit's alone.
            wait = limits.CALL_SECONDS + (limits.PERSON_SECONDS if hearing else 0)
            progress = hearing.progress if hearing else None
            return await client.call_tool(name, dict(arguments), read_timeout_seconds=wait, progress_callback=progress)
    except McpProblem as problem:
        problem.is_uncertain = is_sent and problem.is_silence
        raise
    except OutsideError as stopped:
        if not is_sent:
            raise
        # What was cut off while it came back had been asked for: nobody knows what became of it.
        cut_off = McpProblem(stopped.message, is_silence=True)
        cut_off.is_uncertain = True
        raise cut_off from None


@asynccontextmanager
async def _visit(endpoint: Endpoint, seconds: float, hearing: Hearing | None = None) -> AsyncIterator[Client]:
    """A connected client. Errors of any kind leave as McpProblem, or as the AppError they are."""
    guard = StreamingGuard()
    try:
        async with asyncio.timeout(seconds) as bound:
            if hearing is not None:
                hearing.bound = bound
            async with _connected(endpoint, guard, hearing) as client:
                yield client
    except (Changed, McpProblem, OutsideError):
        raise
    except BaseException as error:
        found = problem_of(error, guard)
        if found is None:
            raise
        raise found from None


@asynccontextmanager
async def _connected(endpoint: Endpoint, guard: StreamingGuard, hearing: Hearing | None) -> AsyncIterator[Client]:
    about = Implementation(name=CLIENT_NAME, version=CLIENT_VERSION)
    async with _transport(endpoint, guard, limits.CALL_SECONDS + (limits.PERSON_SECONDS if hearing else 0)) as target:
        mode = "legacy" if endpoint.transport == "sse" else "auto"
        # Always offered: a server may list a tool only to those that can be asked, and a tool that comes and goes with
        # whoever looks would be taken for a changed one.
        elicit = hearing.elicit if hearing else _nobody
        async with Client(
            target,
            read_timeout_seconds=limits.LIST_SECONDS,
            cache=None,
            client_info=about,
            mode=mode,
            elicitation_callback=elicit,
        ) as client:
            yield client


async def _nobody(context: Any, params: Elicitation) -> ElicitResult:
    """The answer where nobody watches."""
    return ElicitResult(action="cancel")


@asynccontextmanager
async def _transport(endpoint: Endpoint, guard: StreamingGuard, silence: float) -> AsyncIterator[Any]:
    """What the SDK's client is given: a transport over the guarded client, or an allowed command.

    silence: seconds without a byte after which an answer is given up.
    """
    if endpoint.transport == "stdio":
        command = command_of(endpoint.command)
        started = StdioServerParameters(
            command=command.path, args=command.arguments, env={"HOME": command.home}, cwd=command.home
        )
        # In a worker sys.stderr, where errors would go, is Celery's own object, which no process can write to.
        yield stdio_client(started, errlog=cast(Any, DEVNULL))
        return
    client = streaming_client(
        endpoint.url, guard, headers=endpoint.headers, read_seconds=silence, max_bytes=limits.MOST_BYTES
    )
    if endpoint.transport == "sse":

        def given(**_: Any) -> AsyncClient:
            return client  # which is closed by whoever takes it

        yield sse_client(endpoint.url, httpx_client_factory=cast(Any, given), sse_read_timeout=silence)
        return
    async with client:
        yield streamable_http_client(endpoint.url, http_client=client)


async def _documents(client: Client) -> tuple[dict[str, Schema], tuple[str, ...]]:
    """The tools by name, page by page, and notes about those that cannot be used."""
    found: dict[str, Schema] = {}
    notes: list[str] = []
    cursor: str | None = None
    for _ in range(limits.MOST_PAGES):
        page: ListToolsResult = await client.list_tools(cursor=cursor)
        _take(page, found, notes)
        if page.next_cursor is None or page.next_cursor == cursor or len(found) >= limits.MOST_TOOLS:
            break
        cursor = page.next_cursor
    if page.next_cursor is not None:
        notes.append(f"It has more tools than are read; the first {len(found)} are here.")
    return found, tuple(notes)


def _take(page: ListToolsResult, found: dict[str, Schema], notes: list[str]) -> None:
    for tool in page.tools:
        if len(found) >= limits.MOST_TOOLS:
            return
        document = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
        document.pop("_meta", None)
        document.pop("icons", None)
        why = _why_unusable(document, found)
        if not why:
            found[document["name"]] = document
        elif len(notes) < 20:
            notes.append(f"{str(document.get('name', ''))[:60]!r} is left out: {why}")


def _why_unusable(document: Schema, found: Mapping[str, Schema]) -> str:
    name = document["name"]
    if not TOOL_NAME.fullmatch(name):
        return "its name is not one of up to 128 letters, digits, _ . - or /."
    if name in found:
        return "it is there twice."
    if (document.get("execution") or {}).get("taskSupport") == "required":
        return "it only works as a task of the server's, which is not spoken here."
    return why_not_kept(document)
