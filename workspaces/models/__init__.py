"""People, workspaces, who belongs where, their keys and secrets, and what is recorded of their doings."""

from workspaces.models.access import ApiKey, ClerkEvent, ClerkState, IdempotentRequest
from workspaces.models.audit import AuditEntry, AuditHead
from workspaces.models.budget import Budget, ModelUsage, Reservation, Spend
from workspaces.models.credential import Credential, CredentialType, KeyCheck
from workspaces.models.people import User, UserManager
from workspaces.models.workspace import Invitation, Membership, Role, Workspace, WorkspaceSlug

__all__ = [
    "ApiKey",
    "AuditEntry",
    "AuditHead",
    "Budget",
    "ClerkEvent",
    "ClerkState",
    "Credential",
    "CredentialType",
    "IdempotentRequest",
    "Invitation",
    "KeyCheck",
    "Membership",
    "ModelUsage",
    "Reservation",
    "Role",
    "Spend",
    "User",
    "UserManager",
    "Workspace",
    "WorkspaceSlug",
]
