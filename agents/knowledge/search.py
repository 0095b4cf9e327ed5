"""Finds passages by meaning and by words at once.

One statement takes the 50 nearest vectors and the 50 best matches of the full text, and adds to the likeness of each
(the cosine) a part of the share of the question whose words it holds. Likeness and not its rank counts: where no
passage is much nearer than the others, words decide, and where one is, they do not.
In a scope of up to EXACT passages vectors are compared one by one. In a larger one they are walked through the index of
nearest neighbours (HNSW), on and on until enough of them are in the scope, which leaves out a few and is much faster.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from agents.knowledge.keys import keys_of
from agents.knowledge.words import with_parts
from agents.models import Document, Memory
from automatos.llm import embeddings
from automatos.llm.errors import ModelError
from automatos.llm.registry import Credentials
from workspaces.budgets.gate import embed
from workspaces.scope.tenancy import workspace_scope

CANDIDATES = 50
EXACT = 10_000
# How the index is walked: in waves of so many, each farther away, until there are enough or so many were looked at.
WALK = (
    "SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.ef_search = 100; "
    "SET LOCAL hnsw.max_scan_tuples = 40000"
)
# What a passage with every word of the question has before one with none, as a part of a cosine of 1. Chosen among 0.1
# to 0.4 on half of `benchmarks/retrieval_set` and the first labelled set of the tests; the others show its worth.
WORDS_WEIGHT = 0.15
MOST = 20
LONGEST_QUERY = 1000
# What may be left out to see what it is worth.
Way = Literal["fused", "meaning", "words"]
# Any word may match, as a question has more of them than its answer. A rare word weighs more than a common one (inverse
# document frequency), and a passage counts by the share of the question's weight that stands in it: else one that has
# only a common word of it would push aside what was found by meaning.
CHUNK_MATCHES = """
matches AS MATERIALIZED (SELECT id, term FROM automatos_chunk_words(%s) WHERE document_id IN (SELECT id FROM inside)),
everything AS (SELECT sum(chunk_count) AS number FROM inside)"""
MEMORY_MATCHES = """
matches AS MATERIALIZED (SELECT t.id, a.term FROM automatos_words(%s) a JOIN memories t ON t.words @@ a.query
    WHERE t.workspace_id = %s AND (t.expires_at IS NULL OR t.expires_at > now())),
everything AS (SELECT count(*) AS number FROM memories WHERE workspace_id = %s)"""
WORDING = f"""
weights AS (SELECT term, ln(1 + (SELECT number FROM everything)::float / greatest(1, count(m.id))) AS weight
    FROM automatos_words(%s) LEFT JOIN matches m USING (term) GROUP BY term),
wording AS (SELECT id, score / (SELECT sum(weight) FROM weights) AS share
    FROM (SELECT id, sum(weight) AS score FROM matches JOIN weights USING (term)
        GROUP BY id ORDER BY score DESC, id LIMIT {CANDIDATES}) AS best)"""  # noqa: S608 (constants only)
# How an index of the table holds a model's vectors (`models.Chunk`).
INDEXED = {model: f"halfvec({size})" for model, size in embeddings.DIMENSIONS.items()}


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
    """Where to look. agent_id: only its documents, or None for all. models: those of the vectors there.

    passages: how many there are.
    """

    workspace_id: UUID
    agent_id: UUID | None
    models: tuple[str, ...]
    keys: Credentials
    passages: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with its vector under each model; a model that did not answer is missing, and words alone decide."""

    text: str
    vectors: tuple[tuple[str, embeddings.Vector], ...]

    @property
    def words(self) -> str:
        """What passages are looked up by: its words and their parts."""
        return with_parts(self.text)


def documents_in(workspace_id: UUID, agent_id: UUID | None) -> QuerySet[Document]:
    """The documents that can be searched: all of the workspace, or those an agent may look things up in."""
    rows = Document.objects.filter(workspace_id=workspace_id, deleted_at=None).exclude(chunk_count=0)
    return rows if agent_id is None else rows.filter(agent_documents__agent_id=agent_id)


