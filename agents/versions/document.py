"""An agent as a document: what its history keeps and export writes; and the same as lines of text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from agents.model_choice.choice import ModelInput
from agents.models import Agent, AgentSkill
from automatos import textdiff
from automatos.fields import plain
from marketplace.enabling import queries as plugin_queries

FORMAT = "automatos-agent"
FORMAT_VERSION = 1
Document = dict[str, Any]


def document_of(agent: Agent) -> Document:
    """Everything a person decided about the agent. Persona and skills carry their slugs, for other workspaces."""
    persona = agent.persona
    skills = AgentSkill.objects.filter(agent=agent, skill__deleted_at=None).select_related("skill").order_by("position")
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": agent.name,
        "description": agent.description,
        "category": agent.category,
        "agent_type": agent.agent_type,
        "tags": list(agent.tags),
        "persona": {"id": str(persona.pk), "slug": persona.slug, "name": persona.name} if persona else None,
        "custom_prompt": agent.custom_prompt,
        "agent_model_config": _model(agent),
        "tools": list(agent.tool_ids),
        "skills": [{"id": str(row.skill_id), "slug": row.skill.slug, "name": row.skill.name} for row in skills],
        "plugins": [
            {"id": str(row.plugin_id), "slug": row.plugin.slug, "name": row.plugin.name}
            for row in plugin_queries.plugins_of(agent.workspace, agent.pk)
        ],
    }


def _model(agent: Agent) -> Document:
    given = asdict(ModelInput.of(agent.agent_model_config))
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in given.items()}


def changed(old: Document, new: Document) -> list[textdiff.Line]:
    """What differs between two documents, line by line; empty when they read the same."""
    return textdiff.compare(as_text(old), as_text(new))


def as_text(document: Mapping[str, Any]) -> str:
    """The agent as lines a person can compare. Takes documents of earlier versions of the format too."""
    model = document.get("agent_model_config") or {}
    parameters = [name for name in model if name not in ("provider", "model_id", "fallback_model_id")]
    lines = [
        f"Name: {document.get('name', '')}",
        f"Description: {document.get('description', '')}",
        f"Category: {document.get('category', '')}",
        f"Type: {document.get('agent_type', '')}",
        f"Tags: {', '.join(document.get('tags') or ())}",
        f"Persona: {_named(document.get('persona')) or 'none'}",
        f"Model: {model.get('provider', '')}:{model.get('model_id', '')}",
        *(f"{name.replace('_', ' ').capitalize()}: {_value(model[name])}" for name in sorted(parameters)),
        f"Fallback model: {model.get('fallback_model_id') or 'none'}",
        *_numbered("Tool", document.get("tools") or ()),
        *_numbered("Skill", [_named(skill) for skill in document.get("skills") or ()]),
        *_numbered("Plugin", [_named(plugin) for plugin in document.get("plugins") or ()]),
        "Own prompt or instructions:",
        *str(document.get("custom_prompt") or "").splitlines(),
    ]
    return "\n".join(lines)


def _numbered(word: str, names: Sequence[str]) -> list[str]:
    return [f"{word} {number}: {name}" for number, name in enumerate(names, 1)] or [f"{word}s: none"]


def _named(thing: Any) -> str:
    return str(thing.get("name") or thing.get("slug") or "") if isinstance(thing, Mapping) else ""


def _value(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return plain(float(value)) if isinstance(value, (int, float)) else str(value)
