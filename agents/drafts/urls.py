"""Addresses of the wizard, under /w/<workspace>/."""

from django.urls import URLPattern, URLResolver, path

from agents.drafts import views

pages: list[URLPattern | URLResolver] = [
    path("agents/new/", views.agent_new, name="agent_new"),
    path("agents/new/<uuid:draft_id>/trial/", views.draft_trial, name="agent_draft_trial"),
    path("agents/new/<uuid:draft_id>/proposal/", views.draft_proposal, name="agent_draft_proposal"),
    path("agents/new/<uuid:draft_id>/discard/", views.draft_discard, name="agent_draft_discard"),
    path("agents/new/<uuid:draft_id>/restore/", views.draft_restore, name="agent_draft_restore"),
    path("agents/new/<uuid:draft_id>/<slug:step>/", views.draft_step, name="agent_draft"),
]
