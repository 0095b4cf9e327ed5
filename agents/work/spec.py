"""An agent at work: its settings read once, turned into a model request."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

import orjson

from agents.model_choice.choice import most_output
from agents.models import AgentStatus
from agents.work.prompting import assemble
from automatos.errors import AppError
from automatos.llm.types import Effort, Message, ModelRequest
from automatos.skill_format.skill import Brief, origin_of, tokens
from marketplace.context.plugin import AssignedPlugin
from marketplace.context.service import PluginContextService
from marketplace.context.stored import SOURCE as PLUGINS
from marketplace.hooks.deciding import PluginHooks
from marketplace.hooks.source import SOURCE as HOOKS
from tools.sources import NOTHING, Found, sources

# Runs a statement with its parameters and gives its rows.
Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]


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
    unusable: str
    model: str
    fallback_model: str
    temperature: float
    max_tokens: int
    top_p: float
    frequency_penalty: float
    presence_penalty: float
    effort: Effort = ""
    response_schema: dict[str, Any] | None = None
    max_task_tokens: int | None = None
    max_task_cost: Decimal | None = None
    slug: str = ""
    approval_policy: str = "after_untrusted"
    skills: tuple[Brief, ...] = ()
    has_documents: bool = False
    # What each source of tools gives it, by the source's name.
    found: Mapping[str, Found] = field(default_factory=dict)
    version: int = 1
    # Tokens that its models can read, by model, where a run keeps them as they were.
    windows: Mapping[str, int] = field(default_factory=dict)

    @property
    def token_estimate(self) -> int:
        """Tokens of the system prompt, about."""
        return tokens(self.system_text())

    @property
    def origins(self) -> tuple[str, ...]:
        """Where text that was not written in this workspace stands in the system prompt already."""
        told = [plugin.origin for plugin in self.plugins.usable]
        told += [origin for one in sources() for origin in one.origins(self.found.get(one.name, NOTHING))]
        return tuple(dict.fromkeys([*(skill.origin for skill in self.skills), *told]))

    @property
    def plugins(self) -> PluginContextService:
        """Its plugins, those that were taken away left out from the next claim on."""
        return PluginContextService(self.found.get(PLUGINS, NOTHING))

    @property
    def hooks(self) -> PluginHooks:
        """The hooks of its plugins."""
        return PluginHooks.of(self.found.get(HOOKS, NOTHING))

    def system_text(self, task: str = "", loaded: Sequence[AssignedPlugin] | None = None) -> str:
        """The whole system prompt for a task: its own, then what it is told of its plugins.

        loaded: plugins whose texts were chosen for it; None: those that fit it by their words.
        """
        told = self.plugins.get_assigned_plugins(task, loaded)
        return "\n\n".join(filter(None, (self.system_prompt, told.text)))

    def opening(self, prompt: str, history: Sequence[Message] = ()) -> tuple[Message, ...]:
        """What the model is told before it starts: who it is, what was said before, and the task."""
        return (Message("system", self.system_text(prompt)), *history, Message("user", prompt))

    def request(self, messages: tuple[Message, ...], *, timeout: float, use_fallback: bool = False) -> ModelRequest:
        """The next model call of a task. timeout in seconds."""
        model = self.fallback_model if use_fallback and self.fallback_model else self.model
        return ModelRequest(
            model=model,
            messages=messages,
            # Another model than the agent's own may write less at once, and would refuse to be asked for more.
            max_tokens=min(self.max_tokens, most_output(model) or self.max_tokens),
            temperature=self.temperature,
            top_p=self.top_p,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            effort=self.effort,
            response_schema=self.response_schema,
            timeout=timeout,
        )


def why_unusable(name: str, status: str, *, deleted: bool) -> str:
    """A sentence why an agent cannot be cooked with, or an empty text."""
    if deleted:
        return f"Agent {name} was deleted. Choose another agent for this step."
    if status != AgentStatus.ACTIVE:
        return f"Agent {name} is {AgentStatus(status).label.lower()}. Make it active or choose another agent."
    return ""


def why_no_new_work(name: str, status: str, pending_status: str, deleted: bool) -> str:
    """The same for a run that is only about to begin: an agent on its way out takes no new one."""
    reason = why_unusable(name, status, deleted=deleted)
    if not reason and pending_status:
        word = AgentStatus(pending_status).label.lower()
        return f"Agent {name} becomes {word} once its current runs are over. Keep it active or choose another agent."
    return reason


SPECS = (
    "SELECT a.id, a.name, a.description, COALESCE(p.system_prompt, ''), a.custom_prompt, a.status, "
    "a.deleted_at IS NOT NULL, m.provider || ':' || m.model_id, m.fallback_model_id, m.temperature, m.max_tokens, "
    "m.top_p, m.frequency_penalty, m.presence_penalty, m.effort, m.response_schema, m.max_task_tokens, "
    "m.max_task_cost, a.slug, (SELECT w.approval_policy FROM workspaces w WHERE w.id = a.workspace_id), "
    "(SELECT json_agg(json_build_array(s.id, s.slug, s.summary, s.has_more, c.name) ORDER BY g.position, g.id) "
    "FROM agent_skills g JOIN skills s ON s.id = g.skill_id JOIN skill_sources c ON c.id = s.source_id "
    "WHERE g.agent_id = a.id AND s.is_enabled AND s.deleted_at IS NULL), "
    "EXISTS (SELECT 1 FROM agent_documents k JOIN documents d ON d.id = k.document_id "
    "WHERE k.agent_id = a.id AND d.deleted_at IS NULL AND d.chunk_count > 0), "
    "a.version{sources} FROM agents a "
    "JOIN agent_model_config m ON m.agent_id = a.id LEFT JOIN personas p ON p.id = a.persona_id "
    "WHERE a.id = ANY(%s::uuid[])"
)


def load_specs(agent_ids: Iterable[UUID], rows: Rows) -> dict[UUID, AgentSpec]:
    """The agents by id, asked for every step: one statement, run by `rows`. Those that do not exist are missing."""
    ids = "{" + ",".join(str(agent_id) for agent_id in set(agent_ids)) + "}"
    asked = tuple((source.name, source.kept, source.live) for source in sources())
    names = [name for name, _, _ in asked]
    return {row[0]: _spec(row, names) for row in rows(_statement(asked), [ids])}


@cache
def _statement(asked: tuple[tuple[str, str, str], ...]) -> str:
    """The statement with what each source of tools asks as two columns more."""
    return SPECS.format(sources="".join(f", ({kept}), ({live})" for _, kept, live in asked))


def find_spec(workspace_id: UUID, name: str, rows: Rows) -> AgentSpec | None:
    """A workspace's agent by its slug or its name; None when there is none."""
    found = rows(
        "SELECT id FROM agents WHERE workspace_id = %s AND deleted_at IS NULL "
        "AND (slug = %s OR lower(name) = lower(%s)) ORDER BY slug = %s DESC, created_at LIMIT 1",
        [workspace_id, name, name, name],
    )
    return load_specs([found[0][0]], rows).get(found[0][0]) if found else None


