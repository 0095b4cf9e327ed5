"""Addresses: pages under /w/<workspace>/, the API under /api/."""

from django.urls import URLPattern, URLResolver, path

from tools import api as rest
from tools.app_calls import urls as app_calls_urls
from tools.composio import urls as composio_urls
from tools.logs import urls as logs_urls
from tools.mcp import urls as mcp_urls
from tools.openapi import urls as openapi_urls

pages: list[URLPattern | URLResolver] = [
    *composio_urls.pages,
    *app_calls_urls.pages,
    *logs_urls.pages,
    *mcp_urls.pages,
    *openapi_urls.pages,
]
outside: list[URLPattern | URLResolver] = mcp_urls.outside
api: list[URLPattern | URLResolver] = [
    path("tools", rest.ToolList.as_view(), name="api_tools"),
    *composio_urls.api,
    *app_calls_urls.api,
    *logs_urls.api,
    *mcp_urls.api,
    *openapi_urls.api,
]
