"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from workspaces import api as rest
from workspaces import urls_workspaces
from workspaces.accounts import views as account_views
from workspaces.api_keys import urls as keys_urls
from workspaces.audit import urls as audit_urls
from workspaces.clerk import webhooks as clerk_webhooks
from workspaces.credentials import urls as credentials_urls

# Before the library's own, some of which they replace.
accounts: list[URLPattern | URLResolver] = [
    path("", account_views.profile, name="account_profile"),
    path("delete/", account_views.delete, name="account_delete"),
    path("2fa/", account_views.SecurityView.as_view(), name="mfa_index"),
    # They are listed among the locks.
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("sessions/", account_views.sessions, name="usersessions_list"),
    path("sessions/<int:session_id>/end/", account_views.end_session, name="usersessions_end"),
]
outside: list[URLPattern | URLResolver] = [*urls_workspaces.outside]
pages: list[URLPattern | URLResolver] = [
    *urls_workspaces.pages,
    *keys_urls.pages,
    *credentials_urls.pages,
    *audit_urls.pages,
]
api: list[URLPattern | URLResolver] = [
    *credentials_urls.api,
    path("webhooks/clerk", clerk_webhooks.ClerkWebhook.as_view(), name="api_clerk_webhook"),
    path("me", rest.Me.as_view(), name="api_me"),
    *urls_workspaces.api,
    *keys_urls.api,
    *audit_urls.api,
]
sockets: list[URLPattern | URLResolver] = []
