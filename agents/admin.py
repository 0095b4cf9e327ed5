"""The operator's view of agents and personas."""

from django.contrib import admin
from django.http import HttpRequest

from agents.models import Agent, AgentModelConfig, Persona
from workspaces.audit.admin import AuditedAdmin


@admin.register(Persona)
class PersonaAdmin(AuditedAdmin[Persona]):
    """Personas; those without a workspace are everyone's."""

    list_display = ("name", "category", "suggested_temperature", "workspace")
    list_filter = ("category",)
    list_select_related = ("workspace",)
    search_fields = ("name", "slug", "description")


class ModelInline(admin.StackedInline[AgentModelConfig, Agent]):
    """The agent's model."""

    model = AgentModelConfig
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Changes go through the pages and the API, which check them."""
        return False


@admin.register(Agent)
class AgentAdmin(AuditedAdmin[Agent]):
    """Agents, to look at."""

    list_display = ("name", "workspace", "agent_type", "status", "updated_at", "deleted_at")
    list_filter = ("status", "agent_type", "category")
    list_select_related = ("workspace",)
    search_fields = ("name", "slug", "workspace__slug")
    inlines = (ModelInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Agents are made on their pages and at the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Changes go through the pages and the API, which check them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Past runs keep their agents."""
        return False
