"""Workspaces, who belongs to them, and who is invited."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from workspaces.models.people import User


class Role(models.TextChoices):
    """What a member may do; each includes the ones below it."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


def default_plan() -> str:
    """The plan a new workspace is on: DEFAULT_PLAN of the settings."""
    return str(settings.DEFAULT_PLAN)


class Workspace(models.Model):
    """Everything belongs to one and never leaks out of it."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", "Personal"
        SHARED = "shared", "Shared"

    class Plan(models.TextChoices):
        FREE = "free", "Free"
        TEAM = "team", "Team"
        UNLIMITED = "unlimited", "Unlimited"

    class ApprovalPolicy(models.TextChoices):
        """When a person is asked before an agent changes or sends something."""

        AFTER_UNTRUSTED = "after_untrusted", "After it read text from outside"
        ALWAYS = "always", "Always"
        NEVER = "never", "Never"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SHARED)
    is_demo = models.BooleanField(default=False)
    plan = models.CharField(max_length=20, choices=Plan, default=default_plan)
    approval_policy = models.CharField(max_length=16, choices=ApprovalPolicy, default=ApprovalPolicy.AFTER_UNTRUSTED)
    # What its files take; whoever stores or removes one says so to workspaces/limits/plans.py.
    storage_bytes = models.PositiveBigIntegerField(default=0)
    # How many days its runs are kept after their end; None: for ever.
    keep_runs_days = models.PositiveSmallIntegerField(null=True, blank=True)
    clerk_org_id = models.CharField(max_length=120, unique=True, null=True, blank=True)
    # Asked for by a person; everything in it is gone 30 days later.
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    members = models.ManyToManyField(User, through="Membership", related_name="workspaces")

    class Meta:
        db_table = "workspaces"

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one workspace."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    # Clerk made it, so Clerk may end it.
    from_clerk = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "workspace_members"
        constraints = (models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_each"),)

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.workspace_id}"


class WorkspaceSlug(models.Model):
    """An address a workspace once had: it leads to the one it has now, and no other workspace may take it."""

    slug = models.SlugField(max_length=60, primary_key=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="old_slugs")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "workspace_slugs"

    def __str__(self) -> str:
        return self.slug


class Invitation(models.Model):
    """A link sent by e-mail that makes whoever opens it a member. Only a hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitations"
        indexes = (models.Index(fields=["workspace", "-created_at"], name="invitations_newest"),)
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace_id}"
