"""Addresses of workspaces, members and invitations."""

from django.urls import URLPattern, URLResolver, path

from workspaces import views_workspaces

# Under /w/<workspace>/.
pages: list[URLPattern | URLResolver] = [
    path("settings/", views_workspaces.general, name="workspace_settings"),
]
