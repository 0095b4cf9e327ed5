"""The pages of a website as rows: which new ones a page brings, which agents get them, which lead to others."""

from datetime import timedelta
from hashlib import blake2b
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from agents.knowledge.kinds import LONGEST_TITLE, MOST_OF_AGENT
from agents.knowledge.sites import Rules, SitePage, Twin
from agents.models import Agent, AgentDocument, Document, DocumentSite
from automatos.errors import AppError
from workspaces.audit import log as audit
from workspaces.limits.plans import release_storage

# Addresses that are told apart of those left out for one reason; of more nobody needs the number.
MOST_LEFT_OUT = 5_000
# Whoever reads a page of a website that asks for time has the next one read; past this without a page nobody does.
STALLED = timedelta(minutes=3)


def hold(document: Document) -> None:
    """Keep others from changing its website until the transaction ends."""
    list(DocumentSite.objects.select_for_update(of=("self",)).filter(documents=document).values_list("pk"))


def follow(document: Document, page: SitePage) -> list[UUID]:
    """Take the pages of its website that this one leads to, as far as there is room: new documents, still unread.

    In the transaction that keeps the page and holds its website. Raises Twin for a page that another document is, and
    AppError where the website leads to another one.
    """
    site = DocumentSite.objects.filter(documents=document).first()
    if site is None:  # deleted meanwhile, and the page brought back
        return []
    rows = Document.objects.filter(site=site)
    if page.url != document.url and rows.filter(url=page.url, deleted_at=None).exists():
        raise Twin(page)
    _begin_at(site, document, page)
    live = list(rows.filter(deleted_at=None).values_list("pk", flat=True))
    # A page that somebody deleted does not come back.
    known = {document.url, page.url, *rows.values_list("url", flat=True)}
    elsewhere, full = _left(site, "twin"), _left(site, "room")
    room, new = site.most_pages - len(live), list[str]()
    for url in page.links:
        if url in known or _mark(url) in elsewhere:
            continue
        if len(new) >= room:
            _note(full, url)
        else:
            full.pop(_mark(url), None)
            new.append(url)
    forbidden = _left(site, "robots")
    for url in page.forbidden:
        _note(forbidden, url)
    site.left_out = {"robots": list(forbidden), "room": list(full), "twin": list(elsewhere)}
    site.save(update_fields=["url", "below", "robots", "left_out"])
    made = [page_of(site, url) for url in new]
    _give(site, live, made)
    return [one.pk for one in made]


def drop_twin(row: Document, page: SitePage) -> None:
    """Remove a page that another document is, and remember its address, so that no other page brings it back.

    In the transaction that holds its website.
    """
    site = DocumentSite.objects.get(documents=row)
    _begin_at(site, row, page)
    elsewhere = _left(site, "twin")
    _note(elsewhere, row.url)
    site.left_out = {**site.left_out, "twin": list(elsewhere)}
    site.save(update_fields=["url", "below", "robots", "left_out"])
    release_storage(row.workspace, row.size)
    row.delete()


def page_of(site: DocumentSite, url: str) -> Document:
    """A new document for a page of the website."""
    return Document.objects.create(
        workspace_id=site.workspace_id,
        site=site,
        kind=Document.Kind.URL,
        url=url,
        title=url[:LONGEST_TITLE],
        created_by_id=site.created_by_id,
    )


def next_of(document: Document) -> list[UUID]:
    """The page of its website that waits longest, of one that is read a page at a time."""
    rows = Document.objects.filter(site_id=document.site_id, deleted_at=None, status=Document.Status.WAITING)
    return list(rows.order_by("created_at", "pk").values_list("pk", flat=True)[:1])


def in_turn(rows: QuerySet[Document]) -> QuerySet[Document]:
    """Those of the waiting documents that no other page's reading will bring about."""
    return rows.exclude(site__next_page_at__gt=timezone.now() - STALLED)


def left_out(site: DocumentSite, why: str) -> int:
    """How many addresses were not taken: `robots` or `room`. At most 5,000 are counted."""
    return len(_left(site, why))


def _begin_at(site: DocumentSite, document: Document, page: SitePage) -> None:
    """Where the first page leads, its website begins."""
    if document.url != site.url or page.url == site.url:
        return
    others = DocumentSite.objects.filter(Q(url=page.url) | Q(asked_url=page.url), workspace_id=site.workspace_id)
    if others.exclude(pk=site.pk).exists():
        raise AppError(f"It leads to {page.url[:300]}, a website that is there already. Delete this one.")
    rules: Rules = page.rules
    site.url, site.below, site.robots = rules.first, rules.below, rules.robots


def _give(site: DocumentSite, live: list[UUID], new: list[Document]) -> None:
    """An agent that has all pages of the website gets the new ones, as far as it may have more documents."""
    if not new:
        return
    has_all = AgentDocument.objects.filter(document_id__in=live).values("agent_id").annotate(had=Count("pk"))
    for agent in Agent.objects.filter(pk__in=has_all.filter(had=len(live)).values("agent_id")).order_by("pk"):
        room = MOST_OF_AGENT - AgentDocument.objects.filter(agent=agent, document__deleted_at=None).count()
        given = new[: max(room, 0)]
        AgentDocument.objects.bulk_create(
            [AgentDocument(agent=agent, document=page) for page in given], ignore_conflicts=True
        )
        audit.record(
            "agent.documents_changed",
            workspace_id=site.workspace_id,
            target=("agent", agent.pk, agent.name),
            after={"website": site.url, "new_pages": [page.url for page in given]},
        )


def _left(site: DocumentSite, why: str) -> dict[str, None]:
    """The marks of addresses that were not taken for this reason. Rows of before have their number alone."""
    marks = site.left_out.get(why, [])
    return dict.fromkeys(marks if isinstance(marks, list) else ())


def _note(marks: dict[str, None], url: str) -> None:
    if len(marks) < MOST_LEFT_OUT:
        marks[_mark(url)] = None


def _mark(url: str) -> str:
    return blake2b(url.encode(), digest_size=8).hexdigest()
