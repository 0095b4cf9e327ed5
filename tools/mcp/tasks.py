"""Celery tasks of MCP servers. They carry ids."""

from uuid import UUID

from automatos.after_commit import after_commit
from automatos.celery import app
from tools.composio.tasks import send
from tools.mcp import connections


@app.task(name="tools.tasks.read_mcp_server", soft_time_limit=120)
def read_mcp_server(workspace_id: str, service_id: str) -> None:
    """Read what one server offers."""
    connections.read_server(UUID(workspace_id), UUID(service_id))


@app.task(name="tools.tasks.read_mcp_servers")
def read_mcp_servers() -> None:
    """Read the servers that are due, each in a task of its own."""
    for workspace_id, service_id in connections.due_servers():
        send(read_mcp_server, str(workspace_id), str(service_id))


def send_reading(workspace_id: UUID, service_id: UUID) -> None:
    """Queue a reading once the row is there for the worker to see. Without Redis the sweep does it."""
    after_commit(lambda: send(read_mcp_server, str(workspace_id), str(service_id)))
