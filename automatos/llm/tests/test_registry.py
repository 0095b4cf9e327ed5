"""Names of models: what can be called, what is missing, and the switch that forbids outside calls."""

from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from automatos.llm.errors import ModelNotConfigured, ModelUnavailable
from automatos.llm.pricing import rates_of
from automatos.llm.registry import DEFAULT_URLS, OFFERED, Credential, Models, catalogue, models_available, resolve
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.tests.conftest import Caller
from automatos.llm.types import Message, ModelRequest


@pytest.mark.parametrize("name", ["", "gpt-4o", "acme:gpt-4o", "openai:", ":gpt-4o", "OPENAI:gpt-4o"])
async def test_an_unknown_name_is_answered_with_how_to_write_one(models: Models, name: str) -> None:
    with pytest.raises(ModelNotConfigured, match="Write provider:model"):
        await models.complete(ModelRequest(name, (Message("user", "hello"),)))


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_missing_key_names_the_setting(settings: Settings, provider: str) -> None:
    setattr(settings, f"{provider.upper()}_API_KEY", "")
    setattr(settings, f"{provider.upper()}_BASE_URL", "")
    with pytest.raises(ModelNotConfigured, match=f"Set {provider.upper()}_API_KEY"):
        resolve(f"{provider}:some-model")


async def test_a_compatible_server_needs_no_key(models: Models, server: ScriptedServer, settings: Settings) -> None:
    settings.OPENAI_API_KEY = ""
    assert (await Caller(models, "openai", False, []).ask("hello")).text


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("url", ["", "https://example.com/v1", "http://10.0.0.7/v1", "http://127.0.0.1.example.com/v1"])
async def test_the_switch_forbids_calls_off_this_machine(
    models: Models, settings: Settings, provider: str, url: str
) -> None:
    settings.LLM_OUTSIDE_CALLS = False
    setattr(settings, f"{provider.upper()}_API_KEY", "sk-real")
    setattr(settings, f"{provider.upper()}_BASE_URL", url)
    with pytest.raises(ModelNotConfigured, match="LLM_OUTSIDE_CALLS=true"):
        await models.complete(ModelRequest(f"{provider}:some-model", (Message("user", "hello"),)))


@pytest.mark.parametrize("url", ["http://localhost:1/v1", "http://[::1]:1/v1", "http://127.8.8.8:1/v1"])
def test_the_switch_lets_this_machine_through(settings: Settings, url: str) -> None:
    settings.LLM_OUTSIDE_CALLS = False
    settings.OPENAI_BASE_URL = url
    assert resolve("openai:some-model")[0].base_url == url


def test_without_a_base_url_the_vendor_itself_is_called(settings: Settings) -> None:
    settings.LLM_OUTSIDE_CALLS = True
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk", ""
    endpoint, name = resolve("openai:ft:gpt-4o:me")
    assert (endpoint.base_url, name) == (DEFAULT_URLS["openai"], "ft:gpt-4o:me")


async def test_the_local_server_answers_free_of_charge(models: Models, server: ScriptedServer) -> None:
    reply = await Caller(models, "local", True, []).ask("hello")
    assert (reply.model, reply.cost) == ("local:tiny", Decimal(0))


async def test_a_local_server_that_does_not_run_is_told_with_the_cure(models: Models, settings: Settings) -> None:
    settings.LOCAL_LLM_URL = ""
    with pytest.raises(ModelUnavailable, match="`make up`"):
        await Caller(models, "local", False, []).ask("hello")


async def test_a_changed_address_is_used_from_the_next_call_on(
    models: Models, server: ScriptedServer, settings: Settings
) -> None:
    caller = Caller(models, "local", False, [])
    await caller.ask("first")
    with ScriptedServer() as other:
        settings.LOCAL_LLM_URL = other.openai_url
        await caller.ask("second")
        assert (server.count(), other.count()) == (1, 1)


def test_the_catalogue_offers_only_models_with_a_known_price() -> None:
    for provider, models in OFFERED.items():
        for model in models:
            rates = rates_of(provider, model)
            assert rates, model
            assert rates.context_window
            assert rates.input.base > 0


def test_the_catalogue_says_what_is_configured_and_what_is_missing(server: ScriptedServer, settings: Settings) -> None:
    settings.ANTHROPIC_API_KEY = ""
    choices = {choice.id: choice for choice in models_available()}
    assert choices["local:smollm2-135m-instruct"].configured
    assert choices["openai:gpt-4o"].configured
    claude = choices["anthropic:claude-opus-5-5"]
    assert not claude.configured
    assert "ANTHROPIC_API_KEY" in claude.cure
    assert (claude.label, claude.context_window) == ("Claude Opus 5.5", 1_000_000)
    assert (claude.input_price, claude.output_price) == (Decimal(4), Decimal(20))


def test_an_own_servers_models_are_called_as_it_calls_them() -> None:
    own = Credential("sealed", "https://models.example.org/v1", ("gpt-4o", "llama3"))
    found = [choice for choice in catalogue({"openai_compatible": own}) if choice.provider == "openai_compatible"]
    assert [choice.label for choice in found] == ["gpt-4o", "llama3"]
    assert [choice.id for choice in found] == ["openai_compatible:gpt-4o", "openai_compatible:llama3"]
