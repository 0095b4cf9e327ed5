"""Models by name, `provider:model`: which there are, which can be called, and calling them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from automatos.llm.capabilities import Capabilities, capabilities
from automatos.llm.clients import Clients
from automatos.llm.deltas import Listener, OnDelta
from automatos.llm.errors import ModelError, ModelNotConfigured, ModelUnavailable
from automatos.llm.families import BUNDLED
from automatos.llm.last_look import looking
from automatos.llm.presets import preset
from automatos.llm.pricing import Rate, price, rates_of
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.retry import RetryPolicy, with_retries
from automatos.llm.types import ModelReply, ModelRequest, OnText

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from automatos.llm.providers.base import Provider

# A server a workspace names in its credentials; the installation has none of its own.
COMPATIBLE = "openai_compatible"
LABELS = {
    "local": "the local model server",
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    COMPATIBLE: "the workspace's own server",
}
VENDORS = tuple(name for name in LABELS if name != COMPATIBLE)
SETTINGS = {"local": "LOCAL_LLM_URL", "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
LOCAL_LABEL = "SmolLM2 135M (on this machine)"
NOTHING = Rate(Decimal(0))
DEFAULT_URLS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
LOCAL_MODEL = BUNDLED
# What the pages offer to choose from; any other name of a vendor's model can be typed in.
OFFERED = {
    "openai": ("gpt-6.1-sol", "gpt-6.1-terra", "gpt-6-luna", "gpt-6-astra", "gpt-5.4-mini", "gpt-4.1-mini", "gpt-4o"),
    "anthropic": ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5"),
}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model as pages show it. Prices: US dollars per million tokens. cure: what to do when it is not configured.

    source: whose key it is called with: `workspace`, `installation`, or nothing where there is none. is_free: nobody is
    paid by the token. provider_label: the provider's name, or that of the workspace's own server.
    """

    id: str
    label: str
    provider: str
    context_window: int | None
    input_price: Decimal
    output_price: Decimal
    configured: bool
    cure: str
    cache_read_price: Decimal
    cache_write_price: Decimal
    source: str
    capabilities: Capabilities
    provider_label: str
    is_free: bool


@dataclass(frozen=True, slots=True)
class Credential:
    """A key of a workspace's own, used before the installation's. base_url: empty for the vendor's address.

    Only that of an openai_compatible server may be chosen by the workspace: its calls reach public addresses alone.
    models: names that such a server told of, for the catalogue. label: that server's name; preset: its kind.
    """

    api_key: str = field(repr=False)
    base_url: str = ""
    models: tuple[str, ...] = ()
    label: str = ""
    preset: str = ""


# By provider, or by the name that stands in front of the models of a server of the workspace's own. COMPATIBLE stands
# for the server that was there first: names from before servers had names.
Credentials = Mapping[str, Credential]


def catalogue(credentials: Credentials | None = None) -> list[ModelChoice]:
    """The local model, each vendor's, whether or not there is a key for them, then what the own servers told of."""
    given = credentials or {}
    servers = {name: own.models for name, own in given.items() if name not in LABELS}
    if not servers and COMPATIBLE in given:
        servers = {COMPATIBLE: given[COMPATIBLE].models}
    offered = {"local": (LOCAL_MODEL,), **OFFERED, **servers}
    names = [(provider, model) for provider, models in offered.items() for model in models]
    return [_choice(provider, model, credentials or {}) for provider, model in names]


def models_available() -> list[ModelChoice]:
    """The catalogue as it is without a workspace's keys."""
    return catalogue()


def default_model() -> str:
    """The model used where none is named, from DEFAULT_LLM_PROVIDER and DEFAULT_LLM_MODEL."""
    return f"{settings.DEFAULT_LLM_PROVIDER}:{settings.DEFAULT_LLM_MODEL}"