def scope_of(workspace_id: UUID, agent_id: UUID | None = None) -> Scope:
    """The scope, read from the database."""
    with workspace_scope(workspace_id):
        rows = documents_in(workspace_id, agent_id).values("embedding_model").annotate(passages=Sum("chunk_count"))
        found = dict(rows.order_by("embedding_model").values_list("embedding_model", "passages"))
        return _scope(workspace_id, agent_id, found)


def memory_scope(workspace_id: UUID) -> Scope:
    """The scope of what is remembered."""
    with workspace_scope(workspace_id):
        rows = Memory.objects.filter(workspace_id=workspace_id).values("embedding_model").annotate(number=Count("pk"))
        found = dict(rows.order_by("embedding_model").values_list("embedding_model", "number"))
        return _scope(workspace_id, None, found)


def _scope(workspace_id: UUID, agent_id: UUID | None, passages: Mapping[str, int]) -> Scope:
    models = tuple(model for model in passages if model)
    keys = keys_of(workspace_id) if embeddings.OPENAI in models else {}
    return Scope(workspace_id, agent_id, models, keys, sum(passages.values()))


def asked(query: str, scope: Scope) -> Asked:
    """The query, embedded with the models of what it searches. Outside of a transaction: a vendor may be asked."""
    text = query.replace("\x00", " ").strip()[:LONGEST_QUERY]
    vectors = []
    for model in scope.models:
        try:
            vectors.append((model, embed([text], model, scope.keys, scope.workspace_id)[0]))
        except ModelError:
            continue
    return Asked(text, tuple(vectors))


def search(scope: Scope, query: Asked, limit: int = 5, way: Way = "fused") -> list[Hit]:
    """The passages that fit best, best first."""
    if not query.text or (way == "meaning" and not query.vectors):
        return []
    statement, parameters = statement_of(scope, query, limit, way)
    with workspace_scope(scope.workspace_id), connection.cursor() as cursor:
        cursor.execute(WALK)
        cursor.execute(statement, parameters)
        return [Hit(*row) for row in cursor.fetchall()]


def statement_of(scope: Scope, query: Asked, limit: int, way: Way = "fused") -> tuple[str, list[Any]]:
    """What `search` asks the database, and its parameters."""
    inside = (
        "inside AS MATERIALIZED (SELECT d.id, d.title, d.chunk_count FROM documents d "
        "WHERE d.workspace_id = %s AND d.deleted_at IS NULL "
        "AND (%s::uuid IS NULL OR d.id IN (SELECT document_id FROM agent_documents WHERE agent_id = %s)))"
    )
    meanings = [] if way == "words" else [_nearest_chunks(scope, model, vector) for model, vector in query.vectors]
    wording = None if way == "meaning" else _wording(Part(CHUNK_MATCHES, (query.words,)), query.words)
    likes = [] if way == "words" else [_likeness("chunks", model, vector) for model, vector in query.vectors]
    fused = _fused(meanings, wording, likes)
    statement = (
        f"WITH {inside}, {fused.sql} SELECT c.document_id, i.title, c.position, c.heading, c.text, f.score::float "  # noqa: S608
        "FROM fused f JOIN chunks c ON c.id = f.id JOIN inside i ON i.id = c.document_id "
        "ORDER BY f.score DESC, c.id LIMIT %s"
    )
    return statement, [scope.workspace_id, scope.agent_id, scope.agent_id, *fused.parameters, min(limit, MOST)]


