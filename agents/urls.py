"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver, path

from agents import api as api_agents
from agents.copies import api as copies_api
from agents.copies import views as copies_views
from agents.drafts import urls as drafts_urls
from agents.equipment import action_views, app_api, app_views, remote_api, remote_views
from agents.equipment import api as equipment_api
from agents.equipment import views as equipment_views
from agents.knowledge import urls as knowledge_urls
from agents.model_choice import api as models_api
from agents.pages import list_views, several_api
from agents.pages import overview_views as agent_views
from agents.pages import views as pages_views
from agents.personas import agent_api as personas_api
from agents.personas import api as own_personas_api
from agents.personas import views as personas_views
from agents.skills import api as skills_api
from agents.skills import source_api as skill_sources_api
from agents.skills import source_views as skill_sources_views
from agents.skills import views as skills_views
from agents.versions import api as versions_api
from agents.versions import views as versions_views

pages: list[URLPattern | URLResolver] = [
    path("agents/", list_views.agent_list, name="agents"),
    *drafts_urls.pages,
    *knowledge_urls.pages,
    path("agents/<uuid:agent_id>/restore/", pages_views.agent_restore, name="agent_restore"),
    path("agents/<slug:key>/edit/", pages_views.agent_edit, name="agent_edit"),
    path("agents/<slug:key>/delete/", pages_views.agent_delete, name="agent_delete"),
    path("personas/", personas_views.persona_list, name="personas"),
    path("personas/new/", personas_views.persona_new, name="persona_new"),
    path("personas/<uuid:persona_id>/", personas_views.persona_edit, name="persona_edit"),
    path("personas/<uuid:persona_id>/duplicate/", personas_views.persona_duplicate, name="persona_duplicate"),
    path("personas/<uuid:persona_id>/delete/", personas_views.persona_delete, name="persona_delete"),
    path("personas/<uuid:persona_id>/restore/", personas_views.persona_restore, name="persona_restore"),
    path("agents/new/import/", copies_views.import_file, name="agent_import"),
    path("agents/<slug:key>/", agent_views.overview, name="agent_detail"),
    path("agents/<slug:key>/tools/", equipment_views.tools, name="agent_tools"),
    path("agents/<slug:key>/apps/", app_views.apps, name="agent_apps"),
    path("agents/<slug:key>/apps/<slug:app>/", action_views.app_actions, name="agent_app_actions"),
    path("agents/<slug:key>/remote-tools/", remote_views.remote_tools, name="agent_remote_tools"),
    path("agents/<slug:key>/skills/", equipment_views.skills, name="agent_skills"),
    path("agents/<slug:key>/plugins/", equipment_views.plugins, name="agent_plugins"),
    path("agents/<slug:key>/history/", versions_views.history, name="agent_history"),
    path("agents/<slug:key>/history/restore/", versions_views.version_restore, name="agent_version_restore"),
    path("agents/<slug:key>/duplicate/", copies_views.duplicate, name="agent_duplicate"),
    path("agents/<slug:key>/export/", copies_views.export, name="agent_export"),
    path("skills/", skills_views.skill_list, name="skills"),
    path("skills/new/", skill_sources_views.source_new, name="skill_source_new"),
    path("skills/new/upload/", skill_sources_views.source_upload, name="skill_upload"),
    path("skills/sources/<uuid:source_id>/", skill_sources_views.source_detail, name="skill_source"),
    path("skills/sources/<uuid:source_id>/edit/", skill_sources_views.source_edit, name="skill_source_edit"),
    path("skills/sources/<uuid:source_id>/sync/", skill_sources_views.source_sync, name="skill_source_sync"),
    path("skills/sources/<uuid:source_id>/upload/", skill_sources_views.source_upload_again, name="skill_upload_again"),
    path("skills/sources/<uuid:source_id>/update/", skill_sources_views.source_update, name="skill_update"),
    path("skills/sources/<uuid:source_id>/delete/", skill_sources_views.source_delete, name="skill_source_delete"),
    path("skills/sources/<uuid:source_id>/restore/", skill_sources_views.source_restore, name="skill_source_restore"),
    path("skills/<slug:key>/", skills_views.skill_detail, name="skill_detail"),
    path("skills/<slug:key>/enable/", skills_views.skill_enable, name="skill_enable"),
]
api: list[URLPattern | URLResolver] = [
    *drafts_urls.api,
    *knowledge_urls.api,
    path("agents", api_agents.AgentList.as_view(), name="api_agents"),
    path("agents/status", several_api.AgentsStatus.as_view(), name="api_agents_status"),
    path("agents/<uuid:agent_id>/restore", several_api.AgentRestore.as_view(), name="api_agent_restore"),
    path("agents/<uuid:agent_id>", api_agents.AgentDetail.as_view(), name="api_agent"),
    path("agents/<uuid:agent_id>/persona", personas_api.AgentPersona.as_view(), name="api_agent_persona"),
    path(
        "agents/<uuid:agent_id>/assembled-context", equipment_api.AssembledContext.as_view(), name="api_agent_context"
    ),
    path("agents/<uuid:agent_id>/skills", equipment_api.AgentSkills.as_view(), name="api_agent_skills"),
    path("agents/<uuid:agent_id>/plugins", equipment_api.AgentPlugins.as_view(), name="api_agent_plugins"),
    path("agents/<uuid:agent_id>/apps", app_api.AgentApps.as_view(), name="api_agent_apps"),
    path("agents/<uuid:agent_id>/remote-tools", remote_api.AgentRemoteTools.as_view(), name="api_agent_remote_tools"),
    path("agents/<uuid:agent_id>/tools", equipment_api.AgentTools.as_view(), name="api_agent_tools"),
    path("personas", own_personas_api.Personas.as_view(), name="api_personas"),
    path("personas/<uuid:persona_id>", own_personas_api.PersonaDetail.as_view(), name="api_persona"),
    path("personas/<uuid:persona_id>/restore", own_personas_api.PersonaRestore.as_view(), name="api_persona_restore"),
    path("personas/<uuid:persona_id>/duplicate", own_personas_api.PersonaDuplicate.as_view(), name="api_persona_copy"),
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
    path("skills", skills_api.SkillList.as_view(), name="api_skills"),
    path("skills/<uuid:skill_id>", skills_api.SkillDetail.as_view(), name="api_skill"),
    path("skill-sources", skill_sources_api.SourceList.as_view(), name="api_skill_sources"),
    path("skill-sources/<uuid:source_id>", skill_sources_api.SourceDetail.as_view(), name="api_skill_source"),
    path("skill-sources/<uuid:source_id>/restore", skill_sources_api.SourceRestore.as_view(), name="api_skill_restore"),
    path("skill-sources/<uuid:source_id>/sync", skill_sources_api.SourceSync.as_view(), name="api_skill_sync"),
    path("skill-sources/<uuid:source_id>/pending", skill_sources_api.SourcePending.as_view(), name="api_skill_pending"),
    path("skill-sources/<uuid:source_id>/accept", skill_sources_api.SourceAccept.as_view(), name="api_skill_accept"),
    path("skill-sources/<uuid:source_id>/dismiss", skill_sources_api.SourceDismiss.as_view(), name="api_skill_dismiss"),
    path("models", models_api.ModelList.as_view(), name="api_models"),
]
