"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver, path

from agents import api as rest
from agents import views

pages: list[URLPattern | URLResolver] = [
    path("agents/", views.agent_list, name="agents"),
    path("agents/new/", views.agent_new, name="agent_new"),
    path("agents/<uuid:agent_id>/restore/", views.agent_restore, name="agent_restore"),
    path("agents/<slug:key>/", views.agent_detail, name="agent_detail"),
    path("agents/<slug:key>/edit/", views.agent_edit, name="agent_edit"),
    path("agents/<slug:key>/status/", views.agent_status, name="agent_status"),
    path("agents/<slug:key>/delete/", views.agent_delete, name="agent_delete"),
]
api: list[URLPattern | URLResolver] = [
    path("agents", rest.AgentList.as_view(), name="api_agents"),
    path("agents/<uuid:agent_id>", rest.AgentDetail.as_view(), name="api_agent"),
    path("agents/<uuid:agent_id>/status", rest.AgentStatusChange.as_view(), name="api_agent_status"),
    path("agents/<uuid:agent_id>/persona", rest.AgentPersona.as_view(), name="api_agent_persona"),
    path("agents/<uuid:agent_id>/assembled-context", rest.AssembledContext.as_view(), name="api_agent_context"),
    path("personas", rest.PersonaList.as_view(), name="api_personas"),
    path("models", rest.ModelList.as_view(), name="api_models"),
]
