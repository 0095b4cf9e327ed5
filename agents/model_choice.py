"""The model an agent thinks with: defaults, ranges, and whether its provider exists."""

from dataclasses import dataclass

from django.conf import settings

from agents.models import AgentModelConfig
from automatos.checking import Problems
from automatos.llm.registry import LABELS

PROVIDERS = tuple(LABELS)
FIELD = "agent_model_config"
# name: lowest, highest
RANGES = {
    "temperature": (0, 2),
    "max_tokens": (1, 1_000_000),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """A model and its parameters. An empty provider and model_id mean the installation's default model."""

    provider: str = ""
    model_id: str = ""
    temperature: float = 0.7
    max_tokens: int = 2000
    top_p: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    fallback_model_id: str = ""

    @classmethod
    def of(cls, config: AgentModelConfig) -> "ModelInput":
        """An agent's model as it is."""
        return cls(**{name: getattr(config, name) for name in cls.__dataclass_fields__})


def checked_model(data: ModelInput, problems: Problems) -> AgentModelConfig:
    """The model row, not saved; notes what is wrong under `agent_model_config.<name>`."""
    provider, model_id = _full_name(data.provider, data.model_id)
    _check_provider(f"{FIELD}.provider", provider, problems)
    problems.text(f"{FIELD}.model_id", model_id, longest=160, required=True)
    for name, (low, high) in RANGES.items():
        problems.number(f"{FIELD}.{name}", getattr(data, name), low=low, high=high)
    return AgentModelConfig(
        provider=provider,
        model_id=model_id,
        fallback_model_id=_checked_fallback(data.fallback_model_id, provider, problems),
        **{name: getattr(data, name) for name in RANGES},
    )


def _full_name(provider: str, model_id: str) -> tuple[str, str]:
    """Provider and model with the defaults filled in; `openai:gpt-5` as a model_id names both."""
    provider, model_id = provider.strip(), model_id.strip()
    if not provider:
        prefix, colon, rest = model_id.partition(":")
        if colon and prefix in PROVIDERS:
            return prefix, rest
        provider = str(settings.DEFAULT_LLM_PROVIDER)
    if not model_id and provider == settings.DEFAULT_LLM_PROVIDER:
        model_id = str(settings.DEFAULT_LLM_MODEL)
    return provider, model_id


def _checked_fallback(name: str, provider: str, problems: Problems) -> str:
    """The fallback as `provider:model`; without a provider it is the same one's."""
    name = problems.text(f"{FIELD}.fallback_model_id", name, longest=160)
    if not name:
        return ""
    prefix, colon, _ = name.partition(":")
    return name if colon and prefix in PROVIDERS else f"{provider}:{name}"


def _check_provider(field: str, provider: str, problems: Problems) -> None:
    if provider not in PROVIDERS:
        problems.add(field, f"{provider[:40]!r} is not a provider here. Use one of {', '.join(PROVIDERS)}.")
