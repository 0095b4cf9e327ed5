"""What agents noted for their workspace: kept once for each call, found by meaning and words."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.search import SearchVector

from agents.knowledge.keys import keys_of
from agents.knowledge.search import Asked, Scope, search_memories
from agents.models import Agent, Memory
from automatos.llm import embeddings
from automatos.llm.errors import ModelError
from automatos.llm.registry import Credentials
from tools.contract import Recollection, ToolProblem
from workspaces.audit import log as audit
from workspaces.budgets.gate import embed
from workspaces.models import Workspace
from workspaces.scope.acting import SYSTEM, Actor, acting_as
from workspaces.scope.tenancy import workspace_scope

logger = logging.getLogger(__name__)

MOST = 5_000
FULL = f"This workspace remembers {MOST:,} things, the most there may be. A person has to delete some of them first."


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be remembered. id: of the call, so that a call made again keeps nothing twice. See models.Memory."""

    id: UUID
    workspace_id: UUID
    agent_id: UUID | None
    execution_id: UUID
    text: str
    tags: tuple[str, ...]
    origins: tuple[str, ...]
    model: str
    vector: tuple[float, ...]
    kind: str = Memory.Kind.NOTE
    confidence: float | None = None
    expires_at: datetime | None = None


def keys_for(workspace_id: UUID) -> Credentials:
    """The workspace's own keys for embedding."""
    with workspace_scope(workspace_id):
        return keys_of(workspace_id)


def embedded(text: str, keys: Credentials, workspace_id: UUID) -> tuple[str, embeddings.Vector]:
    """The model and the vector; the local model's where the vendor does not answer, or no budget has room for it."""
    model = embeddings.preferred(keys)
    try:
        return model, embed([text], model, keys, workspace_id)[0]
    except ModelError as error:
        logger.warning("%s is not used for a memory: %s", model, error)
        return embeddings.LOCAL, embeddings.embed([text])[0]


def keep(note: Note) -> None:
    """Keep it, unless this call was kept before; ToolProblem when the workspace remembers too much already."""
    with workspace_scope(note.workspace_id):
        # One after the other, so that many at once cannot pass the limit together.
        Workspace.objects.select_for_update(no_key=True).get(pk=note.workspace_id)
        rows = Memory.objects.filter(workspace_id=note.workspace_id)
        if rows.filter(pk=note.id).exists():
            return
        if rows.count() >= MOST:
            raise ToolProblem(FULL)
        agent = _agent(note)
        Memory.objects.create(
            id=note.id,
            workspace_id=note.workspace_id,
            agent=agent,
            execution_id=note.execution_id,
            text=note.text.replace("\x00", " "),
            tags=[tag.replace("\x00", " ") for tag in note.tags],
            origins=list(note.origins),
            embedding_model=note.model,
            embedding=list(note.vector),
            kind=note.kind,
            confidence=note.confidence,
            expires_at=note.expires_at,
        )
        Memory.objects.filter(pk=note.id).update(words=SearchVector("text", config="english"))
        _record(note, agent)


def _record(note: Note, agent: Agent | None) -> None:
    """Say in the audit log which agent, or which run by itself, keeps what, and whose words it follows."""
    # By its beginning alone, so that a person who has it forgotten finds it nowhere.
    after = {"kind": note.kind, "origins": list(note.origins), "run_id": note.execution_id}
    actor = Actor(user_id=None, name=f"Agent {agent.name}", via="system") if agent else SYSTEM
    with acting_as(actor):
        target = ("memory", note.id, note.text[:60])
        audit.record("memory.added", workspace_id=note.workspace_id, target=target, after=after)


def _agent(note: Note) -> Agent | None:
    """Who noted it, as far as it is still there."""
    if note.agent_id is None:
        return None
    return Agent.objects.filter(workspace_id=note.workspace_id, pk=note.agent_id).first()


def recalled(scope: Scope, query: Asked, limit: int) -> list[Recollection]:
    """What fits the query best, with who noted it and what untrusted text stood before."""
    return [
        Recollection(
            row.text,
            tuple(row.tags),
            f"noted by {row.agent.name}" if row.agent else "",
            row.created_at,
            tuple(map(str, row.origins)),
        )
        for row in search_memories(scope, query, limit)
    ]
