"""Addresses of services with an OpenAPI document: pages under /w/<workspace>/, the API under /api/."""

from django.urls import URLPattern, URLResolver, path

from tools.openapi import api as rest
from tools.openapi import views
from tools.remote_calls import views as call_views

_API = "openapi-tools/<uuid:service_id>"
_TOOL = f"{_API}/tools/<uuid:tool_id>"
_PAGE = "apis/<uuid:service_id>"
pages: list[URLPattern | URLResolver] = [
    path("apis/", views.index, name="apis"),
    path("apis/add/", views.add, name="openapi_add"),
    path(f"{_PAGE}/choose/", views.choose, name="openapi_choose"),
    path(f"{_PAGE}/edit/", views.edit, name="openapi_edit"),
    path(f"{_PAGE}/document/", views.document, name="openapi_document"),
    path(f"{_PAGE}/remove/", views.remove, name="openapi_remove"),
    path(f"{_PAGE}/do/", views.act, name="openapi_act"),
    path(f"{_PAGE}/tools/<uuid:tool_id>/try/", call_views.try_api, name="openapi_try"),
]
api: list[URLPattern | URLResolver] = [
    path("openapi-tools", rest.OpenApiToolsList.as_view(), name="api_openapi_tools"),
    path(_API, rest.OpenApiToolsDetail.as_view(), name="api_openapi_service"),
    path(f"{_API}/tools", rest.OpenApiOperations.as_view(), name="api_openapi_operations"),
    path(_TOOL, rest.OpenApiOperation.as_view(), name="api_openapi_operation"),
    path(f"{_TOOL}/accept", rest.OpenApiAccept.as_view(), name="api_openapi_accept"),
    path(f"{_TOOL}/try", rest.OpenApiTry.as_view(), name="api_openapi_try"),
]
