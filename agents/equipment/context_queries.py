"""Reads: what an agent's model is told ahead of a task, exactly as the runtime puts it together."""

from typing import Any

from agents.models import Agent
from agents.work import queries as work_queries
from agents.work.toolbox import told, toolbox_of
from marketplace.context.choosing import chosen, likeness_of
from tools.app_calls.tools import FIND
from tools.hints.briefing import brief

LONGEST_TASK = 20_000


def assembled_context(agent: Agent, task: str) -> dict[str, Any]:
    """Model, system prompt, what was loaded into it, tools. task: what plugins' texts are chosen for; empty: none."""
    spec, task = work_queries.spec_of(agent), task[:LONGEST_TASK]
    loaded = chosen(spec.plugins.usable, task, likeness_of(spec.plugins.usable, task))
    plugins = spec.plugins.get_assigned_plugins(task, loaded)
    tools = toolbox_of(spec)
    apps = brief(agent.workspace_id, spec.id, task) if task and FIND in tools else ""
    return {
        "agent_id": agent.pk,
        "model": spec.model,
        "temperature": spec.temperature,
        "system_prompt": "\n\n".join(filter(None, (spec.system_text(task, loaded), apps))),
        "persona": agent.persona.slug if agent.persona else None,
        "plugins_loaded": [
            {
                "plugin_id": one.plugin_id,
                "slug": one.slug,
                "version": one.offer.get("version", ""),
                "in_full": one in plugins.loaded,
            }
            for one in plugins.listed
        ],
        "skills_loaded": spec.skills,
        "tools": told(tools),
        "token_estimate": spec.token_estimate,
    }