def _spec(row: tuple[Any, ...], names: Sequence[str]) -> AgentSpec:
    row, given = row[: -2 * len(names)], [_json(value) for value in row[-2 * len(names) :]]
    pk, name, description, persona, custom, status, deleted, *settings = row
    *settings, schema, tokens, cost, slug, policy, skills, has_documents, version = settings
    briefs = tuple(_brief(*values) for values in _json(skills) or ())
    assembled = assemble(
        name=name, description=description, persona_prompt=persona, custom_prompt=custom, skills=briefs
    )
    found = {one: Found(*given[at : at + 2]) for one, at in zip(names, count(step=2), strict=False)}
    unusable = why_unusable(name, status, deleted=deleted) or _refusal(name, found)
    settings += [_json(schema), tokens, cost, slug, policy, briefs, has_documents, found, version]
    return AgentSpec(pk, name, assembled.system_prompt, unusable, *settings)


def _refusal(name: str, found: Mapping[str, Found]) -> str:
    """Why a source of tools does not let the agent work."""
    why = next(filter(None, (one.refusal(found.get(one.name, NOTHING)) for one in sources())), "")
    return f"Agent {name} {why}" if why else ""


def _json(value: Any) -> Any:
    """JSON of a column; a raw cursor gives it as text."""
    return orjson.loads(value) if isinstance(value, str) else value


def _brief(skill_id: str, name: str, summary: str, has_more: bool, source: str) -> Brief:
    return Brief(UUID(skill_id), name, summary, has_more, origin_of(name, source))
