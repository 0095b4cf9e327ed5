"""A website read page by page: which addresses belong to it, what its robots.txt allows, and what a page leads to."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from protego import Protego

from agents.knowledge.kinds import LONGEST_TITLE
from agents.knowledge.web_pages import page_at
from agents.models import Document, DocumentSite
from automatos import outside
from automatos.errors import AppError
from tools.documents import DocumentText
from workspaces.scope.tenancy import workspace_scope

LONGEST_URL = 2000
# By this name rules of a robots.txt may speak to us alone.
ROBOT = "Automatos"
ROBOTS = outside.Limits(seconds=15.0, max_bytes=500_000)
EVERYTHING, NOTHING = "User-agent: *\nAllow: /\n", "User-agent: *\nDisallow: /\n"
NO_PAGE = re.compile(
    r"\.(png|jpe?g|gif|webp|svg|ico|bmp|tiff?|css|js|mjs|map|json|xml|rss|atom|woff2?|ttf|eot|zip|gz|tgz|bz2|xz|7z|rar|"
    r"exe|dmg|iso|deb|rpm|apk|jar|whl|mp3|mp4|m4a|webm|ogg|wav|avi|mov|docx?|xlsx?|pptx?)$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class SitePage:
    """Where a page stands after redirects, and the addresses it leads to."""

    url: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a website is read. first: where it begins; below: how its addresses begin; robots: its robots.txt."""

    first: str
    below: str
    robots: str

    def allow(self, url: str) -> bool:
        """Whether its robots.txt lets us read the address."""
        return bool(Protego.parse(self.robots).can_fetch(url, ROBOT))


class Twin(AppError):
    """A page that leads to another one of its website, which is read by itself."""


def tidied(url: str) -> str:
    """The address as pages are told apart by; empty for one that is no page's."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or len(url) > LONGEST_URL:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port and port != {"http": 80, "https": 443}[parts.scheme]:
        host = f"{host}:{port}"
    return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))


def below_of(url: str) -> str:
    """The beginning that the addresses of its pages have: the folder of a file, else the address as a folder."""
    parts = urlsplit(tidied(url))
    folder, _, last = parts.path.rpartition("/")
    path = folder if "." in last else parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/", "", ""))


def belongs(url: str, below: str) -> bool:
    """Whether the address is of that host and below that path, over http or https."""
    ours, theirs = urlsplit(below), urlsplit(url)
    inside = theirs.path.startswith(ours.path) or theirs.path == ours.path.rstrip("/")
    # What goes up again is not below.
    up = any(part in ("..", "%2e%2e") for part in theirs.path.lower().split("/"))
    return theirs.netloc == ours.netloc and inside and not up


async def read_page(url: str, rules: Rules) -> tuple[DocumentText | bytes, SitePage]:
    """A page of a website, within its rules. Raises AppError with the reason."""
    if rules.robots == NOTHING:
        raise AppError("The website's robots.txt could not be fetched, so nothing of it is read. Read it again later.")
    if not rules.allow(url):
        raise AppError("The website's robots.txt asks programs not to read this page.")
    given, last, links = await page_at(url, with_links=True)
    last = tidied(last) or url
    if url != rules.first and not belongs(last, rules.below):
        raise AppError(f"It leads to {last[:300]}, which does not belong to {rules.below}")
    return given, SitePage(last, links)


def rules_of(document: Document) -> Rules | None:
    """The rules of the website that the document is a page of; they are fetched if they were not. In no transaction."""
    if document.site_id is None:
        return None
    with workspace_scope(document.workspace_id):
        site = DocumentSite.objects.get(pk=document.site_id)
    if site.robots is None:
        site.robots = asyncio.run(_robots(site.url))
        with workspace_scope(document.workspace_id):
            DocumentSite.objects.filter(pk=site.pk).update(robots=site.robots)
    return Rules(site.url, site.below, site.robots)


def hold(document: Document) -> None:
    """Keep others from changing its website until the transaction ends."""
    list(DocumentSite.objects.select_for_update(of=("self",)).filter(documents=document).values_list("pk"))


def follow(document: Document, page: SitePage) -> list[UUID]:
    """Take the pages of its website that this one leads to, as far as there is room: new documents, still unread.

    In the transaction that keeps the page and holds its website. Raises Twin for a page that another document is.
    """
    site = DocumentSite.objects.get(documents=document)
    if document.url == site.url and page.url != site.url:
        site.url, site.below = page.url, below_of(page.url)
    rows = Document.objects.filter(site=site)
    if page.url != document.url and rows.filter(url=page.url, deleted_at=None).exists():
        raise Twin(f"It leads to {page.url[:300]}, which is read by itself.")
    # A page that somebody deleted does not come back.
    known = {document.url, page.url, *rows.values_list("url", flat=True)}
    room = site.most_pages - rows.filter(deleted_at=None).count()
    rules, left_out = Rules(site.url, site.below, site.robots or EVERYTHING), Counter(site.left_out)
    new: list[str] = []
    for url in _own(page.links, site.below):
        if url in known:
            continue
        known.add(url)
        if not rules.allow(url):
            left_out["robots"] += 1
        elif len(new) >= room:
            left_out["room"] += 1
        else:
            new.append(url)
    site.left_out = dict(left_out)
    site.save(update_fields=["url", "below", "left_out"])
    return [page_of(site, url).pk for url in new]


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


def _own(links: Iterable[str], below: str) -> Iterable[str]:
    for link in links:
        url = tidied(link)
        if url and belongs(url, below) and not NO_PAGE.search(urlsplit(url).path):
            yield url


async def _robots(url: str) -> str:
    """The robots.txt of the address's host as RFC 9309 has it: without one all is allowed, when it fails nothing is."""
    parts = urlsplit(url)
    try:
        answer = await outside.get(urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", "")), limits=ROBOTS)
    except outside.TooMuch:
        return EVERYTHING
    except outside.OutsideError:
        return NOTHING
    if answer.status >= 500 or answer.status == 429:
        return NOTHING
    # What PostgreSQL cannot hold is no rule.
    return answer.text().replace("\x00", "") if answer.status < 300 else EVERYTHING
