"""Addresses of trying an action and of policies."""

from django.urls import URLPattern, URLResolver, path

from tools.app_calls import api as rest
from tools.app_calls import views

pages: list[URLPattern | URLResolver] = [
    path("apps/<slug:app>/policy/", views.policy, name="tool_policy"),
    path("apps/<slug:app>/actions/<slug:action>/", views.try_action, name="tool_try"),
]
api: list[URLPattern | URLResolver] = [
    path("tool-policies", rest.ToolPolicies.as_view(), name="api_tool_policies"),
    path("composio/apps/<slug:app>/actions/<slug:action>/try", rest.TryAction.as_view(), name="api_tool_try"),
]
