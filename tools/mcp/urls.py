"""Addresses of MCP servers: pages under /w/<workspace>/, the API under /api/."""

from django.urls import URLPattern, URLResolver, path

from tools.mcp import api as rest
from tools.mcp import views
from tools.mcp.oauth import views as sign_in_views
from tools.remote_calls import views as call_views

_SERVER = "mcp-servers/<uuid:service_id>"
_TOOL = f"{_SERVER}/tools/<uuid:tool_id>"
pages: list[URLPattern | URLResolver] = [
    path("mcp-servers/", views.index, name="mcp_servers"),
    path("mcp-servers/add/", views.add, name="mcp_server_add"),
    path("mcp-servers/clients/", views.clients, name="mcp_clients"),
    path("mcp-servers/signed-in/", sign_in_views.done, name="mcp_sign_in_done"),
    path(f"{_SERVER}/connect/", sign_in_views.connect, name="mcp_connect"),
    path(f"{_SERVER}/edit/", views.edit, name="mcp_server_edit"),
    path(f"{_SERVER}/remove/", views.remove, name="mcp_server_remove"),
    path(f"{_SERVER}/do/", views.act, name="mcp_server_act"),
    path(f"{_TOOL}/try/", call_views.try_mcp, name="mcp_try"),
]
outside: list[URLPattern | URLResolver] = [
    path("mcp-signed-in", sign_in_views.back, name="mcp_sign_in_back"),
    path("mcp-client.json", sign_in_views.document, name="mcp_client_document"),
]
api: list[URLPattern | URLResolver] = [
    path("mcp-servers", rest.McpServerList.as_view(), name="api_mcp_servers"),
    path(_SERVER, rest.McpServerDetail.as_view(), name="api_mcp_server"),
    path(f"{_SERVER}/refresh", rest.McpServerReading.as_view(), name="api_mcp_server_refresh"),
    path(f"{_SERVER}/sign-in", rest.McpSigningIn.as_view(), name="api_mcp_server_sign_in"),
    path(f"{_SERVER}/tools", rest.McpTools.as_view(), name="api_mcp_tools"),
    path(_TOOL, rest.McpTool.as_view(), name="api_mcp_tool"),
    path(f"{_TOOL}/accept", rest.McpToolAccept.as_view(), name="api_mcp_tool_accept"),
    path(f"{_TOOL}/try", rest.McpToolTry.as_view(), name="api_mcp_tool_try"),
]
