"""Where the HTTP clients of the SDKs look once more: see last_look.py."""

from typing import Any

import aiohttp
import httpx2

from automatos.llm.last_look import look


def watched(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The SDKs' client on aiohttp, which looks: aiohttp tells of headers before it writes them."""

    async def headers_ready(*_: Any) -> None:
        await look()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(headers_ready)
    trace.freeze()
    # The transport makes its session late and takes no such setting.
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:
            _trace(transport, trace)
    return client


def _trace(transport: Any, trace: aiohttp.TraceConfig) -> None:
    made = transport.get_client

    def get_client() -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = made()
        session.trace_configs.append(trace)
        return session

    transport.get_client = get_client


async def on_event(name: str, _: Any) -> None:
    """The same for httpcore, as the `trace` of a request."""
    if name.endswith(".send_request_headers.started"):
        await look()
