"""Which workspace a request means. Resolving is not allowing: membership is checked after it."""

from collections.abc import Callable
from uuid import UUID

from automatos.errors import InvalidInput


def resolve(
    *,
    header: str | None,
    query: str | None,
    bound: UUID | None,
    configured: UUID | None,
    personal: Callable[[], UUID | None],
    default: UUID,
) -> UUID:
    """The first there is of: X-Workspace-ID header, workspace_id in the query, WORKSPACE_ID, personal, default.

    bound: the workspace of the caller's API key. It stands right after what the caller names, since a key opens no
    other. personal: the caller's own workspace, or with a Clerk token that of the organisation active in it.
    Raises InvalidInput for an id that is not a UUID.
    """
    if header is not None:
        return _parsed("X-Workspace-ID", header)
    if query is not None:
        return _parsed("workspace_id", query)
    return bound or configured or personal() or default


def _parsed(name: str, value: str) -> UUID:
    try:
        return UUID(value.strip())
    except ValueError:
        text = "This is not a workspace id. Send a UUID, as GET /api/workspaces lists them, or leave it out."
        raise InvalidInput(f"{name}: {text}", fields={name: [text]}) from None
