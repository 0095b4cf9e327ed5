"""The operator's view of people, workspaces and keys."""

from django.contrib import admin
from django.http import HttpRequest

from workspaces.audit.admin import AuditedAdmin
from workspaces.models import ApiKey, Membership, User, Workspace


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    """Who belongs to the workspace."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(User)
class UserAdmin(AuditedAdmin[User]):
    """People. Passwords are set by their owners, never here."""

    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "is_active", "is_staff", "is_superuser", "groups", "date_joined", "last_login")
    readonly_fields = ("date_joined", "last_login")
    filter_horizontal = ("groups",)


@admin.register(Workspace)
class WorkspaceAdmin(AuditedAdmin[Workspace]):
    """Workspaces and their members."""

    list_display = ("name", "slug", "kind", "plan", "is_demo", "created_at")
    list_filter = ("kind", "plan", "is_demo")
    search_fields = ("name", "slug")
    readonly_fields = ("created_at",)
    inlines = (MembershipInline,)


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedAdmin[ApiKey]):
    """Keys, to look up and revoke; they are made at the API or by `manage.py apikey`."""

    list_display = ("name", "prefix", "workspace", "user", "role", "last_used_at", "revoked_at")
    list_filter = ("role",)
    list_select_related = ("workspace", "user")
    search_fields = ("name", "prefix", "user__email", "workspace__slug")
    fields = (
        "name", "prefix", "workspace", "user", "role", "scopes", "expires_at", "last_used_at",
        "created_at", "revoked_at",
    )  # fmt: skip
    readonly_fields = ("prefix", "workspace", "user", "role", "scopes", "last_used_at", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A key made here could never be shown."""
        return False
