"""What the pages of knowledge share."""

from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest


def rights(request: WorkspaceRequest) -> dict[str, object]:
    """Whether the reader may write and delete, and whom to ask where not."""
    can_write, can_delete = request.access.allows("knowledge:write"), request.access.allows("knowledge:delete")
    ask = "" if can_delete else whom_to_ask(request.workspace)
    return {"can_write": can_write, "can_delete": can_delete, "ask": ask}
