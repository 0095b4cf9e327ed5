"""What tools of a step look up and note: documents and memory. Vectors are made beside the loop."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from agents.knowledge import memories
from agents.knowledge import search as knowledge_search
from tools.contract import Decide, Found, Noting, Recollection


class StoredKnowledge:
    """The documents of the workspace."""

    def __init__(self, workspace_id: UUID, decide: Decide) -> None:
        self.workspace_id, self.decide = workspace_id, decide

    async def search(self, agent_id: UUID, query: str, limit: int) -> Sequence[Found]:
        scope = await self.decide(knowledge_search.scope_of, self.workspace_id, agent_id)
        asked = await asyncio.to_thread(knowledge_search.asked, query, scope)
        hits = await self.decide(knowledge_search.search, scope, asked, limit)
        return [Found(hit.title, hit.heading or f"part {hit.position}", hit.text) for hit in hits]


class StoredMemory:
    """What the agents of the workspace remember."""

    def __init__(self, workspace_id: UUID, agent_id: UUID, execution_id: UUID, decide: Decide) -> None:
        self.workspace_id, self.agent_id, self.execution_id, self.decide = workspace_id, agent_id, execution_id, decide

    async def remember(self, text: str, tags: Sequence[str], call: Noting) -> None:
        keys = await self.decide(memories.keys_for, self.workspace_id)
        model, vector = await asyncio.to_thread(memories.embedded, text, keys, self.workspace_id)
        note = memories.Note(
            call.key or uuid4(), self.workspace_id, self.agent_id, self.execution_id, text, tuple(tags),
            tuple(call.origins), model, tuple(vector),
        )  # fmt: skip
        await self.decide(memories.keep, note)

    async def recall(self, query: str, limit: int) -> Sequence[Recollection]:
        scope = await self.decide(knowledge_search.memory_scope, self.workspace_id)
        asked = await asyncio.to_thread(knowledge_search.asked, query, scope)
        found: Sequence[Recollection] = await self.decide(memories.recalled, scope, asked, limit)
        return found
