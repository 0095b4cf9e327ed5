"""Documents come, change, are given to agents and go; memories go. Each change stands in the audit log."""

import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.utils import timezone

from agents.knowledge.kinds import LONGEST_TITLE, MOST_OF_AGENT, check_length, has_encoding
from agents.knowledge.tasks import send_read
from agents.models import Agent, AgentDocument, Document, Memory
from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict, NotFound, wrong_field
from automatos.llm import embeddings
from automatos.rows import locked
from tools.documents import ENCODINGS
from workspaces.audit import log as audit
from workspaces.limits.plans import release_storage, require_storage
from workspaces.models import User, Workspace
from workspaces.purging import UNDO

LONGEST_URL = 2000
LONGEST_MEMORY = 4_000


def paste(*, workspace: Workspace, user: User | None, text: str, title: str) -> Document:
    """Keep a text and have it read. Raises InvalidInput naming `text` or `title`."""
    title = checked_title(title)
    check_length(text)
    if not text.strip():
        raise wrong_field("text", "Paste the text here; it may not be empty.")
    size = len(text.encode())
    document = Document(
        workspace=workspace, title=title, kind=Document.Kind.PASTE, media_type="text/markdown", size=size, text=text
    )
    with transaction.atomic():
        require_storage(workspace, size)
        return add(document, user)


def add_page(*, workspace: Workspace, user: User | None, url: str, title: str = "") -> Document:
    """Have a web page fetched and read. Raises InvalidInput naming `url` or `title`."""
    url = url.strip()
    problems = Problems()
    problems.text("url", url, longest=LONGEST_URL, required=True)
    problems.raise_any()
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits:
        raise wrong_field("url", "Write the full address, beginning with https://.")
    document = Document(
        workspace=workspace, title=checked_title(title or url[:LONGEST_TITLE]), kind=Document.Kind.URL, url=url
    )
    with transaction.atomic():
        return add(document, user)


def rename(*, workspace: Workspace, document_id: UUID, title: str) -> Document:
    """Another title."""
    title = checked_title(title)
    with transaction.atomic():
        document = _locked(workspace, document_id)
        before, document.title, document.updated_at = document.title, title, timezone.now()
        document.save(update_fields=["title", "updated_at"])
        audit.record_row("document.updated", document, before={"title": before}, after={"title": title})
    return document


def refresh(*, workspace: Workspace, document_id: UUID, encoding: str | None = None) -> Document:
    """Read it again: a page is fetched anew. encoding: what a file's letters are in; empty to find it.

    Raises InvalidInput naming `encoding`, Conflict while it is being read.
    """
    with transaction.atomic():
        document = _locked(workspace, document_id)
        if document.status in (Document.Status.WAITING, Document.Status.READING):
            raise Conflict(f"{document.title} is being read already. Wait until it is done.")
        document.status, document.error, document.attempts = Document.Status.WAITING, "", 0
        document.updated_at, document.reading_since = timezone.now(), None
        after = _choose_encoding(document, encoding) if encoding is not None else None
        document.save(
            update_fields=[
                *("status", "error", "attempts", "updated_at", "reading_since", "encoding", "is_encoding_chosen")
            ]
        )
        audit.record_row("document.refreshed", document, after=after)
        after_commit(lambda: send_read(document.workspace_id, document.pk))
    return document


def delete(*, workspace: Workspace, document_id: UUID) -> Document:
    """Out of sight and out of every search at once, and its room free; for 30 days it can be brought back."""
    with transaction.atomic():
        document = _locked(workspace, document_id)
        release_storage(workspace, document.size)
        document.deleted_at = timezone.now()
        document.save(update_fields=["deleted_at"])
        audit.record_row("document.deleted", document, before={"title": document.title})
    return document


def restore(*, workspace: Workspace, document_id: UUID) -> Document:
    """Back where it was, also with the agents that had it. Raises PlanLimit without room for it."""
    with transaction.atomic():
        rows = Document.objects.select_for_update(of=("self",))
        oldest = timezone.now() - UNDO
        document = rows.filter(workspace=workspace, pk=document_id, deleted_at__gt=oldest).first()
        if document is None:
            raise NotFound()
        require_storage(workspace, document.size)
        document.deleted_at, document.reading_since = None, None
        if document.status == Document.Status.READING:
            document.status = Document.Status.WAITING
        document.updated_at = timezone.now()
        document.save(update_fields=["deleted_at", "reading_since", "status", "updated_at"])
        audit.record_row("document.restored", document)
        if document.status == Document.Status.WAITING:
            after_commit(lambda: send_read(document.workspace_id, document.pk))
    return document


