"""The apps' pictures, fetched through the guard once and served by us: no browser of ours asks a stranger for one."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from automatos import outside
from tools.models import ComposioAppCache, ComposioAppLogo, in_catalogue
from workspaces.scope.tenancy import Purpose, system_scope

LIMITS = outside.Limits(seconds=10.0, max_bytes=300_000, redirects=3)
AT_ONCE = 8
BATCH = 200
# One that failed is tried again after so long.
AGAIN = timedelta(days=3)
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
SVG = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture, or why there is none."""

    content: bytes = b""
    media_type: str = ""
    problem: str = ""


def fetch_missing(workspace_id: UUID | None) -> int:
    """Fetch the pictures that are missing or have another address by now; how many were tried."""
    due = _due(workspace_id)
    for start in range(0, len(due), BATCH):
        part = due[start : start + BATCH]
        fetched = asyncio.run(_all([url for _, url in part]))
        rows = [
            ComposioAppLogo(
                app_id=pk,
                workspace_id=workspace_id,
                url=url,
                media_type=found.media_type,
                content=found.content,
                problem=found.problem,
                fetched_at=timezone.now(),
            )
            for (pk, url), found in zip(part, fetched, strict=True)
        ]
        with system_scope(Purpose.UPKEEP):
            ComposioAppLogo.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["app"],
                update_fields=["url", "media_type", "content", "problem", "fetched_at"],
            )
    return len(due)


def _due(workspace_id: UUID | None) -> list[tuple[int, str]]:
    with system_scope(Purpose.UPKEEP):
        rows = ComposioAppCache.objects.filter(in_catalogue(workspace_id), status="active").exclude(logo_url="")
        failed_lately = Q(logo__media_type="", logo__fetched_at__gt=timezone.now() - AGAIN)
        missing = rows.filter(Q(logo=None) | ~Q(logo__url=F("logo_url")) | Q(logo__media_type=""))
        return list(missing.exclude(failed_lately & Q(logo__url=F("logo_url"))).values_list("pk", "logo_url"))


async def _all(urls: list[str]) -> list[Fetched]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> Fetched:
        async with gate:
            return await fetch(url)

    return await asyncio.gather(*(one(url) for url in urls))


async def fetch(url: str) -> Fetched:
    """The picture at this address, by what it is and not by what the server calls it."""
    try:
        answer = await outside.get(url, limits=LIMITS)
    except outside.OutsideError as error:
        return Fetched(problem=error.message[:300])
    if answer.status != 200:
        return Fetched(problem=f"The server answered with status {answer.status}.")
    kind = kind_of(answer.content)
    return Fetched(answer.content, kind) if kind else Fetched(problem="This is no picture that can be shown.")


def kind_of(content: bytes) -> str:
    """The media type of a picture, by its first bytes; empty for anything else."""
    for magic, kind in MAGIC.items():
        if content.startswith(magic):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    head = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_svg = head.startswith((b"<svg", b"<?xml", b"<!--")) and b"<svg" in content[:5000].lower()
    return SVG if is_svg and b"<!entity" not in content.lower() else ""
