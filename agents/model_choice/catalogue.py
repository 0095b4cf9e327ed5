"""The models a person can choose from, as the agent pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from automatos.llm.capabilities import SAMPLING, Capabilities, capabilities
from automatos.llm.registry import COMPATIBLE, ModelChoice, catalogue
from automatos.words import money
from workspaces.credentials.provider_keys import kept_for
from workspaces.models import Workspace

PROVIDER_WORDS = {"local": "On this machine", "openai": "OpenAI", "anthropic": "Anthropic"}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model to choose. name: `provider:model`; cure: what is missing before it can be used; price: in and out."""

    name: str
    provider: str
    label: str
    cure: str
    context: int | None
    price: str
    ready: bool
    source: str
    can: Capabilities
    provider_label: str = ""

    @property
    def without(self) -> str:
        """What has to be known where it answers in place of an agent's own model; empty for nothing."""
        return "" if "temperature" in self.can.parameters else "takes no temperature"

    @property
    def is_known(self) -> bool:
        """Whether anybody knows what it can do; a server of the workspace's own may have any model."""
        return self.can.tools is not None

    @property
    def badges(self) -> list[str]:
        """What it can do, in a word each."""
        known = {"Tools": self.can.tools, "Vision": self.can.vision, "JSON": self.can.json_schema}
        return [word for word, can in {**known, "Thinking": self.can.thinking}.items() if can]


@dataclass(frozen=True, slots=True)
class ProviderCard:
    """A provider or server to choose. cure: what is missing first. kind: the type of its credentials."""

    name: str
    label: str
    cure: str
    ready: bool
    note: str = ""

    @property
    def kind(self) -> str:
        return self.name if self.name in PROVIDER_WORDS else COMPATIBLE


def cards(workspace: Workspace) -> list[ModelCard]:
    """Every model on offer; those the workspace has a key of its own for are ready."""
    return [_card(model) for model in catalogue(kept_for(workspace.pk))]


def providers(models: Sequence[ModelCard]) -> list[ProviderCard]:
    """The providers of these models, in their order."""
    first: dict[str, ModelCard] = {}
    for model in models:
        first.setdefault(model.provider, model)
    return [
        ProviderCard(name, card.provider_label, card.cure, card.ready, _whose(card.source))
        for name, card in first.items()
    ]


def names(models: Sequence[ModelCard]) -> list[tuple[str, str]]:
    """Name and label of each, for a drop-down list."""
    return [(model.name, _in_list(model)) for model in models]


def _in_list(model: ModelCard) -> str:
    """Several servers may have a model of one name."""
    label = model.label if model.provider in PROVIDER_WORDS else f"{model.label} at {model.provider_label}"
    return label if model.ready else f"{label} (no key)"


def not_taken(name: str) -> dict[str, str]:
    """The settings that a model does not take, each with the reason. name: `provider:model`, or empty."""
    provider, _, model = name.partition(":")
    if not model:
        return {}
    can = capabilities(provider, model)
    reasons = {setting: _why_not(provider, model) for setting in SAMPLING if setting not in can.parameters}
    if not can.efforts:
        reasons["effort"] = f"{model} has no setting for it."
    if can.json_schema is False:
        reasons["response_schema"] = f"{model} does not keep to a schema. The answer is checked and asked for again."
    return reasons


def _why_not(provider: str, model: str) -> str:
    if provider == "anthropic":
        return "Anthropic's newest API takes no such setting: the model chooses its words by itself."
    return f"{model} thinks before it answers, and {PROVIDER_WORDS.get(provider, provider)} takes no such setting then."


def _whose(source: str) -> str:
    return {"workspace": "Your workspace's own key", "installation": "Ready"}.get(source, "")


def _card(model: ModelChoice) -> ModelCard:
    return ModelCard(
        name=model.id,
        provider=model.provider,
        label=model.label,
        cure=model.cure,
        context=model.context_window,
        price=_price(model),
        ready=model.configured,
        source=model.source,
        can=model.capabilities,
        provider_label=PROVIDER_WORDS.get(model.provider, model.provider_label),
    )


def _price(model: ModelChoice) -> str:
    if model.input_price or model.output_price:
        return f"{money(model.input_price)} / {money(model.output_price)}"
    return "Free" if model.is_free else "Not listed"
