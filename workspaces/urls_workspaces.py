"""Addresses of workspaces, members and invitations."""

from django.urls import URLPattern, URLResolver, path

from workspaces import api as rest
from workspaces import api_restore, views
from workspaces.members import api as members_api
from workspaces.members import invitation_api as invitations_api
from workspaces.members import invitation_views as invitations_views
from workspaces.members import views as members_views

_HERE = "workspaces/<uuid:workspace_id>"

# Under /w/<workspace>/.
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
]
# Outside of any workspace.
outside: list[URLPattern | URLResolver] = [
    path("workspaces/", views.workspaces, name="workspaces"),
    path("workspaces/new/", views.new, name="workspace_new"),
    path("workspaces/<uuid:workspace_id>/restore/", views.restore, name="workspace_restore"),
    path("invitations/<str:token>/", invitations_views.accept, name="invitation"),
]
api: list[URLPattern | URLResolver] = [
    path("workspaces", rest.WorkspaceList.as_view(), name="api_workspaces"),
    path(_HERE, rest.WorkspaceDetail.as_view(), name="api_workspace"),
    path(f"{_HERE}/restore", api_restore.WorkspaceRestore.as_view(), name="api_workspace_restore"),
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
]
