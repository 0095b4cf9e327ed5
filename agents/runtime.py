"""An agent at work: its settings read once, turned into a model request."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from agents.models import Agent, AgentStatus
from agents.prompting import assemble
from automatos.errors import AppError
from automatos.llm.types import Message, ModelRequest


class AgentUnusable(AppError):
    """The agent was deleted or does not work at the moment."""

    code = "agent_unusable"
    http_status = 409


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What a run needs to know of an agent."""

    id: UUID
    name: str
    system_prompt: str
    model: str
    fallback_model: str
    temperature: float
    max_tokens: int
    top_p: float
    frequency_penalty: float
    presence_penalty: float
    unusable: str

    def request(self, prompt: str, *, timeout: float, key: str, use_fallback: bool = False) -> ModelRequest:
        """The model call for one task. timeout in seconds; key: the call's idempotency key."""
        return ModelRequest(
            model=self.fallback_model if use_fallback and self.fallback_model else self.model,
            messages=(Message("system", self.system_prompt), Message("user", prompt)),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            timeout=timeout,
            idempotency_key=key,
        )


def why_unusable(name: str, status: str, *, deleted: bool) -> str:
    """A sentence why an agent cannot be cooked with, or an empty text."""
    if deleted:
        return f"Agent {name} was deleted. Choose another agent for this step."
    if status != AgentStatus.ACTIVE:
        return f"Agent {name} is {AgentStatus(status).label.lower()}. Make it active or choose another agent."
    return ""


FIELDS = (
    "id",
    "name",
    "description",
    "custom_prompt",
    "status",
    "deleted_at",
    "persona__system_prompt",
    "agent_model_config__provider",
    "agent_model_config__model_id",
    "agent_model_config__fallback_model_id",
    "agent_model_config__temperature",
    "agent_model_config__max_tokens",
    "agent_model_config__top_p",
    "agent_model_config__frequency_penalty",
    "agent_model_config__presence_penalty",
)


def load_specs(agent_ids: Iterable[UUID]) -> dict[UUID, AgentSpec]:
    """The agents by id, in one query; those that do not exist are missing."""
    rows = Agent.objects.filter(id__in=set(agent_ids)).values_list(*FIELDS)
    specs = {}
    for pk, name, description, custom, status, deleted_at, persona, provider, model_id, fallback, *numbers in rows:
        assembled = assemble(name=name, description=description, persona_prompt=persona or "", custom_prompt=custom)
        unusable = why_unusable(name, status, deleted=deleted_at is not None)
        model = f"{provider}:{model_id}"
        specs[pk] = AgentSpec(pk, name, assembled.system_prompt, model, fallback or "", *numbers, unusable)
    return specs
