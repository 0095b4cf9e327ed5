"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver, path

from workspaces import api as rest

pages: list[URLPattern | URLResolver] = []
api: list[URLPattern | URLResolver] = [
    path("me", rest.Me.as_view(), name="api_me"),
    path("workspaces", rest.WorkspaceList.as_view(), name="api_workspaces"),
    path("workspaces/<uuid:workspace_id>", rest.WorkspaceDetail.as_view(), name="api_workspace"),
    path("workspaces/<uuid:workspace_id>/api-keys", rest.ApiKeyList.as_view(), name="api_keys"),
    path("workspaces/<uuid:workspace_id>/api-keys/<uuid:key_id>", rest.ApiKeyDetail.as_view(), name="api_key"),
]
sockets: list[URLPattern | URLResolver] = []
