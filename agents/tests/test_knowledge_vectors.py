"""Which model makes the vectors: OpenAI's where there is a key, else the local one; its name is kept with each vector.

OpenAI is a server on loopback that speaks its wire.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.db import connections
from django.utils import timezone

from agents.knowledge import ingest as knowledge_ingest
from agents.knowledge import search as knowledge_search
from agents.knowledge import tasks as knowledge_tasks
from agents.models import Chunk, Document
from automatos.llm.embeddings import LOCAL, OPENAI
from workspaces.models import Workspace
from workspaces.tests.credential_kit import SECRET, made, stocked_company
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@dataclass
class Embedder:
    """Answers POST /v1/embeddings. asked: key and body of each request; size: of its vectors; status: 200 or worse.

    meanwhile: done while the first request is answered.
    """

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    size: int = 1536
    status: int = 200
    meanwhile: Callable[[], object] = lambda: None

    def answer(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((key, body))
        if len(self.asked) == 1:
            self.meanwhile()
            connections.close_all()
        rows = [self.row(number, text, body.get("encoding_format")) for number, text in enumerate(body["input"])]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        # In an order of its own: the index of each row counts.
        return {"object": "list", "model": body["model"], "data": rows[::-1], "usage": usage}

    def row(self, number: int, text: str, encoding: str | None) -> dict[str, Any]:
        """A vector with a place for each word, so that texts with the same words are near each other."""
        vector = np.zeros(self.size, dtype="<f4")
        for word in re.findall(r"\w+", text.lower()):
            vector[int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.size] += 1
        vector /= max(float(np.linalg.norm(vector)), 1e-9)
        packed = base64.b64encode(vector.tobytes()).decode() if encoding == "base64" else vector.tolist()
        return {"object": "embedding", "index": number, "embedding": packed}


@pytest.fixture
def embedder(settings: Any) -> Iterator[Embedder]:
    """The server, where OPENAI_BASE_URL says; there is no key for it yet."""
    served = Embedder()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = self.headers["Authorization"].removeprefix("Bearer ")
            content = json.dumps(served.answer(key, body) if served.status == 200 else {"error": {"message": "no"}})
            self.send_response(served.status if self.path == "/v1/embeddings" else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{server.server_port}/v1"
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def read(company: Company, document_id: str) -> Document:
    knowledge_ingest.run_read(company.workspace.pk, UUID(document_id))
    return Document.objects.get(pk=document_id)


def added(company: Company, text: str = "# Meals\nThe allowance is 38 euros.") -> Document:
    status, row = company.editor.post("/api/documents", {"title": "Rules", "text": text})
    assert status == 201, row
    return read(company, row["id"])


def models_of(document: Document) -> set[str]:
    """What the rows say their vectors are of, and how long those are."""
    rows = Chunk.objects.filter(document=document)
    assert {len(row.embedding) for row in rows} == {1536 if document.embedding_model == OPENAI else 512}
    return {document.embedding_model, *rows.values_list("embedding_model", flat=True)}


def by_meaning(company: Company, question: str) -> list[str]:
    scope = knowledge_search.scope_of(company.workspace.pk)
    hits = knowledge_search.search(scope, knowledge_search.asked(question, scope), 5, "meaning")
    return [hit.text for hit in hits]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["document", "workspace"])
def test_what_is_deleted_while_it_is_embedded_is_not_paid_on(embedder: Embedder, settings: Any, what: str) -> None:
    settings.OPENAI_API_KEY = "sk-installation"
    company = Company()
    text = "\n\n".join(f"# Rule {number}\n" + "The allowance is 38 euros. " * 30 for number in range(200))
    _, row = company.editor.post("/api/documents", {"title": "Rules", "text": text})
    path = f"/api/documents/{row['id']}" if what == "document" else f"/api/workspaces/{company.workspace.pk}"
    embedder.meanwhile = lambda: company.owner.delete(path)
    document = read(company, row["id"])
    assert (len(embedder.asked), document.chunk_count) == (1, 0)
    # It is not begun again either, as long as nobody brings it back.
    Document.objects.update(updated_at=timezone.now() - timedelta(days=1))
    assert knowledge_ingest.begin_lost() == []
    read(company, row["id"])
    assert len(embedder.asked) == 1
    if what == "workspace":
        Workspace.objects.update(deleted_at=None)
        assert knowledge_ingest.begin_lost() == [(company.workspace.pk, document.pk)]
        assert read(company, row["id"]).status == "ready"


def test_with_the_installations_key_openai_makes_the_vectors(embedder: Embedder, settings: Any) -> None:
    settings.OPENAI_API_KEY = "sk-installation"
    company = Company()
    text = "\n\n".join(f"# Part {number}\nRule {number} is about topic{number}." for number in range(70))
    assert models_of(added(company, text)) == {OPENAI}
    assert [(key, len(body["input"])) for key, body in embedder.asked] == [
        ("sk-installation", 64),
        ("sk-installation", 6),
    ]
    assert embedder.asked[0][1]["model"] == "text-embedding-3-small"
    assert by_meaning(company, "topic69")[0] == "Rule 69 is about topic69."


def test_a_workspaces_own_key_pays_and_only_for_its_own(embedder: Embedder) -> None:
    company, other = stocked_company(), Company()
    made(company.admin)
    assert models_of(added(company)) == {OPENAI}
    assert models_of(added(other)) == {LOCAL}
    assert {key for key, _ in embedder.asked} == {SECRET}
    assert by_meaning(company, "the allowance")


@pytest.mark.parametrize(("status", "size"), [(401, 1536), (200, 8)])
def test_where_openai_does_not_help_the_local_model_does(
    embedder: Embedder, settings: Any, status: int, size: int
) -> None:
    settings.OPENAI_API_KEY, embedder.status, embedder.size = "sk-installation", status, size
    company = Company()
    assert models_of(added(company)) == {LOCAL}
    assert by_meaning(company, "how much for lunch")


def test_another_model_reads_everything_again_and_both_are_searched_meanwhile(
    embedder: Embedder, settings: Any
) -> None:
    company = Company()
    old, fresh = added(company), added(company, "Turbines weigh 46 kilograms.")
    settings.OPENAI_API_KEY = "sk-installation"
    Document.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(hours=7))
    knowledge_tasks.sweep_documents()
    assert [Document.objects.get(pk=one.pk).status for one in (old, fresh)] == ["waiting", "ready"]
    assert len(by_meaning(company, "the allowance")) == 2
    assert models_of(read(company, str(old.pk))) == {OPENAI}
    assert knowledge_search.scope_of(company.workspace.pk).models == (LOCAL, OPENAI)
    assert len(by_meaning(company, "the allowance")) == 2
    embedder.status = 500
    found = company.viewer.get("/api/documents/search?q=allowance")[1]["items"]
    assert "The allowance is 38 euros." in [hit["text"] for hit in found]
