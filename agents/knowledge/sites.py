"""A website read page by page: which addresses belong to it, what its robots.txt allows, and what a page leads to."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.db.models import Q
from django.utils import timezone
from protego import Protego

from agents.knowledge.web_pages import page_at
from agents.models import Document, DocumentSite
from automatos import outside
from automatos.checking import unstorable_text
from automatos.errors import AppError, Conflict
from tools.documents import DocumentText
from workspaces.scope.tenancy import workspace_scope

# A column holds ten characters more: a slash may be added, and a host be written in another way.
LONGEST_URL = 1990
# Seconds that are waited between two pages because a robots.txt asks for it; 200 pages are read in 100 minutes then.
LONGEST_DELAY = 30.0
# By this name rules of a robots.txt may speak to us alone.
ROBOT = "Automatos"
ROBOTS = outside.Limits(seconds=15.0, max_bytes=500_000)
EVERYTHING = "User-agent: *\nAllow: /\n"
# What stands for rules that could not be fetched; a website that itself keeps everybody out writes no such comment.
NOTHING = "User-agent: *\nDisallow: /\n# could not be fetched\n"
NO_PAGE = re.compile(
    r"\.(png|jpe?g|gif|webp|svg|ico|bmp|tiff?|css|js|mjs|map|json|xml|rss|atom|woff2?|ttf|eot|zip|gz|tgz|bz2|xz|7z|rar|"
    r"exe|dmg|iso|deb|rpm|apk|jar|whl|mp3|mp4|m4a|webm|ogg|wav|avi|mov|docx?|xlsx?|pptx?)$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a website is read. first: where it begins; below: how its addresses begin; robots: its robots.txt."""

    first: str
    below: str
    robots: str

    def allow(self, url: str) -> bool:
        """Whether its robots.txt lets us read the address."""
        return bool(_parsed(self.robots).can_fetch(url, ROBOT))

    @property
    def delay(self) -> float:
        """Seconds between two pages that its robots.txt asks for, at most 30."""
        return min(_parsed(self.robots).crawl_delay(ROBOT) or 0.0, LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page that was read. url: where it stands after redirects; rules: of its website, which may begin there now.

    links: the addresses of the website that it leads to; forbidden: those that robots.txt keeps out.
    """

    url: str
    rules: Rules
    links: tuple[str, ...]
    forbidden: tuple[str, ...]


class Twin(AppError):
    """A page that leads to another one of its website, which is read by itself."""

    def __init__(self, page: SitePage) -> None:
        super().__init__(f"It leads to {page.url[:300]}, which is read by itself.")
        self.page = page


@lru_cache(maxsize=8)
def _parsed(robots: str) -> Protego:
    """The rules, read once for all addresses of a page: a robots.txt may be half a megabyte."""
    return Protego.parse(robots)


def tidied(url: str) -> str:
    """The address as pages are told apart by; empty for one that is no page's."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or len(url) > LONGEST_URL:
        return ""
    if unstorable_text(url):
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
    _require(url, rules)
    robots = {_origin(url): rules.robots}

    async def may_follow(to: str) -> None:
        """Each address on the way is asked for only if its own host's robots.txt lets us."""
        to = tidied(to) or to
        if _origin(to) not in robots:
            robots[_origin(to)] = await _robots(to)
        _require(to, replace(rules, robots=robots[_origin(to)]))

    given, last, links = await page_at(url, with_links=True, may_follow=may_follow)
    last = tidied(last) or url
    if url == rules.first and last != url:
        # The website begins where its first page leads; another host has rules of its own.
        rules = Rules(last, below_of(last), robots[_origin(last)])
    elif not belongs(last, rules.below):
        raise AppError(f"It leads to {last[:300]}, which does not belong to {rules.below}")
    _require(last, rules)
    allowed: dict[str, bool] = {}
    for link in _own(links, rules.below):
        if link not in allowed:
            allowed[link] = rules.allow(link)
    kept, out = (tuple(link for link, fits in allowed.items() if fits is wanted) for wanted in (True, False))
    return given, SitePage(last, rules, kept, out)


def _require(url: str, rules: Rules) -> None:
    if rules.robots == NOTHING:
        raise AppError("The website's robots.txt could not be fetched, so nothing of it is read. Read it again later.")
    if not rules.allow(url):
        raise AppError("The website's robots.txt asks programs not to read this page.")


def rules_of(document: Document) -> Rules | None:
    """The rules of the website that the document is a page of; they are fetched if they were not. In no transaction."""
    if document.site_id is None:
        return None
    with workspace_scope(document.workspace_id):
        site = DocumentSite.objects.filter(pk=document.site_id).first()
    if site is None:
        raise Conflict("Its website was deleted.")
    if site.robots is None:
        site.robots = asyncio.run(_robots(site.url))
        with workspace_scope(document.workspace_id):
            DocumentSite.objects.filter(pk=site.pk, robots=None).update(robots=site.robots)
    return Rules(site.url, site.below, site.robots)


def take_turn(document: Document, delay: float) -> bool:
    """Whether a page of its website may be asked for now; if so, the next one may in `delay` seconds."""
    now = timezone.now()
    with workspace_scope(document.workspace_id):
        free = DocumentSite.objects.filter(Q(next_page_at=None) | Q(next_page_at__lte=now), documents=document)
        return bool(free.update(next_page_at=now + timedelta(seconds=delay)))


def _origin(url: str) -> tuple[str, str]:
    parts: SplitResult = urlsplit(url)
    return parts.scheme, parts.netloc


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
