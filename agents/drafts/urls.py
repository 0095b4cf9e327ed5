"""Addresses of the wizard: pages under /w/<workspace>/, the API under /api/."""

from django.urls import URLPattern, URLResolver, path

from agents.drafts import api as rest
from agents.drafts import views

pages: list[URLPattern | URLResolver] = [
    path("agents/new/", views.agent_new, name="agent_new"),
    path("agents/new/<uuid:draft_id>/trial/", views.draft_trial, name="agent_draft_trial"),
    path("agents/new/<uuid:draft_id>/proposal/", views.draft_proposal, name="agent_draft_proposal"),
    path("agents/new/<uuid:draft_id>/discard/", views.draft_discard, name="agent_draft_discard"),
    path("agents/new/<uuid:draft_id>/restore/", views.draft_restore, name="agent_draft_restore"),
    path("agents/new/<uuid:draft_id>/<slug:step>/", views.draft_step, name="agent_draft"),
]
api: list[URLPattern | URLResolver] = [
    path("agent-drafts", rest.AgentDraftList.as_view(), name="api_agent_drafts"),
    path("agent-drafts/<uuid:draft_id>", rest.AgentDraftDetail.as_view(), name="api_agent_draft"),
    path("agent-drafts/<uuid:draft_id>/restore", rest.AgentDraftRestore.as_view(), name="api_agent_draft_restore"),
    path("agent-drafts/<uuid:draft_id>/trial", rest.AgentDraftTrial.as_view(), name="api_agent_draft_trial"),
    path("agent-drafts/<uuid:draft_id>/proposal", rest.AgentDraftProposal.as_view(), name="api_agent_draft_proposal"),
    path("agent-drafts/<uuid:draft_id>/finish", rest.AgentDraftFinish.as_view(), name="api_agent_draft_finish"),
]
