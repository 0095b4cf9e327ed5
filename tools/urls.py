"""Addresses: the API under /api/."""

from django.urls import URLPattern, URLResolver, path

from tools import api as rest

api: list[URLPattern | URLResolver] = [
    path("tools", rest.ToolList.as_view(), name="api_tools"),
]
