"""Changes: what an agent has to work with: its tools, its skills and its plugins."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from uuid import UUID

from agents.models import Agent, AgentSkill, Skill
from automatos.checking import Problems
from marketplace.enabling import assigning
from marketplace.enabling import queries as plugin_queries
from tools.builtin import BUILTIN
from workspaces.models import Workspace

MOST_SKILLS = 500


@dataclass(frozen=True, slots=True)
class Equipment:
    """Checked tools, skills and plugins, in their order; None: what the agent has already."""

    tool_ids: list[str] | None
    skill_ids: list[UUID] | None
    plugin_ids: list[UUID] | None


def checked(
    workspace: Workspace,
    tool_ids: Sequence[str] | None,
    skill_ids: Sequence[UUID] | None,
    plugin_ids: Sequence[UUID] | None,
    problems: Problems,
) -> Equipment:
    """Each once; notes every name that is no tool, with the nearest one, and every id that is not in use here."""
    tools = None if tool_ids is None else list(dict.fromkeys(tool_ids))
    skills = None if skill_ids is None else list(dict.fromkeys(skill_ids))
    for name in tools or ():
        if name not in BUILTIN:
            problems.add("tool_ids", _no_tool(name))
    _check_skills(workspace, skills or [], problems)
    plugins = None if plugin_ids is None else assigning.check_plugins(workspace, plugin_ids, problems)
    return Equipment(tools, skills, plugins)


def give_plugins(agent: Agent, plugin_ids: Sequence[UUID]) -> None:
    """Exactly these, in this order. They were checked."""
    assigning.assign_plugins(
        workspace=agent.workspace, agent_id=agent.pk, name=agent.name, plugin_ids=list(dict.fromkeys(plugin_ids))
    )


def plugin_ids_of(agent: Agent) -> list[UUID]:
    """The agent's plugins in its order; from what was fetched for a whole list, where it was."""
    fetched: dict[UUID, list[UUID]] | None = getattr(agent, "plugins_of_page", None)
    return fetched[agent.pk] if fetched is not None else plugin_queries.plugin_ids_of(agent.workspace_id, agent.pk)


def fetch_plugins(agents: Sequence[Agent]) -> Sequence[Agent]:
    """The same agents, their plugins read in one query."""
    found = plugin_queries.plugin_ids_by_agent([agent.pk for agent in agents])
    for agent in agents:
        agent.plugins_of_page = found  # type: ignore[attr-defined]
    return agents


def give_skills(agent: Agent, skill_ids: Sequence[UUID]) -> None:
    """Exactly these, in this order. A skill that is out of use for now stays noted, for when it comes back."""
    usable = AgentSkill.objects.filter(agent=agent, skill__is_enabled=True, skill__deleted_at=None)
    usable.exclude(skill__in=skill_ids).delete()
    AgentSkill.objects.bulk_create(
        [AgentSkill(agent=agent, skill_id=key, position=place) for place, key in enumerate(skill_ids)],
        update_conflicts=True,
        unique_fields=["agent", "skill"],
        update_fields=["position"],
    )


def skill_ids_of(agent: Agent) -> list[UUID]:
    """The skills the agent can use, in its order; from what was prefetched, where it was."""
    if "agent_skills" in getattr(agent, "_prefetched_objects_cache", {}):
        return [row.skill_id for row in agent.agent_skills.all()]
    rows = AgentSkill.objects.filter(agent=agent, skill__is_enabled=True, skill__deleted_at=None)
    return list(rows.values_list("skill_id", flat=True))


def _no_tool(name: str) -> str:
    near = get_close_matches(name, BUILTIN, n=1, cutoff=0.4)
    cure = f"Did you mean {near[0]}?" if near else "GET /api/tools lists those there are."
    return f"There is no tool {name[:60]!r}. {cure}"


def _check_skills(workspace: Workspace, skill_ids: Sequence[UUID], problems: Problems) -> None:
    if len(skill_ids) > MOST_SKILLS:
        problems.add("skill_ids", f"These are {len(skill_ids):,} skills; an agent has at most {MOST_SKILLS}.")
        return
    rows = Skill.objects.filter(workspace=workspace, pk__in=skill_ids, deleted_at=None)
    known = {row.pk: row for row in rows.only("name", "is_enabled")}
    for key in skill_ids:
        row = known.get(key)
        if row is None:
            problems.add("skill_ids", f"There is no skill {key} in this workspace. GET /api/skills lists them.")
        elif not row.is_enabled:
            problems.add("skill_ids", f"{row.name} ({key}) is not enabled in this workspace. Enable it first.")
