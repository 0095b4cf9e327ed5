"""Websites come, are read anew and go; their pages are documents."""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from agents.knowledge import site_pages, sites
from agents.knowledge.ingest import SECONDS_APART
from agents.knowledge.sites import LONGEST_URL
from agents.knowledge.tasks import send_read
from agents.models import Document, DocumentSite
from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.rows import locked
from workspaces.audit import log as audit
from workspaces.limits.plans import release_storage
from workspaces.models import User, Workspace

MOST_PAGES, USUAL_PAGES = 200, 50
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def add_site(*, workspace: Workspace, user: User | None, url: str, most_pages: int = USUAL_PAGES) -> DocumentSite:
    """Have a page read and, by and by, the pages below its address that it leads to; one that is there is refreshed.

    most_pages: 1 to 200. Raises InvalidInput naming `url` or `most_pages`.
    """
    problems = Problems()
    address = sites.tidied(problems.text("url", url.strip(), longest=LONGEST_URL, required=True))
    problems.number("most_pages", most_pages, low=1, high=MOST_PAGES)
    if url.strip() and not address:
        problems.add("url", "Write the full address, beginning with https://.")
    problems.raise_any()
    with transaction.atomic():
        # Two that add the same address at once make one website. No row is held for it: whoever keeps a page holds the
        # website before its workspace.
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [f"website:{workspace.pk}:{address}"])
        same = Q(url=address) | Q(asked_url=address)
        there = DocumentSite.objects.filter(same, workspace=workspace).order_by("created_at").first()
        if there is not None:
            return refresh_site(workspace=workspace, site_id=there.pk, most_pages=most_pages)
        site = DocumentSite.objects.create(
            workspace=workspace,
            url=address,
            asked_url=address,
            below=sites.below_of(address),
            most_pages=most_pages,
            created_by=user,
        )
        page = site_pages.page_of(site, address)
        audit.record_row("document_site.created", site, after={"url": address, "most_pages": most_pages})
        after_commit(lambda: send_read(workspace.pk, page.pk))
    return site


def refresh_site(*, workspace: Workspace, site_id: UUID, most_pages: int | None = None) -> DocumentSite:
    """Read all its pages again, and those they lead to by now. Each keeps its text of before until it is read."""
    with transaction.atomic():
        site = locked(DocumentSite.objects.filter(workspace=workspace), pk=site_id)
        site.refreshed_at, site.robots, site.left_out = timezone.now(), None, {}
        site.most_pages = most_pages or site.most_pages
        site.save(update_fields=["refreshed_at", "robots", "left_out", "most_pages"])
        pages = Document.objects.filter(site=site, deleted_at=None)
        ids = list(pages.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
        if not pages.filter(url=site.url).exists():
            Document.objects.filter(site=site, url=site.url).update(site=None)
            ids.append(site_pages.page_of(site, site.url).pk)
        Document.objects.filter(pk__in=ids).update(
            status=Document.Status.WAITING, error="", attempts=0, reading_since=None, updated_at=site.refreshed_at
        )
        audit.record_row("document_site.refreshed", site, after={"pages": len(ids)})
        after_commit(lambda: _send(workspace.pk, ids))
    return site


def delete_site(*, workspace: Workspace, site_id: UUID) -> None:
    """Out of sight with all its pages, which can be brought back one by one for 30 days."""
    with transaction.atomic():
        site = locked(DocumentSite.objects.filter(workspace=workspace), pk=site_id)
        pages = Document.objects.filter(site=site, deleted_at=None)
        sizes = list(pages.select_for_update(of=("self",)).order_by("pk").values_list("size", flat=True))
        release_storage(workspace, sum(sizes))
        pages.update(deleted_at=timezone.now())
        audit.record_row("document_site.deleted", site, before={"url": site.url, "pages": len(sizes)})
        # The pages forget it by an update, which the policies of both tables see.
        Document.objects.filter(site=site).update(site=None)
        site.delete()


def _send(workspace_id: UUID, ids: list[UUID]) -> None:
    for number, document_id in enumerate(ids):
        send_read(workspace_id, document_id, later=number * SECONDS_APART)
