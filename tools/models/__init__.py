"""The tables of tools: the catalogue of apps, a workspace's connections, what agents may use, what was called."""

from tools.models.assignments import AgentAppAssignment, ToolPolicy
from tools.models.catalogue import ComposioActionCache, ComposioAppCache, ComposioAppLogo, ComposioSyncJob, in_catalogue
from tools.models.connections import (
    ComposioConnection,
    ComposioEntity,
    ComposioEvent,
    ComposioTrigger,
    ComposioWebhook,
)
from tools.models.logs import ToolExecutionLog
from tools.models.remote import AgentRemoteTool, RemoteService, RemoteTool
from tools.models.sign_ins import McpSignIn

__all__ = [
    "AgentAppAssignment",
    "AgentRemoteTool",
    "ComposioActionCache",
    "ComposioAppCache",
    "ComposioAppLogo",
    "ComposioConnection",
    "ComposioEntity",
    "ComposioEvent",
    "ComposioSyncJob",
    "ComposioTrigger",
    "ComposioWebhook",
    "McpSignIn",
    "RemoteService",
    "RemoteTool",
    "ToolExecutionLog",
    "ToolPolicy",
    "in_catalogue",
]
