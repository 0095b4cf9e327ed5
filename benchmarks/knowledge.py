"""How fast a large workspace's knowledge is read and searched: `python -m benchmarks.knowledge`.

Starts PostgreSQL and Valkey of its own in a folder that is thrown away. Reading is measured with the embedded model;
the many passages that are searched have texts of random words and mixtures of real vectors, since embedding them all
would take hours, and most of them are mixed by the database out of the first 2,000. Searches run as the product's own
role, under row-level security, beside another workspace.
"""

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from agents.knowledge.search import Asked, Scope, Way
    from agents.models import Document
    from workspaces.models import Workspace

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from automatos.llm.embeddings import LOCAL  # noqa: E402
from automatos.local import servers  # noqa: E402
from benchmarks.machine import describe_machine  # noqa: E402

PER_DOCUMENT = 100
WORDS_EACH = 130
# Documents of the agent whose searches are measured.
AGENT_DOCUMENTS = 20
# Passages of each workspace that are made one by one.
FIRST = 2_000


class Material:
    """Random passages: words as frequent as in English (Zipf), vectors between those of real sentences."""

    def __init__(self) -> None:
        from agents.tests import retrieval_held_out, retrieval_set
        from automatos.llm import embeddings

        both = (retrieval_set, retrieval_held_out)
        self.questions = [question for one in both for _, question in one.QUESTIONS]
        texts = [text for one in both for _, text in one.PASSAGES.values()]
        self.vectors = np.array(embeddings.embed(texts))
        known = sorted({word.strip(".,;:`'").lower() for text in texts for word in text.split()})
        self.vocabulary = known + [f"term{number}" for number in range(20_000)]
        self.random = np.random.default_rng(1)
        random.Random(1).shuffle(self.vocabulary)

    def text(self) -> str:
        """About a thousand characters."""
        places = self.random.zipf(1.2, WORDS_EACH) % len(self.vocabulary)
        return " ".join(self.vocabulary[place] for place in places)

    def vector(self) -> list[float]:
        """Of length 1, near two real ones."""
        one, two = self.vectors[self.random.integers(0, len(self.vectors), 2)]
        mixed = self.random.random() * one + self.random.random() * two + self.random.normal(0, 0.02, one.shape)
        return [float(number) for number in mixed / np.linalg.norm(mixed)]


