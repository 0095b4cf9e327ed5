"""Addresses of an agent's life: its history and its copies."""

from django.urls import URLPattern, URLResolver, path

from agents import api_versions

pages: list[URLPattern | URLResolver] = []
api: list[URLPattern | URLResolver] = [
    path("agents/<uuid:agent_id>/versions", api_versions.AgentVersions.as_view(), name="api_agent_versions"),
    path(
        "agents/<uuid:agent_id>/versions/<int:version>",
        api_versions.AgentVersionDetail.as_view(),
        name="api_agent_version",
    ),
    path(
        "agents/<uuid:agent_id>/versions/<int:version>/restore",
        api_versions.AgentVersionRestore.as_view(),
        name="api_agent_version_restore",
    ),
]
