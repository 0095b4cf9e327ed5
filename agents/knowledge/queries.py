"""Reads documents, memories, and which agent has what."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone

from agents.knowledge import search as knowledge_search
from agents.knowledge import site_pages
from agents.knowledge.differences import Change
from agents.knowledge.search import Hit
from agents.models import Agent, Chunk, Document, DocumentSite, Memory
from automatos.errors import NotFound
from workspaces.models import Workspace
from workspaces.purging import UNDO

BUSY = (Document.Status.WAITING, Document.Status.READING)
# A document that waits longer is waited for, but the page does not ask for it every second any more.
WATCHED = timedelta(minutes=10)


def documents_of(workspace: Workspace) -> QuerySet[Document]:
    """Newest first, without their texts; agent_count: how many agents have each."""
    agents = Count("agent_documents", filter=Q(agent_documents__agent__deleted_at=None))
    rows = Document.objects.filter(workspace=workspace, deleted_at=None).defer("text")
    return rows.select_related("created_by").annotate(agent_count=agents).order_by("-created_at", "-pk")


def deleted_documents_of(workspace: Workspace) -> QuerySet[Document]:
    """Those that can still be brought back, latest first."""
    oldest = timezone.now() - UNDO
    return Document.objects.filter(workspace=workspace, deleted_at__gt=oldest).defer("text").order_by("-deleted_at")


def document(*, workspace: Workspace, document_id: UUID) -> Document:
    """One document; NotFound when it is not in this workspace."""
    row = documents_of(workspace).filter(pk=document_id).first()
    if row is None:
        raise NotFound()
    return row


def text_of(document: Document, longest: int) -> str:
    """The beginning of its text."""
    rows = Document.objects.filter(pk=document.pk)
    return rows.annotate(start=Left("text", longest)).values_list("start", flat=True).get()


def chunks_of(document: Document) -> QuerySet[Chunk]:
    """Its passages in order, without their vectors."""
    return Chunk.objects.filter(document=document).defer("embedding", "words").order_by("position")


def agents_with(document: Document) -> QuerySet[Agent]:
    """The agents that have it, by name."""
    return Agent.objects.visible().filter(agent_documents__document=document).order_by("name")


def documents_of_agent(agent: Agent) -> QuerySet[Document]:
    """What the agent may look things up in, by title."""
    rows = Document.objects.filter(agent_documents__agent=agent, deleted_at=None)
    return rows.defer("text").order_by("title", "pk")


def sites_of(workspace: Workspace) -> QuerySet[DocumentSite]:
    """Newest first; page_count: the documents of each."""
    pages = Count("documents", filter=Q(documents__deleted_at=None))
    return DocumentSite.objects.filter(workspace=workspace).annotate(page_count=pages).order_by("-created_at", "-pk")


def site(*, workspace: Workspace, site_id: UUID) -> DocumentSite:
    """One website; NotFound when it is not in this workspace."""
    row = sites_of(workspace).filter(pk=site_id).first()
    if row is None:
        raise NotFound()
    return row


@dataclass(frozen=True, slots=True)
class SiteState:
    """The pages of a website by how they stand, and what its last refresh changed."""

    pages: int
    waiting: int
    failed: int
    added: int
    changed: int
    left_out_by_robots: int
    left_out_for_room: int


def state_of(site: DocumentSite) -> SiteState:
    """How its pages stand. added, changed: since it was last refreshed, beyond the first reading."""
    rows = Document.objects.filter(site=site, deleted_at=None)
    pages = list(rows.values_list("status", "created_at", "change"))
    since = site.refreshed_at
    is_first = since - site.created_at < timedelta(seconds=1)
    return SiteState(
        pages=len(pages),
        waiting=sum(status in BUSY for status, _, _ in pages),
        failed=sum(status == Document.Status.ERROR for status, _, _ in pages),
        added=0 if is_first else sum(created >= since for _, created, _ in pages),
        changed=sum(is_other_text(change, since) for _, _, change in pages),
        left_out_by_robots=site_pages.left_out(site, "robots"),
        left_out_for_room=site_pages.left_out(site, "room"),
    )


def is_other_text(change: Change | None, since: datetime) -> bool:
    """Whether a reading since then found another text."""
    if change is None or datetime.fromisoformat(change["at"]) < since:
        return False
    return bool(change["passages_added"] or change["passages_removed"])


def memories_of(workspace: Workspace) -> QuerySet[Memory]:
    """Newest first, without their vectors."""
    rows = Memory.objects.filter(workspace=workspace).select_related("agent")
    return rows.defer("embedding", "words").order_by("-created_at", "-pk")


def search(*, workspace: Workspace, query: str, agent: Agent | None = None, limit: int = 10) -> list[Hit]:
    """Passages of the workspace's documents, or of an agent's, best first."""
    scope = knowledge_search.scope_of(workspace.pk, agent.pk if agent else None)
    return knowledge_search.search(scope, knowledge_search.asked(query, scope), limit)


def is_watched(document: Document) -> bool:
    """Whether it may change within a moment."""
    return document.status in BUSY and timezone.now() - document.updated_at < WATCHED