def resolve(model: str, credentials: Credentials | None = None) -> tuple[Endpoint, str]:
    """Where to send calls for `provider:model`, and the vendor's own name of it. A credential given here comes first.

    Raises ModelNotConfigured, whose text names the setting and the cure; ModelUnavailable when the embedded server
    does not run. Opens no connection.
    """
    provider, _, name = model.partition(":")
    given = credentials or {}
    if (provider not in LABELS and provider not in given) or not name:
        known = ", ".join([*VENDORS, *(server for server in given if server not in LABELS)])
        raise ModelNotConfigured(
            f"There is no model {model!r}. Write provider:model with one of the providers and servers {known}, "
            f"such as local:{LOCAL_MODEL}."
        )
    own = given.get(provider)
    if provider == COMPATIBLE and own is None:
        raise ModelNotConfigured(
            f"{model} needs a server. Add an OpenAI-compatible server to the workspace's credentials, "
            "or choose another model."
        )
    endpoint = _own_endpoint(provider, own) if own else _endpoint(provider)
    if not endpoint.key:
        cure = f"Check {endpoint.setting}" if own else f"Set {endpoint.setting} and restart"
        raise ModelNotConfigured(f"{model} needs a key for {endpoint.label}. {cure}, or choose another model.")
    if not settings.LLM_OUTSIDE_CALLS and not _on_this_machine(endpoint.base_url):
        raise ModelNotConfigured(
            f"Calls to {endpoint.where or endpoint.label} are switched off. Set LLM_OUTSIDE_CALLS=true to allow them."
        )
    return endpoint, name


class Models:
    """Calls models. One instance belongs to the asyncio loop it is first used on, and keeps connections open there."""

    def __init__(self, policy: RetryPolicy | None = None) -> None:
        self._policy = policy or RetryPolicy()
        self._clients = Clients(lambda endpoint: _adapter(endpoint.provider)(endpoint))

    async def complete(
        self,
        request: ModelRequest,
        on_text: OnText | None = None,
        *,
        on_delta: OnDelta | None = None,
        credentials: Credentials | None = None,
        before_sending: "Callable[[], Awaitable[None]] | None" = None,
        on_cut: "Callable[[ModelReply], None] | None" = None,
    ) -> ModelReply:
        """The whole answer, priced. With on_text or on_delta it is streamed and each piece handed over as it comes.

        on_text hears the text alone, on_delta everything. credentials: a workspace's own keys, by provider. Raises only
        ModelError kinds, whose `reply` holds (and prices) what came in nevertheless, and whatever the two raise.
        before_sending: awaited before each try and again when its connection is open; what it raises ends the call.
        Cancelling closes the connection at once; on_cut is then told what had come in of a streamed answer.
        """
        endpoint, name = resolve(request.model, credentials)
        streamed = on_text is not None or on_delta is not None

        async def attempt(listener: Listener | None) -> ModelReply:
            if before_sending is not None:
                await before_sending()
            with looking(before_sending):
                return await provider.attempt(name, request, listener)

        listener = Listener(on_text, on_delta) if streamed else None
        try:
            async with self._clients.using(endpoint) as provider:
                reply = await with_retries(
                    attempt,
                    listener,
                    seconds=request.timeout,
                    policy=self._policy,
                    what=f"{name} at {endpoint.label}",
                )
        except ModelError as error:
            if error.reply is not None:
                error.reply = _priced(endpoint, name, error.reply)
            raise
        except asyncio.CancelledError:
            if on_cut is not None and listener is not None and listener.partial is not None:
                on_cut(_priced(endpoint, name, listener.partial))
            raise
        return _priced(endpoint, name, reply)

    async def close(self) -> None:
        """Close every connection; the instance can be used again afterwards."""
        await self._clients.close()


def _priced(endpoint: Endpoint, model: str, reply: ModelReply) -> ModelReply:
    """With its price, unless the server told what it takes."""
    cost = reply.cost or price(_price_list(endpoint.provider, endpoint.preset), model, reply.usage)
    return replace(reply, cost=cost) if cost else reply


def price_is_known(model: str, credentials: Credentials) -> bool:
    """Whether it can be found out what a call of `provider:model` costs, also where it costs nothing."""
    provider = model.partition(":")[0]
    own = credentials.get(provider)
    kind = own.preset if own is not None and provider not in VENDORS else ""
    is_free = provider == "local" or preset(kind).is_free
    return is_free or rates_of(*price_list(model, credentials)) is not None


