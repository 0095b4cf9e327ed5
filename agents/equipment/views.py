"""Pages: which tools, skills and plugins an agent has."""

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
from marketplace.enabling import queries as plugin_queries
from marketplace.enabling.queries import enabled_in
from marketplace.models import EnabledPlugin, VersionStatus
from tools.builtin import BUILTIN
from workspaces.doors.pages import WorkspaceRequest, workspace_page

# Parts of a plugin that its line counts.
COUNTED = ("skills", "commands", "agents", "hooks")


@dataclass(frozen=True, slots=True)
class Part:
    """A tool, a skill or a plugin, as its page lists it. note: what it costs; effect: what a tool can do.

    gone: why it has no effect at present.
    """

    key: str
    title: str
    name: str
    description: str
    note: str = ""
    effect: Effect | None = None
    gone: str = ""


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


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def plugins(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Its plugins in their order, and those of the workspace it could have; a POST adds, removes or moves one."""
    agent = agent_at(workspace=request.workspace, key=key)
    held = [str(row.plugin_id) for row in plugin_queries.plugins_of(request.workspace, agent.pk)]
    parts = {
        str(row.plugin_id): _plugin_part(row)
        for row in enabled_in(request.workspace)
        if row.version.status == VersionStatus.APPROVED or str(row.plugin_id) in held
    }
    if request.method == "POST":
        return _equip(request, agent, "plugin", held, parts)
    return _equipment(request, agent, "plugin", held, parts)


def _plugin_part(row: EnabledPlugin) -> Part:
    version, key = row.version, row.version.signed_by
    counts = [f"{version.contents[name]} {name.replace('_', ' ')}" for name in COUNTED if version.contents.get(name)]
    signed = "signed" if key is not None and key.revoked_at is None else "not signed"
    note = ", ".join([f"Version {version.version}", signed, *counts, f"at most {version.token_estimate:,} tokens"])
    gone = "" if version.status == VersionStatus.APPROVED else version.get_status_display()
    return Part(str(row.plugin_id), row.plugin.name, row.plugin.slug, row.plugin.description, note, gone=gone)


def _equipment(
    request: WorkspaceRequest, agent: Agent, kind: str, held: list[str], parts: Mapping[str, Part]
) -> HttpResponse:
    context = {
        "kind": kind,
        "held": [parts[key] for key in held if key in parts],
        "others": [part for part in parts.values() if part.key not in held],
    }
    return render(request, "agents/equipment.html", {**frame(request, agent, f"agent_{kind}s"), **context})


def _with(data: services.AgentInput, kind: str, keys: list[str]) -> services.AgentInput:
    if kind == "tool":
        return replace(data, tool_ids=keys)
    ids = [UUID(one) for one in keys]
    return replace(data, skill_ids=ids) if kind == "skill" else replace(data, plugin_ids=ids)


def _equip(
    request: WorkspaceRequest, agent: Agent, kind: str, held: list[str], parts: Mapping[str, Part]
) -> HttpResponse:
    """Carry out one button, as a version of its own, and come back to the same place."""
    request.access.require("agents:write")
    keys, key, word = rearranged(held, request.POST.get("do", ""))
    if word and key in parts:
        data = services.as_input(agent)
        data = _with(data, kind, keys)
        expected = whole(request.POST.get("version", ""), 0)
        note = f"{kind.capitalize()} {parts[key].title} {word}."
        try:
            services.update_agent(agent=agent, user=request.user, data=data, expected_version=expected, note=note)
        except (Conflict, InvalidInput) as error:
            messages.error(request, error.message)
        else:
            messages.success(request, note)
    return redirect(f"agent_{kind}s", request.workspace.slug, agent.slug)
