"""Reads: an agent as the runtime sees it."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from agents.models import Agent
from agents.work.spec import AgentSpec, load_specs, why_no_new_work


def unusable(agent: Agent) -> str | None:
    """Why the agent cannot cook now, with the cure; None when it can."""
    return why_no_new_work(agent.name, agent.status, agent.pending_status, agent.deleted_at is not None) or None


def spec_of(agent: Agent) -> AgentSpec:
    """The agent as the runtime reads it: the same statement, the same prompt."""
    return load_specs([agent.pk], _rows)[agent.pk]


def specs_of(agent_ids: Iterable[UUID]) -> list[AgentSpec]:
    """The same of several; those that do not exist are missing."""
    return list(load_specs(agent_ids, _rows).values())


def _rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
