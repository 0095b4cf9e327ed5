"""Addresses of services with an OpenAPI document: the API under /api/."""

from django.urls import URLPattern, URLResolver, path

from tools.openapi import api as rest

_API = "openapi-tools/<uuid:service_id>"
_TOOL = f"{_API}/tools/<uuid:tool_id>"
api: list[URLPattern | URLResolver] = [
    path("openapi-tools", rest.OpenApiToolsList.as_view(), name="api_openapi_tools"),
    path(_API, rest.OpenApiToolsDetail.as_view(), name="api_openapi_service"),
    path(f"{_API}/tools", rest.OpenApiOperations.as_view(), name="api_openapi_operations"),
    path(_TOOL, rest.OpenApiOperation.as_view(), name="api_openapi_operation"),
    path(f"{_TOOL}/accept", rest.OpenApiAccept.as_view(), name="api_openapi_accept"),
    path(f"{_TOOL}/try", rest.OpenApiTry.as_view(), name="api_openapi_try"),
]
