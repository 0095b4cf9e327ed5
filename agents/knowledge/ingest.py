"""A worker reads a document: its text, its passages, a vector for each; and what a lost worker left is begun again."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.contrib.postgres.search import SearchVector
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.utils import timezone

from agents.knowledge import site_pages, sites
from agents.knowledge.chunks import Passage
from agents.knowledge.differences import change_of
from agents.knowledge.keys import keys_of
from agents.knowledge.reading import Read, read
from agents.knowledge.words import with_parts
from agents.models import Chunk, Document
from automatos.errors import AppError
from automatos.llm import embeddings
from automatos.llm.errors import ModelError
from automatos.llm.registry import Credentials
from automatos.storage import objects
from workspaces.budgets.gate import embed
from workspaces.credentials.provider_keys import kept_for
from workspaces.limits.plans import release_storage, require_storage
from workspaces.models import Workspace
from workspaces.purging import UNDO
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)


class _NotWanted(Exception):
    """The document, or its workspace, was deleted meanwhile, or the document is read anew."""


# No part of reading or embedding takes longer; past this without a word a worker was lost.
READ_SECONDS = 600
# A message is lost when nobody began after so many seconds.
WAIT_SECONDS = 60
MOST_ATTEMPTS = 3
AT_ONCE = 20
# Another model is tried for a document at most once in this time.
AGAIN = timedelta(hours=6)
LOST = "Reading it was cut off three times, so it may be too much for this installation. Split it, or try again."
BROKEN = "Reading it failed; this was noted for the operator. Try again later."


# Between the pages of one website, so that it is not asked for all at once.
SECONDS_APART = 0.5


def run_read(workspace_id: UUID, document_id: UUID) -> list[tuple[UUID, float]]:
    """Read a waiting document. Nothing is fetched, parsed or embedded inside of a transaction.

    Gives documents to be read next and in how many seconds each, as a page of a website leads to others.
    """
    with workspace_scope(workspace_id):
        document = _begun(workspace_id, document_id)
        if document is None:
            return []
        keys = keys_of(workspace_id)
    delay, more = 0.0, list[UUID]()
    try:
        rules = sites.rules_of(document)
        delay = rules.delay if rules else 0.0
        if delay > SECONDS_APART and not sites.take_turn(document, delay):
            _put_back(document)
            return []
        found = read(document, partial(_progress, document), rules)
        model, vectors = _embedded(document, found, keys, partial(_go_on, document))
        with workspace_scope(workspace_id):
            more = _keep(document, found, model, vectors)
    except sites.Twin as twin:
        with workspace_scope(workspace_id):
            site_pages.hold(document)
            for row in _still(document).select_for_update(of=("self",)):
                site_pages.drop_twin(row, twin.page)
    except _NotWanted:
        # Of a deleted workspace it waits, in case that is brought back.
        _put_back(document)
    except AppError as known:
        _failed(document, known.message)
    except Exception:
        logger.exception("Reading the document %s broke", document_id)
        _failed(document, BROKEN)
    if delay <= SECONDS_APART:
        return [(pk, number * SECONDS_APART) for number, pk in enumerate(more, 1)]
    with workspace_scope(workspace_id):
        return [(pk, delay) for pk in site_pages.next_of(document)]


def _failed(document: Document, error: str) -> None:
    with workspace_scope(document.workspace_id):
        _still(document).update(
            status=Document.Status.ERROR, error=error, reading_since=None, updated_at=timezone.now()
        )


def _put_back(document: Document) -> None:
    """It waits again: another page of its website is read just now, or nobody wants it while it is deleted."""
    with workspace_scope(document.workspace_id):
        _still(document).update(
            status=Document.Status.WAITING, reading_since=None, attempts=F("attempts") - 1, updated_at=timezone.now()
        )


def _begun(workspace_id: UUID, document_id: UUID) -> Document | None:
    """The document, now being read by us; None when it is not waiting any more."""
    now = timezone.now()
    own = Document.objects.filter(workspace_id=workspace_id, pk=document_id)
    if not Workspace.objects.filter(pk=workspace_id, deleted_at=None).exists():
        return None
    begun = own.filter(deleted_at=None, status=Document.Status.WAITING).update(
        status=Document.Status.READING,
        reading_since=now,
        updated_at=now,
        attempts=F("attempts") + 1,
        error="",
        pages_read=0,
    )
    return own.get() if begun else None


def _embedded(
    document: Document, found: Read, keys: Credentials, go_on: Callable[[], None]
) -> tuple[str, list[embeddings.Vector]]:
    """The model and a vector for each passage. Where the vendor does not answer, the local model does the work.

    go_on: asked before each part.
    """
    texts = [f"{document.title}\n{passage.heading}\n{passage.text}" for passage in found.passages]
    model = embeddings.preferred(keys)
    try:
        return model, embed(texts, model, keys, document.workspace_id, go_on)
    except ModelError as error:
        logger.warning("%s is not used for the document %s: %s", model, document.pk, error)
        return embeddings.LOCAL, embeddings.embed(texts, embeddings.LOCAL, before_each=go_on)


def _keep(document: Document, found: Read, model: str, vectors: list[embeddings.Vector]) -> list[UUID]:
    """In one transaction: the new passages in place of the old ones. Nothing when it was deleted or begun again.

    Gives documents that it leads to.
    """
    if found.site:
        # The website is held before its page, by whoever needs both.
        site_pages.hold(document)
    if not _still(document).select_for_update().exists():
        return []
    more = site_pages.follow(document, found.site) if found.site else []
    size = document.size
    if document.kind == Document.Kind.URL:
        size = len(found.text.encode())
        _count(document, size)
    change = change_of(document, found.text, found.passages)
    # Another embedding model alone changes nothing that people read.
    if change is None or (document.embedding_model != model and document.text == found.text):
        change = document.change
    Chunk.objects.filter(document=document).delete()
    Chunk.objects.bulk_create(
        [
            Chunk(
                workspace_id=document.workspace_id, document=document, position=position, heading=passage.heading,
                text=passage.text, embedding_model=model, embedding=vector, words=_words(passage),
            )
            for position, (passage, vector) in enumerate(zip(found.passages, vectors, strict=True), 1)
        ],
        batch_size=200,
    )  # fmt: skip
    url = found.site.url if found.site else document.url
    # A page without a name of its own is called by its address until its title is known.
    title = found.title[:200] if document.title == document.url[:200] and found.title else document.title
    _still(document).update(
        title=title, url=url, status=Document.Status.READY, text=found.text, size=size, embedding_model=model,
        chunk_count=len(found.passages), reading_since=None, updated_at=timezone.now(), attempts=0,
        encoding=found.encoding, notes=list(found.notes), pages=found.pages, pages_read=found.pages, change=change,
    )  # fmt: skip
    return more


def _progress(document: Document, done: int, pages: int) -> None:
    """Note how far the reading is; as `_go_on`."""
    _go_on(document, pages_read=done, pages=pages)


def _go_on(document: Document, **read: int) -> None:
    """Say that somebody is at it. Raises _NotWanted when it does not count any more, so that nobody reads on."""
    with workspace_scope(document.workspace_id):
        is_there = Workspace.objects.filter(pk=document.workspace_id, deleted_at=None).exists()
        if not is_there or not _still(document).update(updated_at=timezone.now(), **read):
            raise _NotWanted


def _words(passage: Passage) -> Combinable:
    """The words of a passage, written with its row: a second write would put the vector into its index again."""
    heading = SearchVector(Value(with_parts(passage.heading)), weight="A", config="english")
    return heading + SearchVector(Value(with_parts(passage.text)), weight="B", config="english")


def _count(document: Document, size: int) -> None:
    workspace = Workspace.objects.get(pk=document.workspace_id)
    if size > document.size:
        require_storage(workspace, size - document.size)
    elif size < document.size:
        release_storage(workspace, document.size - size)


def _still(document: Document) -> QuerySet[Document]:
    """The row as long as this worker's reading is the one that counts."""
    return Document.objects.filter(pk=document.pk, deleted_at=None, reading_since=document.reading_since)


