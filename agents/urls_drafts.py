"""Addresses of the wizard, under /w/<workspace>/."""

from django.urls import URLPattern, URLResolver, path

from agents import views_drafts

pages: list[URLPattern | URLResolver] = [
    path("agents/new/", views_drafts.agent_new, name="agent_new"),
    path("agents/new/<uuid:draft_id>/trial/", views_drafts.draft_trial, name="agent_draft_trial"),
    path("agents/new/<uuid:draft_id>/proposal/", views_drafts.draft_proposal, name="agent_draft_proposal"),
    path("agents/new/<uuid:draft_id>/discard/", views_drafts.draft_discard, name="agent_draft_discard"),
    path("agents/new/<uuid:draft_id>/restore/", views_drafts.draft_restore, name="agent_draft_restore"),
    path("agents/new/<uuid:draft_id>/<slug:step>/", views_drafts.draft_step, name="agent_draft"),
]
