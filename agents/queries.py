"""Reads: agents and personas."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from agents.models import Agent, Persona
from agents.work.spec import AgentSpec, load_specs, why_no_new_work
from automatos.errors import NotFound
from workspaces.models import Workspace


def agents_of(workspace: Workspace) -> QuerySet[Agent]:
    """The workspace's agents with what their cards show, by name."""
    return (
        Agent.objects.visible()
        .filter(workspace=workspace)
        .select_related("agent_model_config", "persona")
        .order_by("name", "id")
    )


def agent(*, workspace: Workspace, agent_id: UUID) -> Agent:
    """One agent; NotFound when it is unknown, deleted or another workspace's."""
    found = agents_of(workspace).filter(pk=agent_id).first()
    if found is None:
        raise NotFound()
    return found


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


def unusable(agent: Agent) -> str | None:
    """Why the agent cannot cook now, with the cure; None when it can."""
    return why_no_new_work(agent.name, agent.status, agent.pending_status, agent.deleted_at is not None) or None


def spec_of(agent: Agent) -> AgentSpec:
    """The agent as the runtime reads it: the same statement, the same prompt."""
    return load_specs([agent.pk], _rows)[agent.pk]


def _rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
