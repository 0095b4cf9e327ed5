"""Page: which apps an agent may use, and which groups of their actions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.models import Agent
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from automatos.errors import InvalidInput
from tools.assignments import services
from tools.assignments.lookup import switches_for_agent
from tools.assignments.switches import APP, GROUPS, Switch, Switches
from tools.composio import page as apps_page
from tools.composio import queries as app_queries
from tools.composio.page import ShownApp
from tools.models.assignments import Level
from workspaces.doors.pages import WorkspaceRequest, workspace_page

TITLES = {"reads": "Reads", "changes": "Changes and sends", "destroys": "Destroys"}


@dataclass(frozen=True, slots=True)
class GroupSwitch:
    """The switch of a group of actions."""

    group: str
    title: str
    switch: Switch


@dataclass(frozen=True, slots=True)
class HeldApp:
    """An app the agent has, with its switches. actions: those that are set by themselves, as (name, on)."""

    shown: ShownApp
    groups: Sequence[GroupSwitch]
    actions: Sequence[tuple[str, bool]]


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def apps(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The agent's apps with their switches, and the connected ones it could have; a POST changes one."""
    agent = agent_at(workspace=request.workspace, key=key)
    if request.method == "POST":
        return _change(request, agent)
    switches = switches_for_agent(request.workspace.pk, agent.pk)
    connected = {app.slug: app for app in apps_page.connected_apps(request.workspace, with_uses=False)}
    names = app_queries.names_of(request.workspace, switches)
    missing = [row for slug, row in names.items() if slug not in connected]
    known = {**connected, **{app.slug: app for app in apps_page.shown(missing, {})}}
    held = [_held(known[slug], own) for slug, own in switches.items() if slug in known]
    context = {
        "held": held,
        "broken": [one.shown for one in held if one.shown.is_broken],
        "others": [app for slug, app in connected.items() if slug not in switches and app.is_connected],
        "key": app_queries.state_of(request.workspace),
        "can_connect": request.access.allows("apps:connect"),
    }
    return render(request, "agents/apps.html", {**frame(request, agent, "agent_apps"), **context})


def _held(shown: ShownApp, switches: Switches) -> HeldApp:
    groups = [GroupSwitch(group, TITLES[group], switches.group(group)) for group in GROUPS]
    actions = sorted((name, on) for (level, name), on in switches.rows.items() if level == Level.ACTION)
    return HeldApp(shown, groups, actions)


def _change(request: WorkspaceRequest, agent: Agent) -> HttpResponse:
    """Carry out one button: `add:slug`, `remove:slug`, `on:slug:group`, `off:slug:group` or `follow:slug:action`."""
    request.access.require("agents:write")
    word, _, rest = request.POST.get("do", "").partition(":")
    app, _, name = rest.partition(":")
    place = {"add": APP, "remove": APP, "follow": (Level.ACTION, name)}.get(word, (Level.GROUP, name))
    allowed = {"add": True, "on": True, "off": False}.get(word)
    try:
        services.set_switch(
            workspace=request.workspace, agent_id=agent.pk, app=app, place=place, allowed=allowed, user=request.user
        )
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{agent.name} was changed.")
    return redirect("agent_apps", request.workspace.slug, agent.slug)