def give(*, workspace: Workspace, agent: Agent, document_ids: Sequence[UUID]) -> None:
    """Exactly these documents are the agent's. Raises InvalidInput naming `document_ids` for one that is not there."""
    wanted = set(document_ids)
    if len(wanted) > MOST_OF_AGENT:
        raise wrong_field("document_ids", f"An agent has at most {MOST_OF_AGENT} documents; these are {len(wanted)}.")
    with transaction.atomic():
        Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
        rows = Document.objects.filter(workspace=workspace, pk__in=wanted, deleted_at=None)
        found = dict(rows.values_list("pk", "title"))
        if missing := wanted - found.keys():
            raise wrong_field("document_ids", f"There is no document {min(map(str, missing))} in this workspace.")
        has = AgentDocument.objects.filter(agent=agent, document__deleted_at=None)
        before = dict(has.values_list("document_id", "document__title"))
        has.exclude(document_id__in=wanted).delete()
        AgentDocument.objects.bulk_create(
            [AgentDocument(agent=agent, document_id=pk) for pk in wanted - before.keys()], ignore_conflicts=True
        )
        if before.keys() != wanted:
            audit.record(
                "agent.documents_changed",
                workspace_id=workspace.pk,
                target=("agent", agent.pk, agent.name),
                before={"documents": sorted(before.values())},
                after={"documents": sorted(found.values())},
            )


def change_memory(*, workspace: Workspace, memory_id: UUID, text: str) -> Memory:
    """A memory with another text, found by it from now on. Where untrusted text in it came from stays noted."""
    with transaction.atomic():
        memory = locked(Memory.objects.filter(workspace=workspace), pk=memory_id)
        problems = Problems()
        cleaned = problems.text("text", text, longest=LONGEST_MEMORY, required=True)
        problems.raise_any()
        before = {"text": memory.text}
        memory.text, memory.is_edited = cleaned, True
        # On this machine: nothing that waits on a network belongs into a request.
        memory.embedding_model, memory.embedding = embeddings.LOCAL, embeddings.embed([cleaned])[0]
        memory.save(update_fields=["text", "is_edited", "embedding_model", "embedding"])
        Memory.objects.filter(pk=memory.pk).update(words=SearchVector("text", config="english"))
        target = ("memory", memory.pk, cleaned[:60])
        audit.record("memory.changed", workspace_id=workspace.pk, target=target, before=before, after={"text": cleaned})
    return memory


def forget(*, workspace: Workspace, memory_id: UUID) -> None:
    """Delete a memory for good; its text stands in the audit log only by its beginning."""
    with transaction.atomic():
        memory = Memory.objects.filter(workspace=workspace, pk=memory_id).first()
        if memory is None:
            raise NotFound()
        name = memory.text[:60]
        memory.delete()
        audit.record("memory.deleted", workspace_id=workspace.pk, target=("memory", memory_id, name))


def add(document: Document, user: User | None) -> Document:
    """Keep a new document and have it read."""
    document.created_by = user
    document.save(force_insert=True)
    after = {"title": document.title, "kind": document.kind, "size": document.size, "url": document.url}
    audit.record_row("document.created", document, after=after)
    after_commit(lambda: send_read(document.workspace_id, document.pk))
    return document


def checked_title(title: str) -> str:
    """The title as it is kept; raises InvalidInput naming `title`."""
    problems = Problems()
    title = problems.text("title", unicodedata.normalize("NFC", title), longest=LONGEST_TITLE, required=True)
    problems.raise_any()
    return title


def _choose_encoding(document: Document, encoding: str) -> dict[str, str]:
    if not has_encoding(document):
        raise wrong_field("encoding", "Only a file of letters has an encoding; this document is none.")
    if encoding and encoding not in ENCODINGS:
        raise wrong_field("encoding", f"Choose one of these: {', '.join(ENCODINGS)}; or none, to have it found.")
    document.encoding, document.is_encoding_chosen = encoding, bool(encoding)
    return {"encoding": encoding or "found"}


def _locked(workspace: Workspace, document_id: UUID) -> Document:
    return locked(Document.objects.filter(workspace=workspace), pk=document_id, deleted_at=None)
