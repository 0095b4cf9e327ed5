"""Addresses under an agent's that need its runs."""

from django.urls import URLPattern, URLResolver, path

from recipes.crew import api, usage_api, views

agent_pages: list[URLPattern | URLResolver] = [
    path("agents/<slug:key>/status/", views.status, name="agent_status"),
    path("agents/<slug:key>/runs/", views.runs, name="agent_runs"),
    path("agents/<slug:key>/usage/", views.usage, name="agent_usage"),
]
agent_api: list[URLPattern | URLResolver] = [
    path("agents/<uuid:agent_id>/status", api.AgentStatusChange.as_view(), name="api_agent_status"),
    path("agents/<uuid:agent_id>/usage", usage_api.AgentUsageReport.as_view(), name="api_agent_usage"),
]