def fill(workspace: "Workspace", material: Material, count: int) -> list["Document"]:
    """So many passages in documents of a hundred, kept as a worker keeps them."""
    from agents.knowledge.chunks import Passage
    from agents.knowledge.ingest import _keep
    from agents.knowledge.reading import Read
    from agents.models import Document
    from workspaces.scope.tenancy import workspace_scope

    documents = []
    for number in range(count // PER_DOCUMENT):
        found = [Passage(f"Part {part}", material.text()) for part in range(PER_DOCUMENT)]
        vectors = [material.vector() for _ in found]
        with workspace_scope(workspace.pk):
            document = Document.objects.create(workspace=workspace, title=f"Document {number}", kind="paste")
            _keep(document, Read("", "", found), LOCAL, vectors)
        documents.append(document)
    return documents


def multiply(workspace: "Workspace", count: int) -> None:
    """So many passages more, in documents of a hundred: texts of those there are, vectors between two of them."""
    from workspaces.scope.tenancy import Purpose, system_scope

    with system_scope(Purpose.OPERATOR), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents (id, workspace_id, title, kind, url, file, media_type, size, status, error, "
            "attempts, text, embedding_model, chunk_count, created_at, updated_at) "
            "SELECT gen_random_uuid(), %s, 'More ' || n, 'paste', '', '', '', 0, "
            "'ready', '', 0, '', %s, %s, now(), now() FROM generate_series(1, %s) n",
            [workspace.pk, LOCAL, PER_DOCUMENT, count // PER_DOCUMENT],
        )
        cursor.execute(
            "WITH known AS (SELECT row_number() OVER (ORDER BY id) AS n, * FROM chunks WHERE workspace_id = %s), "
            "more AS (SELECT id, row_number() OVER (ORDER BY id) AS m FROM documents WHERE title LIKE 'More %%' "
            "AND workspace_id = %s) "
            "INSERT INTO chunks (workspace_id, document_id, position, heading, text, embedding_model, embedding, "
            "words) SELECT a.workspace_id, more.id, p, a.heading, a.text, a.embedding_model, "
            "l2_normalize(a.embedding + b.embedding), a.words FROM more CROSS JOIN generate_series(1, %s) p "
            "JOIN known a ON a.n = 1 + (m * 7919 + p * 104729) %% (SELECT count(*) FROM known) "
            "JOIN known b ON b.n = 1 + (m * 15485863 + p * 31) %% (SELECT count(*) FROM known)",
            [workspace.pk, workspace.pk, PER_DOCUMENT],
        )


def bench_reading(workspace: "Workspace", material: Material) -> None:
    """A document of twenty full passages, read as a worker does, embedding included."""
    from agents.knowledge import ingest as knowledge_ingest
    from agents.models import Document
    from workspaces.scope.tenancy import workspace_scope

    text = "\n\n".join(f"# Part {part}\n{material.text()}" for part in range(20))
    with workspace_scope(workspace.pk):
        document = Document.objects.create(workspace=workspace, title="Read", kind="paste", text=text)
    began = time.monotonic()
    knowledge_ingest.run_read(workspace.pk, document.pk)
    seconds = time.monotonic() - began
    with workspace_scope(workspace.pk):
        document.refresh_from_db()
        count = document.chunk_count
        document.delete()
    print(f"reading {len(text):,} characters into {count} passages: {seconds:.1f} s, {count / seconds:.1f} passages/s")


def timed(run: Callable[[], object], times: int = 1) -> list[float]:
    """Milliseconds of each call."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def told(name: str, taken: Sequence[float]) -> None:
    print(f"{name}: p50 {statistics.median(taken):.0f} ms, p95 {sorted(taken)[int(len(taken) * 0.95)]:.0f} ms")


def bench_search(name: str, scope: "Scope", queries: Sequence["Asked"]) -> None:
    from agents.knowledge import search as knowledge_search

    ways: tuple[Way, ...] = ("meaning", "words", "fused")
    for way in ways:
        knowledge_search.search(scope, queries[0], 5, way)
        calls = [partial(knowledge_search.search, scope, query, 5, way) for query in queries]
        told(f"search {name}, {way}", [timed(call)[0] for call in calls])


def missed(scope: "Scope", queries: Sequence["Asked"]) -> None:
    """How many of the ten nearest passages the index finds that comparing one by one finds."""
    from agents.knowledge import search as knowledge_search

    found = 0
    exact = replace(scope, passages=0)
    for query in queries:
        ways = [knowledge_search.search(one, query, 10, "meaning") for one in (scope, exact)]
        # By place: the index compares in half precision, so the scores differ a little.
        near, exactly = ({(hit.document_id, hit.position) for hit in way} for way in ways)
        found += len(near & exactly)
    print(f"recall@10 of the index against comparing one by one: {found / (10 * len(queries)):.3f}")


def explained(scope: "Scope", query: "Asked") -> Iterator[str]:
    """The lines of the plan of a fused search that name what is scanned and how long it took."""
    from agents.knowledge import search as knowledge_search
    from workspaces.scope.tenancy import workspace_scope

    statement, parameters = knowledge_search.statement_of(scope, query, 5)
    with workspace_scope(scope.workspace_id), connection.cursor() as cursor:
        cursor.execute(knowledge_search.WALK)
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) {statement}", parameters)
        plan = [row[0] for row in cursor.fetchall()]
    yield from (line for line in plan if "Scan" in line or "Time:" in line)


def run(options: argparse.Namespace) -> None:
    from agents.knowledge import search as knowledge_search
    from agents.knowledge.services import give
    from recipes.tests.kit import Cast
    from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

    with system_scope(Purpose.OPERATOR):
        mine, other = Cast(), Cast()
    material = Material()
    bench_reading(mine.workspace, material)
    began = time.monotonic()
    documents = fill(mine.workspace, material, FIRST)
    print(f"keeping {FIRST:,} passages: {FIRST / (time.monotonic() - began):.0f} passages/s, making them included")
    fill(other.workspace, material, FIRST)
    for workspace, count in ((mine.workspace, options.passages), (other.workspace, options.others)):
        began = time.monotonic()
        multiply(workspace, count - FIRST)
        print(f"keeping {count - FIRST:,} more: {time.monotonic() - began:.0f} s")
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE chunks, documents")  # what PostgreSQL does by itself after a while
    with workspace_scope(mine.workspace.pk):
        give(workspace=mine.workspace, agent=mine.agent, document_ids=[one.pk for one in documents[:AGENT_DOCUMENTS]])
    whole = knowledge_search.scope_of(mine.workspace.pk)
    told("embedding a question", timed(lambda: knowledge_search.asked("how long can I be off", whole), 20))
    queries = [knowledge_search.asked(question, whole) for question in material.questions[: options.queries]]
    bench_search(f"{options.passages:,} passages", whole, queries)
    own = knowledge_search.scope_of(mine.workspace.pk, mine.agent.pk)
    missed(whole, queries)
    bench_search(f"an agent's {AGENT_DOCUMENTS * PER_DOCUMENT:,}", own, queries)
    print("\n".join(explained(whole, queries[0])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=50_000, help="in the workspace that is searched")
    parser.add_argument("--others", type=int, default=20_000, help="in another workspace")
    parser.add_argument("--queries", type=int, default=60)
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        print(describe_machine())
        run(options)
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