def price_list(model: str, credentials: Credentials) -> tuple[str, str]:
    """The price list in which `provider:model` stands, and its name there."""
    provider, _, name = model.partition(":")
    own = credentials.get(provider)
    return _price_list(provider, own.preset if own is not None and provider not in VENDORS else ""), name


def _price_list(provider: str, kind: str) -> str:
    """Whose price list a model stands in. kind: the preset of a server of the workspace's own."""
    return provider if provider in VENDORS else preset(kind).prices or COMPATIBLE


def _adapter(provider: str) -> "Callable[[Endpoint], Provider]":
    """The adapter's class. Imported when first needed: the SDKs take a second and more to import."""
    if provider == "anthropic":
        from automatos.llm.providers.anthropic_messages import AnthropicProvider

        return AnthropicProvider
    if provider == "local":
        from automatos.llm.providers.local import LocalProvider

        return LocalProvider
    if provider == COMPATIBLE:
        from automatos.llm.providers.own_server import OwnServerProvider

        return OwnServerProvider
    from automatos.llm.providers.openai_chat import OpenAIProvider

    return OpenAIProvider


def _endpoint(provider: str) -> Endpoint:
    if provider == "local":
        url = settings.LOCAL_LLM_URL or settings.LOCAL.model_url()
        if not url:
            raise ModelUnavailable(
                "The local model server does not run. Start everything with `make up`, "
                "or set LOCAL_LLM_URL to the address of a server that speaks OpenAI's protocol."
            )
        return Endpoint("local", LABELS["local"], url, "none", SETTINGS["local"])
    upper = provider.upper()
    given, key = getattr(settings, f"{upper}_BASE_URL"), getattr(settings, f"{upper}_API_KEY")
    if given and provider == "openai":
        # Many compatible servers take no key at all; the SDK wants some text.
        key = key or "none"
    return Endpoint(provider, LABELS[provider], given or DEFAULT_URLS[provider], key, SETTINGS[provider])


def _own_endpoint(provider: str, own: Credential) -> Endpoint:
    if provider in VENDORS:
        label = LABELS[provider]
        url = own.base_url or DEFAULT_URLS.get(provider, "")
        return Endpoint(provider, label, url, own.api_key, f"the workspace's key for {label}")
    label = own.label or LABELS[COMPATIBLE]
    setting = f"the workspace's credential {own.label}" if own.label else f"the workspace's key for {label}"
    return Endpoint(COMPATIBLE, label, own.base_url, own.api_key, setting, own.preset)


def _choice(provider: str, model: str, credentials: Credentials) -> ModelChoice:
    id, cure = f"{provider}:{model}", ""
    try:
        resolve(id, credentials)
    except (ModelNotConfigured, ModelUnavailable) as error:
        cure = error.message
    own = credentials.get(provider)
    kind = own.preset if own is not None and provider not in VENDORS else ""
    can, rates = capabilities(provider, model), rates_of(_price_list(provider, kind), model)
    prices = (rates.input, rates.output, rates.cache_read, rates.cache_write) if rates else ()
    input_price, output_price, cache_read, cache_write = (price.base for price in prices or (NOTHING,) * 4)
    return ModelChoice(
        id=id,
        label=_label(provider, model, rates.name if rates else ""),
        provider=provider,
        context_window=can.context_window,
        input_price=input_price,
        output_price=output_price,
        configured=not cure,
        cure=cure,
        cache_read_price=cache_read,
        cache_write_price=cache_write,
        source="" if cure else "workspace" if provider in credentials else "installation",
        capabilities=can,
        provider_label=own.label if own is not None and own.label else LABELS.get(provider, provider),
        is_free=provider == "local" or preset(kind).is_free,
    )


def _label(provider: str, model: str, listed: str) -> str:
    """The name for people. listed: that of the price list, which knows nothing of a server of the workspace's own."""
    if provider == "local":
        return LOCAL_LABEL
    return listed or model if provider in VENDORS else model


def _on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
