"""The list of agents, its drafts, and a status for several agents at once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from agents import services
from agents.drafts.queries import drafts_of
from agents.models import Agent, AgentStatus, AgentType, Category
from agents.pages import figures, listing
from agents.pages.listing import AgentFilter
from agents.queries import agents_of
from agents.services import GIVEN, MOST_AT_ONCE
from automatos.listing import page_of
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.limits import plans


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def agent_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's agents, filtered as the address says. A POST changes the status of those chosen."""
    if request.method == "POST":
        request.access.require("agents:write")
        return _change_several(request)
    wanted = AgentFilter.of(request.GET)
    page = page_of(wanted.agents(request.workspace), request.GET)
    agents = list(page.object_list)
    known = figures.figures_of(agents)
    can_write, can_delete = request.access.allows("agents:write"), request.access.allows("agents:delete")
    context = {
        "page": page,
        "rows": [{"agent": agent, "figures": known[agent.pk]} for agent in agents],
        "wanted": wanted,
        "choices": _choices(request, wanted),
        "given": [(status.value, status.label) for status in GIVEN],
        "drafts": drafts_of(request.workspace, request.user) if can_write else [],
        "full": plans.full(request.workspace, "agents", agents_of(request.workspace).count),
        "can_write": can_write,
        "can_delete": can_delete,
        "ask": "" if can_delete else whom_to_ask(request.workspace),
    }
    return render(request, "agents/list.html", context)


def _choices(request: WorkspaceRequest, wanted: AgentFilter) -> list[dict[str, Any]]:
    """The drop-down lists above the list: name, label, what stands for no choice, and the values."""
    tags = [(tag, tag) for tag in listing.tags_of(request.workspace)]
    rows = [
        ("category", "Category", "Every category", wanted.category, Category.choices),
        ("type", "Type", "Every type", wanted.kind, AgentType.choices),
        ("status", "Status", "Every status", wanted.status, [*AgentStatus.choices, (listing.DELETED, "Deleted")]),
        ("tag", "Tag", "Every tag", wanted.tag, tags),
        ("sort", "Sort by", "", wanted.sort, listing.SORTS.items()),
    ]
    return [
        {"name": name, "label": label, "none": none, "chosen": chosen, "values": values}
        for name, label, none, chosen, values in rows
        if values
    ]


def _change_several(request: WorkspaceRequest) -> HttpResponse:
    """Ask first, naming each agent and why some stay as they are; then change those that may be."""
    status, query = request.POST.get("status", ""), request.POST.get("query", "")[:500]
    back = reverse("agents", args=[request.workspace.slug]) + (f"?{query}" if query else "")
    agents = _chosen(request)
    if not agents or status not in GIVEN:
        messages.error(request, "Choose at least one agent and a status, then change it.")
        return redirect(back)
    moving, staying = services.sort_by_move(agents, status)
    if "confirmed" not in request.POST:
        steps = {agent.pk: len(figures.recipes_naming(agent)) for agent in moving}
        context = {
            "moving": [{"agent": agent, "steps": steps[agent.pk]} for agent in moving],
            "staying": [{"agent": agent, "why": why} for agent, why in staying],
            "status": AgentStatus(status),
            "query": query,
            "back": back,
        }
        return render(request, "agents/bulk.html", context)
    with transaction.atomic():
        for agent in moving:
            services.change_status(agent=agent, user=request.user, status=status)
    count = len(moving)
    messages.success(
        request, f"{count} agent{'' if count == 1 else 's'} changed to {AgentStatus(status).label.lower()}."
    )
    return redirect(back)


def _chosen(request: WorkspaceRequest) -> list[Agent]:
    """The agents with a tick, of this workspace alone, by name."""
    ids = []
    for text in request.POST.getlist("agent")[:MOST_AT_ONCE]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return services.hold_several(request.workspace, ids)
