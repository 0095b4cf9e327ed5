"""Addresses of API keys."""

from django.urls import URLPattern, URLResolver, path

from workspaces.api_keys import api as rest
from workspaces.api_keys import views

# Under /w/<workspace>/.
pages: list[URLPattern | URLResolver] = [
    path("settings/keys/", views.index, name="workspace_api_keys"),
    path("settings/keys/new/", views.new, name="api_key_new"),
    path("settings/keys/<uuid:key_id>/", views.change, name="api_key_change"),
    path("settings/keys/<uuid:key_id>/rotate/", views.rotate, name="api_key_rotation"),
    path("settings/keys/<uuid:key_id>/revoke/", views.revoke, name="api_key_revoke"),
]
# Under /api/.
api: list[URLPattern | URLResolver] = [
    path("workspaces/<uuid:workspace_id>/api-keys", rest.ApiKeyList.as_view(), name="api_keys"),
    path("workspaces/<uuid:workspace_id>/api-keys/<uuid:key_id>", rest.ApiKeyDetail.as_view(), name="api_key"),
    path(
        "workspaces/<uuid:workspace_id>/api-keys/<uuid:key_id>/rotate",
        rest.ApiKeyRotate.as_view(),
        name="api_key_rotate",
    ),
]
