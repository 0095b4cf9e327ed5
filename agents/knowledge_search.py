"""Finds passages by meaning and by words at once.

One statement takes the 50 nearest vectors and the 50 best matches of the full text and adds up their reciprocal ranks
(Cormack, Clarke and Buettcher, SIGIR 2009: 1 / (K + rank)), those of words by the share of the question they hold.
Vectors are compared one by one within the scope: exact, and fast enough for the passages a workspace has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from agents.knowledge_keys import keys_of
from agents.models import Document, Memory
from automatos.llm import embeddings
from automatos.llm.errors import ModelError
from automatos.llm.registry import Credentials
from workspaces.tenancy import workspace_scope

CANDIDATES = 50
# What words add is their reciprocal rank times the share of the question in them to this power: one that has the whole
# question (a code, a name, a typed command) comes as far up as the nearest one by meaning, one with half of it hardly
# moves. Chosen on the first labelled set of the tests, where K of 5 to 15 with a power of 4 to 6 do equally well.
K = 10
SHARE_POWER = 4
MOST = 20
LONGEST_QUERY = 1000
# What may be left out to see what it is worth.
Way = Literal["fused", "meaning", "words"]
# Any word may match, as a question has more of them than its answer. A rare word weighs more than a common one (inverse
# document frequency), and a passage counts by the share of the question's weight that stands in it: else one that has
# only a common word of it would push aside what was found by meaning.
WORDING = """
asked AS MATERIALIZED (SELECT term, quote_literal(term)::tsquery AS query
    FROM unnest(tsvector_to_array(to_tsvector('english', %s))) AS term LIMIT 40),
matches AS MATERIALIZED (SELECT t.id, asked.term FROM asked JOIN {table} t ON t.words @@ asked.query WHERE {within}),
weights AS (SELECT term, ln(1 + (SELECT count(*) FROM {table} WHERE {within})::float / greatest(1, count(m.id)))
    AS weight
    FROM asked LEFT JOIN matches m USING (term) GROUP BY term),
wording AS (SELECT id, rank() OVER (ORDER BY score DESC) AS rank,
    power(score / (SELECT sum(weight) FROM weights), {power}) AS share
    FROM (SELECT id, sum(weight) AS score FROM matches JOIN weights USING (term)
        GROUP BY id ORDER BY score DESC, id LIMIT {most}) AS best)"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. position: its number in the document, from 1."""

    document_id: UUID
    title: str
    position: int
    heading: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look. agent_id: only its documents, or None for all. models: those of the vectors there."""

    workspace_id: UUID
    agent_id: UUID | None
    models: tuple[str, ...]
    keys: Credentials


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with its vector under each model; a model that did not answer is missing, and words alone decide."""

    text: str
    vectors: tuple[tuple[str, embeddings.Vector], ...]


def documents_in(workspace_id: UUID, agent_id: UUID | None) -> QuerySet[Document]:
    """The documents that can be searched: all of the workspace, or those an agent may look things up in."""
    rows = Document.objects.filter(workspace_id=workspace_id, deleted_at=None).exclude(chunk_count=0)
    return rows if agent_id is None else rows.filter(agent_documents__agent_id=agent_id)


def scope_of(workspace_id: UUID, agent_id: UUID | None = None) -> Scope:
    """The scope, read from the database."""
    with workspace_scope(workspace_id):
        models = documents_in(workspace_id, agent_id).values_list("embedding_model", flat=True).distinct()
        return _scope(workspace_id, agent_id, models.order_by("embedding_model"))


def memory_scope(workspace_id: UUID) -> Scope:
    """The scope of what is remembered."""
    with workspace_scope(workspace_id):
        models = Memory.objects.filter(workspace_id=workspace_id).values_list("embedding_model", flat=True).distinct()
        return _scope(workspace_id, None, models.order_by("embedding_model"))


def _scope(workspace_id: UUID, agent_id: UUID | None, models: QuerySet[Any, str]) -> Scope:
    found = tuple(model for model in models if model)
    keys = keys_of(workspace_id) if embeddings.OPENAI in found else {}
    return Scope(workspace_id, agent_id, found, keys)


