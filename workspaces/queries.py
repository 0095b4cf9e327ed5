"""Reads: who belongs where."""

from uuid import UUID

from django.db.models import QuerySet

from automatos.errors import NotFound
from workspaces.models import ApiKey, Membership, Role, User, Workspace, WorkspaceSlug
from workspaces.scope.permissions import Access
from workspaces.scope.tenancy import person_scope, workspace_scope


def memberships_of(user: User) -> QuerySet[Membership]:
    """The user's memberships with their workspaces: the personal one first, then by name."""
    return (
        Membership.objects.filter(user=user, workspace__deleted_at=None)
        .select_related("workspace")
        .order_by("workspace__kind", "workspace__name", "workspace_id")
    )


def deleted_memberships_of(user: User) -> QuerySet[Membership]:
    """The user's memberships in workspaces that were deleted and can still be brought back, the latest first."""
    gone = Membership.objects.filter(user=user, workspace__deleted_at__isnull=False)
    return gone.select_related("workspace", "workspace__deleted_by").order_by("-workspace__deleted_at")


def access_by_id(*, user: User, workspace_id: UUID, deleted_too: bool = False) -> Access:
    """The user's way into a workspace by its id, in its scope; NotFound when there is none or they do not belong."""
    with workspace_scope(workspace_id, user.pk):
        found = memberships_of(user).filter(workspace_id=workspace_id).first()
        gone = deleted_memberships_of(user).filter(workspace_id=workspace_id)
        membership = gone.first() if found is None and deleted_too else found
    # Compared once more, as everything the caller may see hangs on it.
    if membership is None or membership.workspace_id != workspace_id or membership.user_id != user.pk:
        raise NotFound()
    return Access(workspace=membership.workspace, role=Role(membership.role))


def personal_workspace_id(user: User) -> UUID | None:
    """The id of the user's own workspace, or None."""
    ids = memberships_of(user).filter(workspace__kind=Workspace.Kind.PERSONAL, role=Role.OWNER)
    with person_scope(user.pk):
        return ids.values_list("workspace_id", flat=True).first()


def first_membership_of(user: User, prefer: UUID | None = None) -> Membership | None:
    """Where the user lands after signing in, `prefer` if they belong to it; None when they belong nowhere."""
    with person_scope(user.pk):
        preferred = memberships_of(user).filter(workspace_id=prefer).first() if prefer else None
        return preferred or memberships_of(user).first()


def slug_now(user: User, old: str) -> str | None:
    """The address now of the user's workspace that had this one before; None when they belong to none such."""
    rows = WorkspaceSlug.objects.filter(slug=old, workspace__deleted_at=None, workspace__memberships__user=user)
    rows = rows.exclude(workspace__slug=old)
    return rows.values_list("workspace__slug", flat=True).first()


def api_keys_of(workspace: Workspace) -> QuerySet[ApiKey]:
    """The workspace's keys that were not revoked, newest first."""
    return workspace.api_keys.filter(revoked_at=None).select_related("user").order_by("-created_at", "id")


def api_key(*, workspace: Workspace, key_id: UUID) -> ApiKey:
    """One of them; NotFound when it is unknown, revoked or another workspace's."""
    found = api_keys_of(workspace).filter(pk=key_id).first()
    if found is None:
        raise NotFound()
    return found
