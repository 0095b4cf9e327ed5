"""The buttons of one tool, on the pages of servers and of APIs."""

from typing import Any

from django.contrib import messages

from automatos.errors import InvalidInput
from tools.models import RemoteService
from tools.remote import pins, queries, services
from workspaces.doors.pages import WorkspaceRequest


def act_on_tool(request: WorkspaceRequest, service: RemoteService, word: str) -> None:
    """Carry out a button. Raises InvalidInput for one there is not, and what its change raises."""
    request.access.require("tools:write")
    tool = queries.tool_in(service, services.tool_ids_of([request.POST.get("tool", "")])[0])
    if word == "accept":
        pins.accept(tool, digest=request.POST.get("digest", ""), user=request.user)
        messages.success(request, f"{tool.name} can be used again.")
        return
    changes: dict[str, dict[str, Any]] = {
        "on": {"is_offered": True},
        "off": {"is_offered": False},
        "reads": {"is_reading": True},
        "sends": {"is_reading": False},
        "asks": {"asks": request.POST.get("asks", "")},
    }
    if word not in changes:
        raise InvalidInput("There is no such button on this page.")
    services.update_tool(tool=tool, data=changes[word])
