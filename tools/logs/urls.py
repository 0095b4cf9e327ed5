"""Addresses of the log of tools."""

from django.urls import URLPattern, URLResolver, path

from tools.logs import api as rest
from tools.logs import views

pages: list[URLPattern | URLResolver] = [
    path("tool-log/", views.index, name="tool_log"),
    path("tool-log/<uuid:log_id>/", views.call, name="tool_log_call"),
]
api: list[URLPattern | URLResolver] = [
    path("tool-logs", rest.ToolLogs.as_view(), name="api_tool_logs"),
    path("tool-logs/<uuid:log_id>", rest.ToolLog.as_view(), name="api_tool_log"),
    path("tool-logs/by-tool", rest.ToolFigures.as_view(), name="api_tool_logs_by_tool"),
]
