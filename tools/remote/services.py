"""Changes that servers and APIs share: how a tool may be used, and which agents have it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from automatos.checking import Problems
from automatos.errors import InvalidInput
from automatos.outside.errors import OutsideError
from automatos.outside.targets import parse_url
from tools.models import AgentRemoteTool, RemoteService, RemoteTool
from workspaces.audit import log as audit
from workspaces.credentials.fields import is_bound_to
from workspaces.credentials.types import HTTP_TYPES
from workspaces.models import Credential, User, Workspace

MOST_SERVICES = 50
MOST_TOOLS_OF_AGENT = 60
NAME_TAKEN = "Another server or API of this workspace has this name. Choose another one."
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def require_name(service: RemoteService, problems: Problems) -> None:
    """Note a name that cannot stand before those of tools."""
    if not NAME.fullmatch(service.name):
        problems.add("name", "Write up to 40 small letters, digits and hyphens, such as issue-tracker.")


def require_credential(service: RemoteService, url: str, problems: Problems) -> None:
    """Note a credential that is not there, of another kind, or not for this address."""
    if service.credential_id is None:
        return
    rows = Credential.objects.filter(workspace_id=service.workspace_id, deleted_at=None)
    found = rows.filter(pk=service.credential_id).first()
    if found is None:
        problems.add("credential_id", "There is no such credential in this workspace.")
    elif found.type_id not in HTTP_TYPES:
        problems.add("credential_id", "This is not a credential for HTTP: take a header, a token or a login.")
    elif not is_bound_to(found.values.get("hosts", ""), url):
        problems.add("credential_id", f"{found.name} is not for this host. Add the host to it, or choose another.")
    elif not _is_private(url):
        problems.add("credential_id", "A credential is sent over https only; over http everybody could read it.")


def _is_private(url: str) -> bool:
    """Whether what is sent there can be read by nobody on the way."""
    try:
        parsed = parse_url(url)
    except OutsideError:
        return True  # said at the address already
    listed = settings.OUTSIDE_PRIVATE_HOSTS
    return parsed.scheme == "https" or bool(listed.has(parsed.raw_host or "", parsed.port or 80))


def update_tool(*, tool: RemoteTool, data: Mapping[str, Any]) -> RemoteTool:
    """How a tool may be used: is_offered, is_reading, asks. Raises InvalidInput."""
    problems = Problems()
    if "asks" in data:
        problems.choice("asks", str(data["asks"]), RemoteTool.Asks.values)
    if data.get("is_reading") and not tool.says_it_reads:
        problems.add("is_reading", "The service does not say that this tool only reads, so it counts as sending.")
    problems.raise_any()
    names = [name for name in ("is_offered", "is_reading", "asks") if name in data]
    before = {name: getattr(tool, name) for name in names}
    for name in names:
        setattr(tool, name, data[name])
    tool.save(update_fields=names)
    after = {name: getattr(tool, name) for name in names}
    if before != after:
        record(tool.service, "tool_changed", before=before, after={"tool": tool.name, **after})
    return tool


def assign_tools(*, workspace: Workspace, agent_id: UUID, tool_ids: Sequence[UUID], user: User | None) -> None:
    """Exactly these tools. The caller has checked the agent. Raises InvalidInput naming each tool there is not."""
    wanted = list(dict.fromkeys(tool_ids))
    problems = Problems()
    if len(wanted) > MOST_TOOLS_OF_AGENT:
        problems.add("tools", f"These are {len(wanted)} tools; an agent has at most {MOST_TOOLS_OF_AGENT} of these.")
    known = set(RemoteTool.objects.filter(workspace=workspace, pk__in=wanted).values_list("pk", flat=True))
    for place, tool_id in enumerate(wanted):
        if tool_id not in known:
            problems.add(f"tools.{place}", "There is no such tool in this workspace.")
    problems.raise_any()
    rows = AgentRemoteTool.objects.filter(workspace=workspace, agent_id=agent_id)
    before = set(rows.values_list("tool_id", flat=True))
    rows.exclude(tool_id__in=wanted).delete()
    AgentRemoteTool.objects.bulk_create(
        [
            AgentRemoteTool(workspace=workspace, agent_id=agent_id, tool_id=tool_id, added_by=user)
            for tool_id in wanted
            if tool_id not in before
        ]
    )
    if before != set(wanted):
        audit.record(
            "agent.remote_tools_changed",
            workspace_id=workspace.pk,
            target=("agent", agent_id, ""),
            before={"tools": sorted(map(str, before))},
            after={"tools": sorted(map(str, wanted))},
        )


def switch_tool(*, workspace: Workspace, agent_id: UUID, tool_id: UUID, on: bool, user: User | None) -> None:
    """Give the agent one tool more, or take it away."""
    rows = AgentRemoteTool.objects.filter(workspace=workspace, agent_id=agent_id)
    others = list(rows.exclude(tool_id=tool_id).order_by("added_at").values_list("tool_id", flat=True))
    assign_tools(workspace=workspace, agent_id=agent_id, tool_ids=[*others, tool_id] if on else others, user=user)


def record(service: RemoteService, done: str, *, before: Any = None, after: Any = None) -> None:
    """Say in the audit log what was done to a service."""
    audit.record(
        f"remote_service.{done}",
        workspace_id=service.workspace_id,
        target=("remote_service", service.pk, service.name),
        before=before,
        after=after,
    )


def tool_ids_of(given: Sequence[str]) -> list[UUID]:
    """The ids a form named; InvalidInput for what is none."""
    try:
        return [UUID(value) for value in given]
    except ValueError:
        raise InvalidInput("A tool is named by its id, which is a UUID.") from None
