"""An agent's history: one row for each change, with the whole agent as it was left."""

from django.db.models import QuerySet

from agents.models import Agent, AgentVersion
from agents.versions.document import document_of
from automatos.errors import NotFound
from workspaces.models import User

LONGEST_NOTE = 200


def begin(agent: Agent) -> None:
    """Before a change: keep the agent as it is, where nothing was kept yet (it is older than its history)."""
    if not AgentVersion.objects.filter(agent=agent).exists():
        AgentVersion.objects.create(
            agent=agent,
            version=agent.version,
            snapshot=document_of(agent),
            created_by=agent.edited_by,
            created_at=agent.edited_at,
        )


def keep(agent: Agent, user: User | None, note: str) -> None:
    """After a change, under the agent's lock: keep what it became, as its newest version."""
    AgentVersion.objects.create(
        agent=agent,
        version=agent.version,
        snapshot=document_of(agent),
        note=note.strip()[:LONGEST_NOTE],
        created_by=user,
        created_at=agent.edited_at,
    )


def versions_of(agent: Agent) -> QuerySet[AgentVersion]:
    """The agent's versions with who made them, newest first."""
    return AgentVersion.objects.filter(agent=agent).select_related("created_by").order_by("-version")


def version_of(agent: Agent, number: int) -> AgentVersion:
    """One version; NotFound when the agent never had it. The present one is there also where nothing was kept yet."""
    found = versions_of(agent).filter(version=number).first()
    if found is None and number == agent.version:
        return AgentVersion(
            agent=agent,
            version=number,
            snapshot=document_of(agent),
            created_by=agent.edited_by,
            created_at=agent.edited_at,
        )
    if found is None:
        raise NotFound()
    return found