def asked(query: str, scope: Scope) -> Asked:
    """The query, embedded with the models of what it searches. Touches no database."""
    text = query.replace("\x00", " ").strip()[:LONGEST_QUERY]
    vectors = []
    for model in scope.models:
        try:
            vectors.append((model, embeddings.embed([text], model, scope.keys)[0]))
        except ModelError:
            continue
    return Asked(text, tuple(vectors))


def search(scope: Scope, query: Asked, limit: int = 5, way: Way = "fused") -> list[Hit]:
    """The passages that fit best, best first."""
    if not query.text or (way == "meaning" and not query.vectors):
        return []
    within = "workspace_id = %s AND document_id IN (SELECT id FROM inside)"
    inside = (
        "inside AS (SELECT d.id, d.title FROM documents d WHERE d.workspace_id = %s AND d.deleted_at IS NULL "
        "AND (%s::uuid IS NULL OR d.id IN (SELECT document_id FROM agent_documents WHERE agent_id = %s)))"
    )
    ranked, values = _ranked("chunks", within, [scope.workspace_id], query, way)
    statement = (
        f"WITH {inside}, {ranked} SELECT c.document_id, i.title, c.position, c.heading, c.text, f.score::float "  # noqa: S608
        "FROM fused f JOIN chunks c ON c.id = f.id JOIN inside i ON i.id = c.document_id "
        "ORDER BY f.score DESC, c.id LIMIT %s"
    )
    parameters = [scope.workspace_id, scope.agent_id, scope.agent_id, *values, min(limit, MOST)]
    with workspace_scope(scope.workspace_id), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [Hit(*row) for row in cursor.fetchall()]


def search_memories(scope: Scope, query: Asked, limit: int) -> list[Memory]:
    """What is remembered and fits best, best first."""
    if not query.text:
        return []
    ranked, values = _ranked("memories", "workspace_id = %s", [scope.workspace_id], query, "fused")
    statement = f"WITH {ranked} SELECT id FROM fused ORDER BY score DESC, id LIMIT %s"  # noqa: S608 (constants only)
    with workspace_scope(scope.workspace_id), connection.cursor() as cursor:
        cursor.execute(statement, [*values, min(limit, MOST)])
        ids = [row[0] for row in cursor.fetchall()]
        rows = {row.pk: row for row in Memory.objects.filter(pk__in=ids).select_related("agent")}
    return [rows[pk] for pk in ids if pk in rows]


def _ranked(table: str, within: str, values: Sequence[Any], query: Asked, way: Way) -> tuple[str, list[Any]]:
    """The common table expressions up to `fused` (id, score), and their parameters."""
    parts: list[str] = []
    parameters: list[Any] = []
    lists: list[str] = []
    for number, (model, vector) in enumerate(query.vectors if way != "words" else ()):
        lists.append(f"meaning{number}")
        parts.append(
            f"meaning{number} AS (SELECT id, row_number() OVER (ORDER BY distance, id) AS rank, 1.0 AS share FROM ("  # noqa: S608
            f"SELECT id, embedding <=> %s::vector AS distance FROM {table} WHERE {within} AND embedding_model = %s "
            f"ORDER BY distance LIMIT {CANDIDATES}) AS nearest)"
        )
        parameters += [str(vector), *values, model]
    if way != "meaning":
        lists.append("wording")
        parts.append(WORDING.format(table=table, within=within, most=CANDIDATES, power=SHARE_POWER))
        parameters += [query.text, *values, *values]
    both = " UNION ALL ".join(f"SELECT id, rank, share FROM {name}" for name in lists)  # noqa: S608
    parts.append(f"fused AS (SELECT id, sum(share / ({K} + rank)) AS score FROM ({both}) AS ranks GROUP BY id)")  # noqa: S608
    return ", ".join(parts), parameters


def titles_of(hits: Sequence[Hit]) -> list[str]:
    """The documents found in, each once."""
    return list(dict.fromkeys(hit.title for hit in hits))
