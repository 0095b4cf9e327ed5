"""Page: the switch of each action of an app, for one agent."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.equipment.app_views import TITLES, GroupSwitch
from agents.models import Agent
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from automatos import listing
from automatos.errors import InvalidInput
from tools.assignments import services
from tools.assignments.lookup import policies_for, switches_for
from tools.assignments.switches import GROUPS, Asking, Switch
from tools.composio import page as apps_page
from tools.composio import queries
from tools.models import ComposioActionCache
from tools.models.assignments import Level
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@dataclass(frozen=True, slots=True)
class ActionSwitch:
    """An action as the page lists it. asks: when a call waits for a person."""

    action: ComposioActionCache
    switch: Switch
    asks: Asking


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """A group with those of its actions that stand on this page. number: of all."""

    head: GroupSwitch
    number: int
    lines: Sequence[ActionSwitch]


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def app_actions(request: WorkspaceRequest, key: str, app: str) -> HttpResponse:
    """Every action with its switch, own or inherited; a POST turns one, or lets it follow its group again."""
    agent = agent_at(workspace=request.workspace, key=key)
    row = queries.app_of(request.workspace, app)
    if request.method == "POST":
        return _change(request, agent, row.slug)
    switches, policies = switches_for(request.workspace.pk, agent.pk, app), policies_for(request.workspace.pk, app)
    if not switches.has_app:
        messages.error(request, f"{agent.name} does not have {row.display_name}. Add it first.")
        return redirect("agent_apps", request.workspace.slug, agent.slug)
    text = listing.words(request.GET)
    found = listing.page_of(queries.searched_actions(queries.actions_of(row), text), request.GET)
    numbers = queries.group_counts(row)
    lines: dict[str, list[ActionSwitch]] = {group: [] for group in GROUPS}
    for action in found:
        switch = switches.action(action.action, action.category)
        asks = policies.action(action.action, action.category)
        lines[action.category].append(ActionSwitch(action, switch, asks))
    context = {
        "shown": apps_page.one_app(request.workspace, row),
        "q": text,
        "page": found,
        "groups": [
            ActionGroup(GroupSwitch(group, TITLES[group], switches.group(group)), numbers.get(group, 0), lines[group])
            for group in GROUPS
        ],
    }
    return render(request, "agents/app_actions.html", {**frame(request, agent, "agent_apps"), **context})


def _change(request: WorkspaceRequest, agent: Agent, app: str) -> HttpResponse:
    """Carry out one button: `on`, `off` or `follow`, then `:group:name` or `:action:name`."""
    request.access.require("agents:write")
    word, _, rest = request.POST.get("do", "").partition(":")
    level, _, name = rest.partition(":")
    try:
        if word not in ("on", "off", "follow") or level not in (Level.GROUP, Level.ACTION):
            raise InvalidInput("There is no such button on this page.")
        services.set_switch(
            workspace=request.workspace,
            agent_id=agent.pk,
            app=app,
            place=(level, name),
            allowed={"on": True, "off": False}.get(word),
            user=request.user,
        )
    except InvalidInput as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(request.get_full_path(), status=303)
