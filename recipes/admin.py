"""The operator's view of recipes and runs. Nothing is changed here: the engine and the services do that."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from recipes.models import Execution, ExecutionStep, Recipe, RecipeStep, Worker
from workspaces.audit.admin import AuditedAdmin


class LookOnly:
    """No adding, changing or deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class StepInline(LookOnly, admin.TabularInline[RecipeStep, Recipe]):
    """A recipe's steps."""

    model = RecipeStep
    fields = ("order", "step_id", "name", "agent", "output_key", "error_handling", "timeout")


@admin.register(Recipe)
class RecipeAdmin(LookOnly, AuditedAdmin[Recipe]):
    """Recipes."""

    list_display = ("name", "template_id", "workspace", "version", "updated_at", "deleted_at")
    list_select_related = ("workspace",)
    search_fields = ("name", "template_id", "workspace__slug")
    inlines = (StepInline,)


class ExecutionStepInline(LookOnly, admin.TabularInline[ExecutionStep, Execution]):
    """A run's steps."""

    model = ExecutionStep
    fields = ("order", "agent_name", "status", "attempt", "owner", "fence", "started_at", "completed_at", "error")


@admin.register(Execution)
class ExecutionAdmin(LookOnly, AuditedAdmin[Execution]):
    """Runs."""

    list_display = ("recipe_name", "short_id", "workspace", "status", "triggered_by", "created_at", "completed_at")
    list_filter = ("status", "triggered_by")
    list_select_related = ("workspace",)
    search_fields = ("=id", "recipe_name", "workspace__slug")
    inlines = (ExecutionStepInline,)


@admin.register(Worker)
class WorkerAdmin(LookOnly, admin.ModelAdmin[Worker]):
    """Workers and their last sign of life."""

    list_display = ("host", "pid", "started_at", "heartbeat_at")
    ordering = ("-heartbeat_at",)
