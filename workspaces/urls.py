"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from workspaces import api as rest
from workspaces import views
from workspaces.accounts import api as account_api
from workspaces.accounts import views as account_views
from workspaces.api_keys import urls as keys_urls
from workspaces.audit import urls as audit_urls
from workspaces.budgets import urls as budgets_urls
from workspaces.clerk import webhooks as clerk_webhooks
from workspaces.credentials import urls as credentials_urls
from workspaces.members import api as members_api
from workspaces.members import invitation_api as invitations_api
from workspaces.members import invitation_views as invitations_views
from workspaces.members import views as members_views

# Before the library's own, some of which they replace.
_HERE = "workspaces/<uuid:workspace_id>"
accounts: list[URLPattern | URLResolver] = [
    path("", account_views.profile, name="account_profile"),
    path("delete/", account_views.delete, name="account_delete"),
    path("2fa/", account_views.SecurityView.as_view(), name="mfa_index"),
    # They are listed among the locks.
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("sessions/", account_views.sessions, name="usersessions_list"),
    path("sessions/<int:session_id>/end/", account_views.end_session, name="usersessions_end"),
]
outside: list[URLPattern | URLResolver] = [
    path("workspaces/", views.workspaces, name="workspaces"),
    path("workspaces/new/", views.new, name="workspace_new"),
    path("workspaces/<uuid:workspace_id>/restore/", views.restore, name="workspace_restore"),
    path("invitations/<str:token>/", invitations_views.accept, name="invitation"),
]
pages: list[URLPattern | URLResolver] = [
    path("settings/", views.general, name="workspace_settings"),
    path("settings/delete/", views.delete, name="workspace_delete"),
    path("settings/leave/", members_views.leave, name="workspace_leave"),
    path("settings/transfer/", members_views.transfer, name="workspace_transfer"),
    path("settings/members/", members_views.members, name="workspace_members"),
    path("settings/members/<uuid:user_id>/", members_views.change, name="member_change"),
    path("settings/members/<uuid:user_id>/remove/", members_views.remove, name="member_remove"),
    path("settings/members/invite/", invitations_views.invite, name="member_invite"),
    path("settings/invitations/<uuid:invitation_id>/resend/", invitations_views.resend, name="invitation_resend"),
    path("settings/invitations/<uuid:invitation_id>/revoke/", invitations_views.revoke, name="invitation_revoke"),
    *keys_urls.pages,
    *credentials_urls.pages,
    *audit_urls.pages,
    *budgets_urls.pages,
]
api: list[URLPattern | URLResolver] = [
    *credentials_urls.api,
    path("webhooks/clerk", clerk_webhooks.ClerkWebhook.as_view(), name="api_clerk_webhook"),
    path("me", rest.Me.as_view(), name="api_me"),
    path("me/sessions", account_api.OwnSessions.as_view(), name="api_me_sessions"),
    path("me/sessions/<int:session_id>", account_api.OwnSession.as_view(), name="api_me_session"),
    path("me/confirm", account_api.Confirmation.as_view(), name="api_me_confirm"),
    path("me/second-factor", account_api.SecondFactor.as_view(), name="api_me_second_factor"),
    path("me/second-factor/totp", account_api.Totp.as_view(), name="api_me_totp"),
    path("me/second-factor/recovery-codes", account_api.RecoveryCodesView.as_view(), name="api_me_recovery_codes"),
    path("me/second-factor/passkeys/<int:passkey_id>", account_api.Passkey.as_view(), name="api_me_passkey"),
    path("workspaces", rest.WorkspaceList.as_view(), name="api_workspaces"),
    path(_HERE, rest.WorkspaceDetail.as_view(), name="api_workspace"),
    path(f"{_HERE}/restore", rest.WorkspaceRestore.as_view(), name="api_workspace_restore"),
    path(f"{_HERE}/leave", members_api.WorkspaceLeave.as_view(), name="api_workspace_leave"),
    path(f"{_HERE}/transfer", members_api.WorkspaceTransfer.as_view(), name="api_workspace_transfer"),
    path(f"{_HERE}/members", members_api.MemberList.as_view(), name="api_members"),
    path(f"{_HERE}/members/<uuid:user_id>", members_api.MemberDetail.as_view(), name="api_member"),
    path(f"{_HERE}/invitations", invitations_api.InvitationList.as_view(), name="api_invitations"),
    path(
        f"{_HERE}/invitations/<uuid:invitation_id>", invitations_api.InvitationDetail.as_view(), name="api_invitation"
    ),
    path(
        f"{_HERE}/invitations/<uuid:invitation_id>/resend",
        invitations_api.InvitationResend.as_view(),
        name="api_invitation_resend",
    ),
    path("invitations/accept", invitations_api.InvitationAccept.as_view(), name="api_invitation_accept"),
    *keys_urls.api,
    *audit_urls.api,
    *budgets_urls.api,
]
sockets: list[URLPattern | URLResolver] = []
