"""Both vendors, spoken to over real sockets through the scripted server."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from automatos.llm.registry import Models
from automatos.llm.retry import RetryPolicy
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.types import Message, ModelReply, ModelRequest

MODELS = {
    "openai": "openai:gpt-4o",
    "responses": "openai:gpt-6.1-sol",
    "anthropic": "anthropic:claude-opus-5-5",
    "local": "local:tiny",
}


@pytest.fixture(scope="session")
def running_server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def server(running_server: ScriptedServer, settings: Settings) -> Iterator[ScriptedServer]:
    """The scripted server without rules, and settings that send every provider there."""
    settings.OPENAI_API_KEY, settings.ANTHROPIC_API_KEY = "sk-open-secret", "sk-ant-secret"
    settings.OPENAI_BASE_URL = settings.LOCAL_LLM_URL = running_server.openai_url
    settings.ANTHROPIC_BASE_URL = running_server.anthropic_url
    running_server.clear()
    yield running_server
    running_server.clear()


@pytest.fixture
async def models() -> AsyncIterator[Models]:
    """Retries as in the product, only faster."""
    models = Models(RetryPolicy(attempts=3, first_wait=0.02, longest_wait=0.05))
    yield models
    await models.close()


@dataclass
class Caller:
    """One vendor, streamed or not."""

    models: Models
    provider: str
    streamed: bool
    pieces: list[str]

    async def ask(self, prompt: str, *more: Message, **settings: Any) -> ModelReply:
        """Ask with a system text and the prompt as the user's; pieces of a stream are kept in `pieces`."""
        messages = (Message("system", "Be brief."), Message("user", prompt), *more)
        request = ModelRequest(MODELS[self.provider], messages, **{"timeout": 10.0, **settings})
        return await self.models.complete(request, self.pieces.append if self.streamed else None)


@pytest.fixture(params=["openai", "responses", "anthropic"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def caller(request: pytest.FixtureRequest, models: Models, provider: str, server: ScriptedServer) -> Caller:
    return Caller(models, provider, request.param, [])


@pytest.fixture
def streaming(models: Models, provider: str, server: ScriptedServer) -> Caller:
    return Caller(models, provider, True, [])
