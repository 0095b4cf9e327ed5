"""Addresses: a plugin's page with what a workspace does with it, and the API of a workspace's plugins."""

from django.urls import URLPattern, URLResolver, path

from marketplace.enabling import api as rest
from marketplace.enabling import hooks_api, public_views, views

UNDER = "marketplace/plugins/<slug:plugin>/"
OWN = "workspaces/<uuid:workspace_id>/plugins"

outside: list[URLPattern | URLResolver] = [
    path("marketplace/", public_views.index, name="public_marketplace"),
    path("marketplace/plugins/<slug:plugin>/", public_views.plugin, name="public_plugin"),
    path("marketplace/listings/<slug:listing>/", public_views.listing, name="public_listing"),
]
pages: list[URLPattern | URLResolver] = [
    path(UNDER, views.detail, name="marketplace_plugin"),
    path(f"{UNDER}enable/", views.enable, name="plugin_enable"),
    path(f"{UNDER}update/", views.update, name="plugin_update"),
    path(f"{UNDER}disable/", views.disable, name="plugin_disable"),
    path(f"{UNDER}agents/", views.agents, name="plugin_agents"),
    path(f"{UNDER}agents/install/", views.install_agent, name="plugin_agent_install"),
    path(f"{UNDER}calls/", views.calls, name="plugin_calls"),
    path(f"{UNDER}review/", views.review, name="plugin_review"),
]
api: list[URLPattern | URLResolver] = [
    path(OWN, rest.WorkspacePlugins.as_view(), name="api_workspace_plugins"),
    path(f"{OWN}/<uuid:plugin_id>", rest.WorkspacePlugin.as_view(), name="api_workspace_plugin"),
    path(
        f"{OWN}/<uuid:plugin_id>/versions/<str:version>/difference",
        rest.WorkspacePluginDifference.as_view(),
        name="api_workspace_plugin_difference",
    ),
    path(f"{OWN}/<uuid:plugin_id>/hooks", hooks_api.PluginHooks.as_view(), name="api_workspace_plugin_hooks"),
    path(f"{OWN}/<uuid:plugin_id>/agents", rest.PluginAgents.as_view(), name="api_workspace_plugin_agents"),
    path("marketplace/plugins/<uuid:plugin_id>/reviews", rest.PluginReviews.as_view(), name="api_plugin_reviews"),
]
