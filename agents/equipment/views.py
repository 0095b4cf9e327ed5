"""Pages: which tools and skills an agent has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents import services
from agents.equipment.rearranging import rearranged
from agents.equipment.words import EFFECTS, Effect, about
from agents.models import Agent
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from agents.skills import queries as skills_queries
from automatos.errors import Conflict, InvalidInput
from automatos.fields import whole
from tools.builtin import BUILTIN
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@dataclass(frozen=True, slots=True)
class Part:
    """A tool or a skill, as its page lists it. note: what a skill costs; effect: what a tool can do."""

    key: str
    title: str
    name: str
    description: str
    note: str = ""
    effect: Effect | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def tools(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Its built-in tools in the order the model sees them; a POST adds, removes or moves one."""
    agent = agent_at(workspace=request.workspace, key=key)
    parts = {
        tool.name: Part(tool.name, tool.title, tool.name, about(tool), effect=EFFECTS[tool.effects])
        for tool in BUILTIN.values()
    }
    if request.method == "POST":
        return _equip(request, agent, "tool", list(agent.tool_ids), parts)
    return _equipment(request, agent, "tool", list(agent.tool_ids), parts)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def skills(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Its skills in their order, and those of the workspace it could have; a POST adds, removes or moves one."""
    agent = agent_at(workspace=request.workspace, key=key)
    held = [str(skill.pk) for skill in skills_queries.skills_of_agent(agent)]
    parts = {
        str(skill.pk): Part(
            str(skill.pk), skill.name, skill.slug, skill.description, f"{skill.metadata_tokens:,} tokens in each prompt"
        )
        for skill in skills_queries.skills_of(request.workspace)
        if skill.is_enabled or str(skill.pk) in held
    }
    if request.method == "POST":
        return _equip(request, agent, "skill", held, parts)
    return _equipment(request, agent, "skill", held, parts)


def _equipment(
    request: WorkspaceRequest, agent: Agent, kind: str, held: list[str], parts: Mapping[str, Part]
) -> HttpResponse:
    context = {
        "kind": kind,
        "held": [parts[key] for key in held if key in parts],
        "others": [part for part in parts.values() if part.key not in held],
    }
    return render(request, "agents/equipment.html", {**frame(request, agent, f"agent_{kind}s"), **context})


def _equip(
    request: WorkspaceRequest, agent: Agent, kind: str, held: list[str], parts: Mapping[str, Part]
) -> HttpResponse:
    """Carry out one button, as a version of its own, and come back to the same place."""
    request.access.require("agents:write")
    keys, key, word = rearranged(held, request.POST.get("do", ""))
    if word and key in parts:
        data = services.as_input(agent)
        data = replace(data, tool_ids=keys) if kind == "tool" else replace(data, skill_ids=[UUID(one) for one in keys])
        expected = whole(request.POST.get("version", ""), 0)
        note = f"{kind.capitalize()} {parts[key].title} {word}."
        try:
            services.update_agent(agent=agent, user=request.user, data=data, expected_version=expected, note=note)
        except (Conflict, InvalidInput) as error:
            messages.error(request, error.message)
        else:
            messages.success(request, note)
    return redirect(f"agent_{kind}s", request.workspace.slug, agent.slug)
