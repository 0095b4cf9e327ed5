"""The models a person can choose from, as the agent pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from automatos.llm.registry import ModelChoice, models_available
from automatos.words import money

PROVIDER_WORDS = {"local": "On this machine", "openai": "OpenAI", "anthropic": "Anthropic"}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model to choose. name: `provider:model`; note: whose it is, or what is missing; price: in and out."""

    name: str
    label: str
    note: str
    context: int | None
    price: str
    ready: bool


def cards() -> list[ModelCard]:
    """Every model on offer, those that can be used at once first."""
    return sorted((_card(model) for model in models_available()), key=lambda card: not card.ready)


def names(models: Sequence[ModelCard]) -> list[tuple[str, str]]:
    """Name and label of each, for a drop-down list."""
    return [(model.name, model.label if model.ready else f"{model.label} (no key)") for model in models]


def _card(model: ModelChoice) -> ModelCard:
    note = PROVIDER_WORDS.get(model.provider, model.provider)
    return ModelCard(
        name=model.id,
        label=model.label,
        note=note if model.configured else f"{note}. {model.cure}",
        context=model.context_window,
        price=_price(model),
        ready=model.configured,
    )


def _price(model: ModelChoice) -> str:
    if model.input_price or model.output_price:
        return f"{money(model.input_price)} / {money(model.output_price)}"
    return "Free" if model.provider == "local" else "Not listed"
