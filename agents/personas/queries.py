"""Reads: personas."""

from uuid import UUID

from django.db.models import Q, QuerySet

from agents.models import Persona
from automatos.errors import NotFound
from workspaces.models import Workspace


def personas_for(workspace: Workspace) -> QuerySet[Persona]:
    """The personas an agent of this workspace can wear: the global ones and its own."""
    personas = Persona.objects.filter(Q(workspace=None) | Q(workspace=workspace), deleted_at=None)
    return personas.order_by("category", "name", "id")


def persona_of(*, workspace: Workspace, persona_id: UUID, own: bool = False) -> Persona:
    """One of these, or of the workspace's own alone; NotFound when it is none."""
    personas = personas_for(workspace).filter(pk=persona_id)
    found = personas.filter(workspace=workspace).first() if own else personas.first()
    if found is None:
        raise NotFound()
    return found
