"""Clients of providers, one for each address and key, kept as long as they are in use and a while longer."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatos.llm.providers.endpoint import Endpoint

if TYPE_CHECKING:
    from automatos.llm.providers.base import Provider

KEPT = 64


@dataclass(slots=True)
class Client:
    """A provider and how many calls use it now."""

    provider: "Provider"
    users: int = 0


class Clients:
    """At most `kept` of them stay open when idle, those used last. Keys are held by their hash alone."""

    def __init__(self, make: "Callable[[Endpoint], Provider]", kept: int = KEPT) -> None:
        self._make = make
        self._limit = kept
        self._clients: OrderedDict[bytes, Client] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._clients)

    @asynccontextmanager
    async def using(self, endpoint: Endpoint) -> "AsyncIterator[Provider]":
        """The endpoint's client, which is not closed meanwhile."""
        name = _name(endpoint)
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = Client(self._make(endpoint))
        self._clients.move_to_end(name)
        client.users += 1
        try:
            yield client.provider
        finally:
            client.users -= 1
            if len(self._clients) > self._limit:
                self._drop_idle()

    def _drop_idle(self) -> None:
        idle = [name for name, client in self._clients.items() if not client.users]
        for name in idle[: len(self._clients) - self._limit]:
            task = asyncio.create_task(self._clients.pop(name).provider.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close every connection."""
        clients, self._clients = list(self._clients.values()), OrderedDict()
        await asyncio.gather(*(client.provider.close() for client in clients), *self._closing)


def _name(endpoint: Endpoint) -> bytes:
    words = (endpoint.provider, endpoint.base_url, endpoint.key, endpoint.setting, endpoint.label, endpoint.preset)
    return hashlib.sha256("\0".join(words).encode(errors="surrogatepass")).digest()
