"""Reads: servers, APIs and their tools, and which agents have them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from automatos.errors import NotFound
from tools.models import AgentRemoteTool, RemoteService, RemoteTool, ToolExecutionLog
from workspaces.models import Workspace

State = RemoteTool.State


def services_of(workspace: Workspace, kind: str) -> QuerySet[RemoteService]:
    """Those of one kind by name, with the numbers of their tools and of the suspended ones."""
    offered = ~Q(tools__state=State.GONE)
    return (
        RemoteService.objects.filter(workspace=workspace, kind=kind)
        .annotate(
            tool_count=Count("tools", filter=offered, distinct=True),
            suspended_count=Count("tools", filter=Q(tools__state=State.SUSPENDED), distinct=True),
            agent_count=Count("tools__assignments__agent_id", distinct=True),
        )
        .order_by("name")
        .prefetch_related("sign_in")
    )


def service_of(workspace: Workspace, kind: str, service_id: UUID) -> RemoteService:
    """One of them; NotFound."""
    found = services_of(workspace, kind).filter(pk=service_id).first()
    if found is None:
        raise NotFound()
    return found


def service_named(workspace: Workspace, kind: str, name: str) -> RemoteService:
    """The one of this name; NotFound."""
    found = services_of(workspace, kind).filter(name=name).first()
    if found is None:
        raise NotFound()
    return found


def tools_of(service: RemoteService) -> QuerySet[RemoteTool]:
    """Its tools, those that wait for a person first."""
    waits = Q(state=State.SUSPENDED)
    rows = RemoteTool.objects.filter(service=service).select_related("service", "accepted_by")
    return rows.annotate(waits=Count("pk", filter=waits)).order_by("-waits", "name", "pk")


def tool_in(service: RemoteService, tool_id: UUID) -> RemoteTool:
    """One of its tools; NotFound."""
    found = RemoteTool.objects.filter(service=service, pk=tool_id).select_related("service", "accepted_by").first()
    if found is None:
        raise NotFound()
    return found


def searched(rows: QuerySet[RemoteTool], text: str) -> QuerySet[RemoteTool]:
    """Those in whose name or words each word stands."""
    for word in text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(document__icontains=word))
    return rows


def agents_by_tool(workspace: Workspace, tools: Iterable[RemoteTool]) -> Mapping[UUID, list[UUID]]:
    """The agents that have each of these tools."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    rows = AgentRemoteTool.objects.filter(workspace=workspace, tool__in=list(tools))
    for tool_id, agent_id in rows.values_list("tool_id", "agent_id"):
        found[tool_id].append(agent_id)
    return found


def tools_of_agent(workspace: Workspace, agent_id: UUID) -> QuerySet[RemoteTool]:
    """The agent's tools of servers and APIs, in the order they were given."""
    rows = RemoteTool.objects.filter(workspace=workspace, assignments__agent_id=agent_id)
    return rows.select_related("service").order_by("service__name", "name")


def tools_to_give(workspace: Workspace) -> QuerySet[RemoteTool]:
    """Those an agent may be given."""
    rows = RemoteTool.objects.filter(workspace=workspace, is_offered=True, service__is_enabled=True)
    return rows.exclude(state=State.GONE).exclude(digest="").select_related("service").order_by("service__name", "name")


def calls_of(service: RemoteService) -> QuerySet[ToolExecutionLog]:
    """What was called of it, newest first."""
    rows = ToolExecutionLog.objects.filter(workspace_id=service.workspace_id, app=service.name, source=service.kind)
    return rows.order_by("-created_at", "-id")


def same_name(service: RemoteService) -> QuerySet[RemoteService]:
    """The other servers and APIs of the workspace with this name; at most one."""
    others = RemoteService.objects.filter(workspace_id=service.workspace_id, name=service.name)
    return others.exclude(pk=service.pk)
