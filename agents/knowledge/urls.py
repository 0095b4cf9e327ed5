"""Addresses of documents and memories: pages, and the API."""

from django.urls import URLPattern, URLResolver, path

from agents.knowledge import api as api_documents
from agents.knowledge import memory_api, site_api, site_views, views

pages: list[URLPattern | URLResolver] = [
    path("knowledge/", views.document_list, name="knowledge"),
    path("knowledge/new/", views.document_new, name="document_new"),
    path("knowledge/memories/", views.memory_list, name="memories"),
    path("knowledge/memories/<uuid:memory_id>/", views.memory_change, name="memory_change"),
    path("knowledge/memories/<uuid:memory_id>/delete/", views.memory_delete, name="memory_delete"),
    path("knowledge/sites/<uuid:site_id>/", site_views.site_detail, name="document_site"),
    path("knowledge/sites/<uuid:site_id>/refresh/", site_views.site_refresh, name="document_site_refresh"),
    path("knowledge/sites/<uuid:site_id>/delete/", site_views.site_delete, name="document_site_delete"),
    path("knowledge/<uuid:document_id>/", views.document_detail, name="document_detail"),
    path("knowledge/<uuid:document_id>/rename/", views.document_rename, name="document_rename"),
    path("knowledge/<uuid:document_id>/refresh/", views.document_refresh, name="document_refresh"),
    path("knowledge/<uuid:document_id>/delete/", views.document_delete, name="document_delete"),
    path("knowledge/<uuid:document_id>/restore/", views.document_restore, name="document_restore"),
    path("agents/<slug:key>/documents/", views.agent_documents, name="agent_documents"),
]
api: list[URLPattern | URLResolver] = [
    path("documents", api_documents.DocumentList.as_view(), name="api_documents"),
    path("documents/search", api_documents.DocumentSearch.as_view(), name="api_documents_search"),
    path("documents/<uuid:document_id>", api_documents.DocumentDetail.as_view(), name="api_document"),
    path("documents/<uuid:document_id>/refresh", api_documents.DocumentRefresh.as_view(), name="api_document_refresh"),
    path("documents/<uuid:document_id>/restore", api_documents.DocumentRestore.as_view(), name="api_document_restore"),
    path("document-sites", site_api.SiteList.as_view(), name="api_document_sites"),
    path("document-sites/<uuid:site_id>", site_api.SiteDetail.as_view(), name="api_document_site"),
    path("document-sites/<uuid:site_id>/refresh", site_api.SiteRefresh.as_view(), name="api_document_site_refresh"),
    path("agents/<uuid:agent_id>/documents", api_documents.AgentDocuments.as_view(), name="api_agent_documents"),
    path("memories", memory_api.MemoryList.as_view(), name="api_memories"),
    path("memories/<uuid:memory_id>", memory_api.MemoryDetail.as_view(), name="api_memory"),
]
