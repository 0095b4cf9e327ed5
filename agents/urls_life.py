"""Addresses of an agent's life: its tabs, its history, its copies, and the personas it can wear."""

from django.urls import URLPattern, URLResolver, path

from agents.copies import api as copies_api
from agents.copies import views as copies_views
from agents.equipment import views as equipment_views
from agents.pages import overview_views as agent_views
from agents.personas import api as own_personas_api
from agents.personas import views as personas_views
from agents.versions import api as versions_api
from agents.versions import views as versions_views

pages: list[URLPattern | URLResolver] = [
    path("personas/", personas_views.persona_list, name="personas"),
    path("personas/new/", personas_views.persona_new, name="persona_new"),
    path("personas/<uuid:persona_id>/", personas_views.persona_edit, name="persona_edit"),
    path("personas/<uuid:persona_id>/duplicate/", personas_views.persona_duplicate, name="persona_duplicate"),
    path("personas/<uuid:persona_id>/delete/", personas_views.persona_delete, name="persona_delete"),
    path("personas/<uuid:persona_id>/restore/", personas_views.persona_restore, name="persona_restore"),
    path("agents/new/import/", copies_views.import_file, name="agent_import"),
    path("agents/<slug:key>/", agent_views.overview, name="agent_detail"),
    path("agents/<slug:key>/tools/", equipment_views.tools, name="agent_tools"),
    path("agents/<slug:key>/skills/", equipment_views.skills, name="agent_skills"),
    path("agents/<slug:key>/history/", versions_views.history, name="agent_history"),
    path("agents/<slug:key>/history/restore/", versions_views.version_restore, name="agent_version_restore"),
    path("agents/<slug:key>/duplicate/", copies_views.duplicate, name="agent_duplicate"),
    path("agents/<slug:key>/export/", copies_views.export, name="agent_export"),
]
api: list[URLPattern | URLResolver] = [
    path("personas", own_personas_api.Personas.as_view(), name="api_personas"),
    path("personas/<uuid:persona_id>", own_personas_api.PersonaDetail.as_view(), name="api_persona"),
    path("agents/import", copies_api.AgentImport.as_view(), name="api_agent_import"),
    path("agents/<uuid:agent_id>/export", copies_api.AgentExport.as_view(), name="api_agent_export"),
    path("agents/<uuid:agent_id>/duplicate", copies_api.AgentDuplicate.as_view(), name="api_agent_duplicate"),
    path("agents/<uuid:agent_id>/versions", versions_api.AgentVersions.as_view(), name="api_agent_versions"),
    path(
        "agents/<uuid:agent_id>/versions/<int:version>",
        versions_api.AgentVersionDetail.as_view(),
        name="api_agent_version",
    ),
    path(
        "agents/<uuid:agent_id>/versions/<int:version>/restore",
        versions_api.AgentVersionRestore.as_view(),
        name="api_agent_version_restore",
    ),
]
