"""Addresses of workspaces, members and invitations."""

from django.urls import URLPattern, URLResolver, path

from workspaces import api as rest
from workspaces import api_invitations, api_members, api_restore, views_invitations, views_members, views_workspaces

_HERE = "workspaces/<uuid:workspace_id>"

# Under /w/<workspace>/.
pages: list[URLPattern | URLResolver] = [
    path("settings/", views_workspaces.general, name="workspace_settings"),
    path("settings/delete/", views_workspaces.delete, name="workspace_delete"),
    path("settings/leave/", views_members.leave, name="workspace_leave"),
    path("settings/transfer/", views_members.transfer, name="workspace_transfer"),
    path("settings/members/", views_members.members, name="workspace_members"),
    path("settings/members/<uuid:user_id>/", views_members.change, name="member_change"),
    path("settings/members/<uuid:user_id>/remove/", views_members.remove, name="member_remove"),
    path("settings/members/invite/", views_invitations.invite, name="member_invite"),
    path("settings/invitations/<uuid:invitation_id>/resend/", views_invitations.resend, name="invitation_resend"),
    path("settings/invitations/<uuid:invitation_id>/revoke/", views_invitations.revoke, name="invitation_revoke"),
]
# Outside of any workspace.
outside: list[URLPattern | URLResolver] = [
    path("workspaces/", views_workspaces.workspaces, name="workspaces"),
    path("workspaces/new/", views_workspaces.new, name="workspace_new"),
    path("workspaces/<uuid:workspace_id>/restore/", views_workspaces.restore, name="workspace_restore"),
    path("invitations/<str:token>/", views_invitations.accept, name="invitation"),
]
api: list[URLPattern | URLResolver] = [
    path("workspaces", rest.WorkspaceList.as_view(), name="api_workspaces"),
    path(_HERE, rest.WorkspaceDetail.as_view(), name="api_workspace"),
    path(f"{_HERE}/restore", api_restore.WorkspaceRestore.as_view(), name="api_workspace_restore"),
    path(f"{_HERE}/leave", api_members.WorkspaceLeave.as_view(), name="api_workspace_leave"),
    path(f"{_HERE}/transfer", api_members.WorkspaceTransfer.as_view(), name="api_workspace_transfer"),
    path(f"{_HERE}/members", api_members.MemberList.as_view(), name="api_members"),
    path(f"{_HERE}/members/<uuid:user_id>", api_members.MemberDetail.as_view(), name="api_member"),
    path(f"{_HERE}/invitations", api_invitations.InvitationList.as_view(), name="api_invitations"),
    path(
        f"{_HERE}/invitations/<uuid:invitation_id>", api_invitations.InvitationDetail.as_view(), name="api_invitation"
    ),
    path(
        f"{_HERE}/invitations/<uuid:invitation_id>/resend",
        api_invitations.InvitationResend.as_view(),
        name="api_invitation_resend",
    ),
    path("invitations/accept", api_invitations.InvitationAccept.as_view(), name="api_invitation_accept"),
]