def search_memories(scope: Scope, query: Asked, limit: int) -> list[Memory]:
    """What is remembered and fits best, best first."""
    if not query.text:
        return []
    ids = (scope.workspace_id,)
    within = Part("memories WHERE workspace_id = %s AND (expires_at IS NULL OR expires_at > now())", ids)
    meanings = [_nearest(within, "vector", model, vector) for model, vector in query.vectors]
    wording = _wording(Part(MEMORY_MATCHES, (query.text, *ids, *ids)), query.text)
    fused = _fused(meanings, wording, [_likeness("memories", model, vector) for model, vector in query.vectors])
    statement = f"WITH {fused.sql} SELECT id FROM fused ORDER BY score DESC, id LIMIT %s"  # noqa: S608 (constants only)
    with workspace_scope(scope.workspace_id), connection.cursor() as cursor:
        cursor.execute(statement, [*fused.parameters, min(limit, MOST)])
        found = [row[0] for row in cursor.fetchall()]
        rows = {row.pk: row for row in Memory.objects.filter(pk__in=found).select_related("agent")}
    return [rows[pk] for pk in found if pk in rows]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a statement and its parameters."""

    sql: str
    parameters: tuple[Any, ...]


def _nearest_chunks(scope: Scope, model: str, vector: embeddings.Vector) -> Part:
    if scope.passages > EXACT:
        # The documents to leave out, and not those to look in: PostgreSQL would believe that these are few, fetch their
        # passages by document and compare them all.
        outside = "SELECT id FROM documents WHERE workspace_id = %s AND id NOT IN (SELECT id FROM inside)"
        within = f"chunks WHERE workspace_id = %s AND document_id <> ALL(ARRAY({outside}))"
        return _nearest(Part(within, (scope.workspace_id, scope.workspace_id)), INDEXED[model], model, vector)
    within = "chunks WHERE workspace_id = %s AND document_id IN (SELECT id FROM inside)"
    return _nearest(Part(within, (scope.workspace_id,)), "vector", model, vector)


def _nearest(within: Part, kind: str, model: str, vector: embeddings.Vector) -> Part:
    """The rows nearest to the vector, ranked. kind: the type to compare in; that of an index makes it be used."""
    # The model is one of our constants; named in the text it is seen to be the one that a partial index is for. The
    # index gives rows nearly in order, and + 0 keeps PostgreSQL from believing that they need not be sorted again.
    statement = (
        "SELECT id, 1 - (distance + 0) AS likeness FROM ("  # noqa: S608
        f"SELECT id, embedding::{kind} <=> %s::{kind} AS distance FROM {within.sql} "
        f"AND embedding_model = '{model}' ORDER BY distance LIMIT {CANDIDATES}) AS nearest"
    )
    return Part(statement, (str(vector), *within.parameters))


def _likeness(table: str, model: str, vector: embeddings.Vector) -> Part:
    """How near those are that words have found, of which meaning alone may have missed some."""
    statement = (
        f"SELECT t.id, 1 - (t.embedding <=> %s::vector) AS likeness FROM {table} t JOIN wording w ON w.id = t.id "  # noqa: S608
        f"WHERE t.embedding_model = '{model}'"
    )
    return Part(statement, (str(vector),))


def _wording(matches: Part, words: str) -> Part:
    return Part(f"{matches.sql}, {WORDING}", (*matches.parameters, words))


def _fused(meanings: Sequence[Part], wording: Part | None, likes: Sequence[Part]) -> Part:
    """The common table expressions up to `fused` (id, score)."""
    parts = [wording] if wording else []
    near = [*meanings, *likes] if wording else [*meanings]
    parts += [Part(f"near{number} AS ({part.sql})", part.parameters) for number, part in enumerate(near)]
    lists = [f"SELECT id, likeness, 0.0 AS share FROM near{number}" for number in range(len(near))]  # noqa: S608
    lists += ["SELECT id, 0.0 AS likeness, share FROM wording"] if wording else []
    both = " UNION ALL ".join(lists)
    score = f"max(likeness) + {WORDS_WEIGHT} * max(share)"
    parts.append(Part(f"fused AS (SELECT id, {score} AS score FROM ({both}) AS found GROUP BY id)", ()))  # noqa: S608
    return Part(", ".join(part.sql for part in parts), tuple(value for part in parts for value in part.parameters))


def titles_of(hits: Sequence[Hit]) -> list[str]:
    """The documents found in, each once."""
    return list(dict.fromkeys(hit.title for hit in hits))
