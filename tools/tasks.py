"""Celery finds an app's tasks here; they stand in the rooms."""

from tools.composio import tasks as composio_tasks
from tools.mcp import tasks as mcp_tasks

__all__ = ["composio_tasks", "mcp_tasks"]
