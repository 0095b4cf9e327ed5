"""The model an agent thinks with: defaults, ranges, and whether its provider exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from django.conf import settings

from agents.models import AgentModelConfig
from automatos.checking import Problems
from automatos.json_schema import schema_problem
from automatos.llm.capabilities import capabilities
from automatos.llm.registry import COMPATIBLE, LABELS
from automatos.llm.types import Effort

PROVIDERS = tuple(LABELS)
FIELD = "agent_model_config"
# name: lowest, highest
RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "max_tokens": (1, 1_000_000),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
# The same for the limits of one task, which may be empty. Cost in US dollars.
LIMITS: dict[str, tuple[float, float]] = {"max_task_tokens": (1, 100_000_000), "max_task_cost": (0.0001, 100_000)}
EFFORTS = tuple(effort for effort in get_args(Effort) if effort)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """A model and its parameters. An empty provider and model_id mean the installation's default model.

    effort: how hard to think, empty for the model's own. response_schema: the JSON Schema its answers must follow.
    max_task_tokens, max_task_cost (US dollars): limits of one task; None: only those of the recipe's step.
    """

    provider: str = ""
    model_id: str = ""
    temperature: float = 0.7
    max_tokens: int = 2000
    top_p: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    fallback_model_id: str = ""
    effort: str = ""
    response_schema: dict[str, Any] | None = None
    max_task_tokens: int | None = None
    max_task_cost: Decimal | None = None

    @classmethod
    def of(cls, config: AgentModelConfig) -> "ModelInput":
        """An agent's model as it is."""
        return cls(**{name: getattr(config, name) for name in cls.__dataclass_fields__})


def checked_model(data: ModelInput, problems: Problems, servers: Sequence[str] = ()) -> AgentModelConfig:
    """The model row, not saved; notes what is wrong under `agent_model_config.<name>`.

    servers: the names of the workspace's own servers, the first one first; it is meant where none is named.
    """
    provider, model_id = _full_name(data.provider, data.model_id, servers)
    _check_provider(f"{FIELD}.provider", provider, problems, servers)
    problems.text(f"{FIELD}.model_id", model_id, longest=160, required=True)
    for name, (low, high) in RANGES.items():
        problems.number(f"{FIELD}.{name}", getattr(data, name), low=low, high=high)
    _check_output(data.max_tokens, provider, model_id, problems)
    for name, (low, high) in LIMITS.items():
        if getattr(data, name) is not None:
            problems.number(f"{FIELD}.{name}", getattr(data, name), low=low, high=high)
    if data.effort:
        problems.choice(f"{FIELD}.effort", data.effort, EFFORTS)
    _check_schema(data.response_schema, problems)
    return AgentModelConfig(
        provider=provider,
        model_id=model_id,
        fallback_model_id=_checked_fallback(data.fallback_model_id, provider, problems, servers),
        effort=data.effort,
        response_schema=data.response_schema,
        **{name: getattr(data, name) for name in (*RANGES, *LIMITS)},
    )


def most_output(model: str) -> int | None:
    """The most tokens this model can be asked for in one answer, as far as its name tells. model: `provider:model`.

    The local one may be asked for more than it writes: it just ends.
    """
    provider, _, name = model.partition(":")
    return None if provider == "local" else capabilities(provider, name).max_output


def _check_output(tokens: float, provider: str, model_id: str, problems: Problems) -> None:
    most = most_output(f"{provider}:{model_id}")
    if most and tokens > most and f"{FIELD}.max_tokens" not in problems:
        problems.add(
            f"{FIELD}.max_tokens", f"{model_id} can write at most {most:,} tokens at once. Enter {most:,} or less."
        )


def _check_schema(schema: object, problems: Problems) -> None:
    """A JSON Schema of an object: providers take no other kind as an answer."""
    if schema is None:
        return
    field = f"{FIELD}.response_schema"
    if not isinstance(schema, dict) or schema.get("type") != "object":
        problems.add(field, 'Give a JSON Schema of an object: {"type": "object", "properties": …}.')
        return
    problems.json(field, schema)
    if problem := schema_problem(schema):
        problems.add(field, f"This is no valid JSON Schema: {problem[:200]}.")


def _full_name(provider: str, model_id: str, servers: Sequence[str]) -> tuple[str, str]:
    """Provider and model with the defaults filled in; `openai:gpt-5` as a model_id names both."""
    provider, model_id = provider.strip(), model_id.strip()
    if not provider:
        prefix, colon, rest = model_id.partition(":")
        if colon and (prefix in PROVIDERS or prefix in servers):
            return _named(prefix, servers), rest
        provider = str(settings.DEFAULT_LLM_PROVIDER)
    provider = _named(provider, servers)
    if not model_id and provider == settings.DEFAULT_LLM_PROVIDER:
        model_id = str(settings.DEFAULT_LLM_MODEL)
    return provider, model_id


def _named(provider: str, servers: Sequence[str]) -> str:
    """The provider; a server of the workspace's own by its name, as soon as there is one."""
    return servers[0] if provider == COMPATIBLE and servers else provider


def _checked_fallback(name: str, provider: str, problems: Problems, servers: Sequence[str]) -> str:
    """The fallback as `provider:model`; without a provider it is the same one's."""
    name = problems.text(f"{FIELD}.fallback_model_id", name, longest=160)
    if not name:
        return ""
    prefix, colon, rest = name.partition(":")
    known = colon and (prefix in PROVIDERS or prefix in servers)
    return f"{_named(prefix, servers)}:{rest}" if known else f"{provider}:{name}"


def _check_provider(field: str, provider: str, problems: Problems, servers: Sequence[str]) -> None:
    if provider not in PROVIDERS and provider not in servers:
        known = ", ".join([*(name for name in PROVIDERS if name != COMPATIBLE), *(servers or [COMPATIBLE])])
        problems.add(field, f"{provider[:40]!r} is no provider and no server of this workspace. Use one of {known}.")
