"""One agent's pages: overview, tools and skills, history."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents import services
from agents.copies import services as copies_services
from agents.equipment.rearranging import rearranged
from agents.equipment.words import EFFECTS, Effect, about
from agents.model_choice.catalogue import not_taken
from agents.models import Agent
from agents.pages import figures
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from agents.queries import spec_of
from agents.skills import queries as skills_queries
from agents.versions.document import changed
from agents.versions.log import version_of, versions_of
from automatos.errors import Conflict, InvalidInput
from automatos.fields import whole
from automatos.listing import page_of
from tools.builtin import BUILTIN
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@dataclass(frozen=True, slots=True)
class Part:
    """A tool or a skill, as its page lists it. note: what a skill costs; effect: what a tool can do."""

    key: str
    title: str
    name: str
    description: str
    note: str = ""
    effect: Effect | None = None


@require_safe
@workspace_page()
def overview(request: WorkspaceRequest, key: str) -> HttpResponse:
    """What is sent to its model, who uses it, what it did lately."""
    agent = agent_at(workspace=request.workspace, key=key)
    context = {
        "sent": spec_of(agent),
        "refused": not_taken(agent.agent_model_config.model),
        "figures": figures.figures_of([agent])[agent.pk],
        "uses": figures.recipes_naming(agent),
        "recent": figures.recent_steps(agent),
    }
    return render(request, "agents/detail.html", {**frame(request, agent, "agent_detail"), **context})


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


@require_safe
@workspace_page()
def history(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Every change of the agent, and what differs between the two versions the address names."""
    agent = agent_at(workspace=request.workspace, key=key)
    page = page_of(versions_of(agent).defer("snapshot"), request.GET)
    numbers = list(versions_of(agent).values_list("version", flat=True)) or [agent.version]
    new = _number(request.GET.get("to", ""), numbers, numbers[0])
    earlier = [number for number in numbers if number < new]
    old = _number(request.GET.get("from", ""), numbers, earlier[0] if earlier else new)
    context = {
        "page": page,
        "numbers": numbers,
        "old": old,
        "new": new,
        "lines": changed(version_of(agent, old).snapshot, version_of(agent, new).snapshot),
    }
    return render(request, "agents/history.html", {**frame(request, agent, "agent_history"), **context})


def _number(text: str, numbers: list[int], otherwise: int) -> int:
    number = whole(text, otherwise)
    return int(number) if number in numbers else otherwise


@require_POST
@workspace_page(Role.EDITOR)
def version_restore(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Make an earlier version the newest one again, unless somebody edited since the page was opened."""
    agent = agent_at(workspace=request.workspace, key=key)
    number = whole(request.POST.get("version", ""), 0)
    number = number if isinstance(number, int) and 0 < number < 2**31 else 0
    expected = whole(request.POST.get("newest", ""), 0)
    try:
        saved = copies_services.restore_version(
            agent=agent, version=number, user=request.user, expected_version=expected
        )
    except (Conflict, InvalidInput) as error:
        messages.error(request, f"Version {number} was not brought back. {error.message}")
    else:
        messages.success(request, f"Version {number} is back, as version {saved.version}.")
    return redirect("agent_history", request.workspace.slug, agent.slug)
