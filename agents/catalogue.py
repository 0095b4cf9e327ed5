"""The models a person can choose from, as the agent pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from automatos.llm.registry import ModelChoice, catalogue
from automatos.words import money
from workspaces.models import Workspace
from workspaces.provider_keys import kept_for

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


@dataclass(frozen=True, slots=True)
class ProviderCard:
    """A provider to choose. cure: what is missing before its models can be used."""

    name: str
    label: str
    cure: str
    ready: bool


def cards(workspace: Workspace) -> list[ModelCard]:
    """Every model on offer; those the workspace has a key of its own for are ready."""
    return [_card(model) for model in catalogue(kept_for(workspace.pk))]


def providers(models: Sequence[ModelCard]) -> list[ProviderCard]:
    """The providers of these models, in their order."""
    first = {model.provider: model for model in reversed(models)}
    return [
        ProviderCard(name, label, first[name].cure, first[name].ready)
        for name, label in PROVIDER_WORDS.items()
        if name in first
    ]


def names(models: Sequence[ModelCard]) -> list[tuple[str, str]]:
    """Name and label of each, for a drop-down list."""
    return [(model.name, model.label if model.ready else f"{model.label} (no key)") for model in models]


def _card(model: ModelChoice) -> ModelCard:
    return ModelCard(
        name=model.id,
        provider=model.provider,
        label=model.label,
        cure=model.cure,
        context=model.context_window,
        price=_price(model),
        ready=model.configured,
    )


def _price(model: ModelChoice) -> str:
    if model.input_price or model.output_price:
        return f"{money(model.input_price)} / {money(model.output_price)}"
    return "Free" if model.provider == "local" else "Not listed"
