"""What the wizard offers of things outside: connected apps, and the tools of MCP servers and APIs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.composio import page as apps_page
from tools.composio.page import ShownApp
from tools.models import RemoteService, RemoteTool
from tools.remote import queries
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class OfferedService:
    """A server or an API with the tools an agent may be given."""

    service: RemoteService
    tools: Sequence[RemoteTool]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of it a draft names and there still is."""

    apps: list[str] = field(default_factory=list)
    tools: list[RemoteTool] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything on offer. apps: connected ones, and those that were and need it again."""

    apps: Sequence[ShownApp] = ()
    services: Sequence[OfferedService] = ()

    def chosen(self, values: Mapping[str, Any]) -> Chosen:
        """What these values of a draft name."""
        apps, tools = values.get("apps") or [], values.get("remote_tools") or []
        known = {str(tool.pk): tool for one in self.services for tool in one.tools}
        return Chosen(
            [app.slug for app in self.apps if app.slug in apps],
            [known[key] for key in dict.fromkeys(map(str, tools)) if key in known],
        )


def on_offer(workspace: Workspace) -> Outside:
    """What agents of the workspace may be given."""
    apps = [
        app
        for app in apps_page.connected_apps(workspace, with_uses=False)
        if app.app is not None and (app.is_connected or app.is_broken)
    ]
    by_service: dict[RemoteService, list[RemoteTool]] = {}
    for tool in queries.tools_to_give(workspace):
        by_service.setdefault(tool.service, []).append(tool)
    return Outside(apps, [OfferedService(service, tools) for service, tools in by_service.items()])
