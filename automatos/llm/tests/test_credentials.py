"""Keys of a workspace's own come before the installation's; clients are kept within bounds."""

import asyncio
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from automatos.llm.clients import Clients
from automatos.llm.errors import ModelKeyRefused, ModelNotConfigured
from automatos.llm.providers.base import Provider
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.local import LocalProvider
from automatos.llm.registry import Credential, Models, catalogue, resolve
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.tests.conftest import MODELS
from automatos.llm.types import Message, ModelRequest


def own(server: ScriptedServer, provider: str, key: str) -> dict[str, Credential]:
    vendor = "anthropic" if provider == "anthropic" else "openai"
    url = server.anthropic_url if vendor == "anthropic" else server.openai_url
    return {vendor: Credential(key, url)}


def asking(provider: str) -> ModelRequest:
    return ModelRequest(MODELS[provider], (Message("user", "hello"),), timeout=10.0)


def keys(server: ScriptedServer) -> list[str]:
    headers = [{name.lower(): value for name, value in request.headers.items()} for request in server.requests]
    return [header["authorization"].removeprefix("Bearer ") for header in headers]


async def test_the_workspaces_key_is_used(models: Models, provider: str, server: ScriptedServer) -> None:
    await models.complete(asking(provider), credentials=own(server, provider, "sk-theirs"))
    await models.complete(asking(provider))
    assert keys(server) == ["sk-theirs", "sk-ant-secret" if provider == "anthropic" else "sk-open-secret"]


async def test_a_workspaces_key_works_where_the_installation_has_none(
    models: Models, provider: str, server: ScriptedServer, settings: Settings
) -> None:
    settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = ""
    settings.OPENAI_BASE_URL = settings.ANTHROPIC_BASE_URL = ""
    with pytest.raises(ModelNotConfigured):
        await models.complete(asking(provider))
    assert (await models.complete(asking(provider), credentials=own(server, provider, "sk-theirs"))).text


async def test_a_refused_key_is_told_to_be_the_workspaces_and_not_shown(
    models: Models, provider: str, server: ScriptedServer
) -> None:
    server.on(status=401, error="Bad key sk-theirs")
    with pytest.raises(ModelKeyRefused, match="Check the workspace's key for") as caught:
        await models.complete(asking(provider), credentials=own(server, provider, "sk-theirs"))
    assert "sk-theirs" not in caught.value.message


def test_keys_do_not_show_in_traces(server: ScriptedServer) -> None:
    credentials = own(server, "openai", "sk-theirs")
    assert "sk-theirs" not in repr(credentials)
    assert "sk-theirs" not in repr(resolve("openai:gpt-4o", credentials))


def test_the_switch_forbids_a_workspaces_address_too(settings: Settings) -> None:
    settings.LLM_OUTSIDE_CALLS = False
    with pytest.raises(ModelNotConfigured, match="LLM_OUTSIDE_CALLS"):
        resolve("openai:gpt-4o", {"openai": Credential("sk", "https://example.com/v1")})


class Counted(LocalProvider):
    """Knows whether it was closed."""

    closed = False

    async def close(self) -> None:
        self.closed = True
        await super().close()


def endpoint(key: str) -> Endpoint:
    return Endpoint("local", "the server", "http://127.0.0.1:1/v1", key, "KEY")


async def test_clients_are_kept_within_bounds_and_never_closed_in_use() -> None:
    made: list[Counted] = []

    def make(where: Endpoint) -> Provider:
        made.append(Counted(where))
        return made[-1]

    clients = Clients(make, kept=2)
    async with clients.using(endpoint("first")) as busy:
        for key in ("a", "b", "c", "a"):
            async with clients.using(endpoint(key)):
                pass
        await asyncio.sleep(0)
        assert isinstance(busy, Counted)
        assert not busy.closed
        async with clients.using(endpoint("first")) as again:
            assert again is busy
    assert len(clients) == 2
    await clients.close()
    assert all(provider.closed for provider in made)


def test_the_catalogue_says_whose_key_is_used(server: ScriptedServer, settings: Settings) -> None:
    settings.ANTHROPIC_API_KEY = settings.ANTHROPIC_BASE_URL = ""
    choices = {choice.id: choice for choice in catalogue({"openai": Credential("sk", server.openai_url)})}
    assert choices["openai:gpt-4o"].source == "workspace"
    assert choices["local:smollm2-135m-instruct"].source == "installation"
    assert choices["anthropic:claude-opus-5-5"].source == ""
    assert choices["anthropic:claude-opus-5-5"].cache_read_price == Decimal("0.2")
    assert choices["anthropic:claude-opus-5-5"].cache_write_price == Decimal(5)
