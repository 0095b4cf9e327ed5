"""The app's name, and the sources of tools it has."""

from django.apps import AppConfig


class ToolsConfig(AppConfig):
    name = "tools"
    verbose_name = "Tools"
    tool_sources = (
        "tools.builtin.source.BuiltinTools",
        "tools.app_calls.source.AppTools",
        "tools.remote_calls.source.ServiceTools",
    )
    sealed_tables = {"mcp_sign_ins": "mcp_sign_in", "composio_webhooks": "composio_webhook"}
