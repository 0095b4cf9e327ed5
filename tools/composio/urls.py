"""Addresses of apps: pages under /w/<workspace>/, the API under /api/."""

from django.urls import URLPattern, URLResolver, path

from tools.composio import api as rest
from tools.composio import event_api, views, webhook_api

_APP = "apps/<slug:app>"
pages: list[URLPattern | URLResolver] = [
    path("apps/", views.index, name="apps"),
    path("apps/sync/", views.sync, name="apps_sync"),
    path("apps/callback/<str:state>/", views.callback, name="app_callback"),
    path(f"{_APP}/", views.detail, name="app_detail"),
    path(f"{_APP}/logo", views.logo, name="app_logo"),
    path(f"{_APP}/connect/", views.connect, name="app_connect"),
    path(f"{_APP}/disconnect/", views.disconnect, name="app_disconnect"),
]
api: list[URLPattern | URLResolver] = [
    path("composio/webhook", webhook_api.ComposioWebhookDoor.as_view(), name="api_composio_webhook"),
    path("composio/apps", rest.AppList.as_view(), name="api_apps"),
    path("composio/apps/<slug:app>", rest.AppDetail.as_view(), name="api_app"),
    path("composio/apps/<slug:app>/actions", rest.ActionList.as_view(), name="api_app_actions"),
    path("composio/apps/<slug:app>/events", event_api.EventKinds.as_view(), name="api_app_event_kinds"),
    path("composio/connect/<slug:app>", rest.Connect.as_view(), name="api_app_connect"),
    path("composio/connections", rest.ConnectionList.as_view(), name="api_app_connections"),
    path("composio/connections/<slug:app>", rest.ConnectionDetail.as_view(), name="api_app_connection"),
    path("composio/syncs", rest.SyncList.as_view(), name="api_app_syncs"),
    path("composio/triggers", event_api.TriggerList.as_view(), name="api_app_triggers"),
    path("composio/triggers/<uuid:trigger_id>", event_api.TriggerDetail.as_view(), name="api_app_trigger"),
    path("composio/events", event_api.EventList.as_view(), name="api_app_events"),
]
