"""A model server a workspace names itself. It speaks OpenAI's wire and may be at public addresses only.

The address is checked when the connection is made, so that a name which changes its mind in between gains nothing. What
the operator lists in OUTSIDE_PRIVATE_HOSTS may be private.
"""

from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2
import openai

from automatos.llm.deltas import Listener
from automatos.llm.errors import ModelError, ModelNotConfigured
from automatos.llm.providers.base import LIMITS, TIMEOUT, capped
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.openai_chat import OpenAIProvider
from automatos.llm.providers.sending import on_event
from automatos.llm.types import ModelReply, ModelRequest
from automatos.outside.errors import Refused
from automatos.outside.targets import find_host


class CheckedAddresses(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were checked, and to no other."""

    def __init__(self) -> None:
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address that answers."""
        *others, last = await find_host(host, port)
        for address in others:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(str(last), port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class CheckedTransport(httpx2.AsyncHTTPTransport):
    """The usual transport on such connections."""

    def __init__(self) -> None:
        super().__init__(limits=LIMITS, trust_env=False)
        self._pool._network_backend = CheckedAddresses()  # the transport has no parameter for it

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Looks once more when the connection is open."""
        request.extensions["trace"] = on_event
        return await super().handle_async_request(request)


class OwnServerProvider(OpenAIProvider):
    """Asked by Chat Completions alone, which every such server has."""

    has_responses = False

    def connect(self, endpoint: Endpoint) -> openai.AsyncOpenAI:
        http = httpx2.AsyncClient(
            transport=CheckedTransport(), timeout=TIMEOUT, follow_redirects=False, event_hooks=capped()
        )
        return openai.AsyncOpenAI(
            api_key=endpoint.key, base_url=endpoint.base_url, max_retries=0, timeout=TIMEOUT, http_client=http
        )

    async def attempt(self, model: str, request: ModelRequest, listener: Listener | None) -> ModelReply:
        try:
            return await super().attempt(model, request, listener)
        except ModelError as error:
            if refused := _refusal(error):
                raise ModelNotConfigured(f"{self.endpoint.where} is not called. {refused.message}") from error
            raise


def _refusal(error: BaseException | None) -> Refused | None:
    """Why the address was refused, if that is at the bottom of it."""
    while error is not None and not isinstance(error, Refused):
        error = error.__cause__ or error.__context__
    return error