def begin_lost() -> list[tuple[UUID, UUID]]:
    """Documents nobody reads although they wait: workspace and document of each; too many losses end in an error."""
    now = timezone.now()
    # Who reads a long document says so with each part.
    lost = Q(status=Document.Status.READING, updated_at__lt=now - timedelta(seconds=READ_SECONDS))
    with system_scope(Purpose.UPKEEP):
        rows = Document.objects.filter(lost, deleted_at=None)
        rows.filter(attempts__gte=MOST_ATTEMPTS).update(
            status=Document.Status.ERROR, error=LOST, reading_since=None, updated_at=now
        )
        rows.update(status=Document.Status.WAITING, reading_since=None)
        waiting = Document.objects.filter(
            status=Document.Status.WAITING, deleted_at=None, updated_at__lt=now - timedelta(seconds=WAIT_SECONDS),
            workspace__deleted_at=None,
        )  # fmt: skip
        return list(site_pages.in_turn(waiting).order_by("updated_at").values_list("workspace_id", "pk")[:AT_ONCE])


def begin_other_model() -> list[tuple[UUID, UUID]]:
    """Documents whose vectors are of another model than their workspace's texts get now: set waiting, and which."""
    due: list[tuple[UUID, UUID]] = []
    ready = Document.objects.filter(
        status=Document.Status.READY, deleted_at=None, updated_at__lt=timezone.now() - AGAIN, workspace__deleted_at=None
    )
    with system_scope(Purpose.UPKEEP):
        found = list(ready.values_list("workspace_id", "embedding_model").distinct()[:1000])
    for workspace_id, model in found:
        with workspace_scope(workspace_id):
            if model == embeddings.preferred(kept_for(workspace_id)):
                continue
            rows = ready.filter(workspace_id=workspace_id, embedding_model=model)
            ids = list(rows.exclude(kind=Document.Kind.URL).values_list("pk", flat=True)[:AT_ONCE])
            rows.filter(pk__in=ids).update(status=Document.Status.WAITING, attempts=0, updated_at=timezone.now())
            due += [(workspace_id, pk) for pk in ids]
    return due


def purge() -> int:
    """Remove documents whose 30 days of undo are over, with their files; how many."""
    with system_scope(Purpose.UPKEEP):
        gone = list(Document.objects.filter(deleted_at__lt=timezone.now() - UNDO)[:100])
        for document in gone:
            document.delete()
    for document in gone:
        if document.file:
            objects.remove(document.file)
    return len(gone)
