"""Stage 3, Context Engineering: documents, lessons and memories for each subtask, within its budget of tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any
from uuid import UUID

from django.db.models import F
from pgvector.django import CosineDistance

from agents.knowledge import search
from automatos.ids import as_uuid
from automatos.llm.embeddings import Vector
from automatos.skill_format.skill import tokens
from recipes.engine.stages import Question, StageInput, StageResult
from recipes.models import Lesson
from recipes.workflows.names import SELECTION
from recipes.workflows.planning import Subtask
from recipes.workflows.plans import dumped, loaded
from recipes.workflows.profiles import vectors_of
from recipes.workflows.selection import stems, text_of
from recipes.workflows.stages.decomposition import plan_of
from workspaces.scope.tenancy import workspace_scope

# Tokens of context a subtask is given at most, and passages of each sort that are looked at.
BUDGET = 1_500
DOCUMENTS, MEMORIES, LESSONS = 5, 3, 3
# A lesson farther from the subtask than this is about something else.
FARTHEST = 0.6
LONGEST_PASSAGE = 2_400


@dataclass(frozen=True, slots=True)
class Passage:
    """Something found for a subtask. kind: document, lesson or memory; origins: of untrusted text in it."""

    kind: str
    title: str
    text: str
    origins: tuple[str, ...] = ()
    key: str = ""


class Gathering:
    """What helps. The output: the sources by number, which of them each subtask gets, and how well they cover it."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """No model: search."""
        return None

    def work(self, stage: StageInput) -> StageResult:
        """Find for each subtask what its agent may read; nothing for the embedded model, which loses its task in it."""
        if stage.config.get("by_rules"):
            return StageResult(dumped({"context_quality": None, "budget": 0, "subtasks": {}, "sources": []}))
        plan, chosen = plan_of(stage), loaded(stage.text(SELECTION)).get("selection") or {}
        vectors = vectors_of(text_of(one) for one in plan.subtasks)
        sources: dict[tuple[str, str], dict[str, Any]] = {}
        found: dict[str, Any] = {}
        for one in plan.subtasks:
            agent_id = as_uuid((chosen.get(one.id) or {}).get("agent_id"))
            passages = within(gathered(stage.workspace_id, agent_id, one, vectors[text_of(one)]))
            numbers = [_number(sources, passage) for passage in passages]
            found[one.id] = {
                "sources": numbers,
                "tokens": sum(tokens(passage.text) for passage in passages),
                "quality": coverage(one, passages),
            }
        kept = list(sources.values())
        covered = [entry["quality"] for entry in found.values() if entry["sources"]]
        origins = tuple(dict.fromkeys(origin for source in kept for origin in source["origins"]))
        output = {
            "context_quality": round(mean(covered), 3) if covered else None,
            "budget": BUDGET,
            "subtasks": found,
            "sources": kept,
        }
        return StageResult(dumped(output), origins)


def _number(sources: dict[tuple[str, str], dict[str, Any]], passage: Passage) -> int:
    """The number of a source, the same for every subtask that is given it."""
    entry = {
        "kind": passage.kind, "title": passage.title, "text": passage.text, "origins": list(passage.origins),
        "number": len(sources) + 1, "key": passage.key,
    }  # fmt: skip
    return int(sources.setdefault((passage.kind, passage.key or passage.text), entry)["number"])


def gathered(workspace_id: UUID, agent_id: UUID | None, subtask: Subtask, vector: Vector) -> list[Passage]:
    """What fits, the most useful sort first: documents of the agent, then memories, then lessons about its work."""
    return [
        *_documents(workspace_id, agent_id, subtask),
        *_memories(workspace_id, subtask),
        *_lessons(workspace_id, agent_id, vector),
    ]


def _documents(workspace_id: UUID, agent_id: UUID | None, subtask: Subtask) -> Iterable[Passage]:
    if agent_id is None:
        return
    scope = search.scope_of(workspace_id, agent_id)
    if not scope.models:
        return
    for hit in search.search(scope, search.asked(subtask.description, scope), DOCUMENTS):
        title = f"{hit.title}, {hit.heading or f'part {hit.position}'}"
        key = f"{hit.document_id}:{hit.position}"
        yield Passage("document", title, hit.text[:LONGEST_PASSAGE], (f"document {hit.title}",), key)


def _memories(workspace_id: UUID, subtask: Subtask) -> Iterable[Passage]:
    scope = search.memory_scope(workspace_id)
    if not scope.models:
        return
    for one in search.search_memories(scope, search.asked(subtask.description, scope), MEMORIES):
        if not shares_words(subtask, one.text):
            continue
        who = f", {one.agent.name}" if one.agent else ""
        title = f"Remembered {one.created_at:%Y-%m-%d}{who}"
        yield Passage("memory", title, one.text[:LONGEST_PASSAGE], tuple(map(str, one.origins)), str(one.pk))


def _lessons(workspace_id: UUID, agent_id: UUID | None, vector: Vector) -> Iterable[Passage]:
    if agent_id is None:
        return
    rows = Lesson.objects.filter(workspace_id=workspace_id, agent_id=agent_id, forgotten_at=None)
    near = rows.exclude(embedding=None).annotate(distance=CosineDistance("embedding", vector))
    with workspace_scope(workspace_id):
        near = near.filter(distance__lt=FARTHEST).select_related("vouched_by")
        best = list(near.order_by(F("is_pinned").desc(), "distance")[:LESSONS])
    for one in best:
        origins, title = tuple(map(str, one.origins)), "Lesson of an earlier run"
        if one.is_vouched:
            origins, title = (), f"{title} (after {', '.join(origins)}; {one.voucher} vouches for it)"
        yield Passage("lesson", title, one.text, origins, str(one.pk))


def shares_words(subtask: Subtask, text: str) -> bool:
    """Whether two telling words of the subtask stand in a text: a near vector alone finds something for anything."""
    return len(stems(f"{subtask.title} {subtask.description}") & stems(text)) >= 2


def within(passages: Sequence[Passage]) -> list[Passage]:
    """As many as the budget takes, in order; one that is too long is left out."""
    kept, used = [], 0
    for one in passages:
        size = tokens(one.text)
        if used + size <= BUDGET:
            kept.append(one)
            used += size
    return kept


def coverage(subtask: Subtask, passages: Sequence[Passage]) -> float:
    """The share of the subtask's telling words that what was found has, 0 to 1."""
    asked = stems(f"{subtask.title} {subtask.description}")
    has = {stem for one in passages for stem in stems(one.text)}
    return round(len(asked & has) / len(asked), 3) if asked else 0.0
