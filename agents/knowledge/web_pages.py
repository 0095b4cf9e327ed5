"""A page on the web: its text, where it stands in the end, and where it leads."""

from automatos import outside
from automatos.errors import AppError
from automatos.outside.client import MayFollow
from tools.builtin.web_fetch import ACCEPT, LIMITS, readable
from tools.documents import DocumentText


async def page_at(
    url: str, *, with_links: bool = False, may_follow: MayFollow | None = None
) -> tuple[DocumentText | bytes, str, tuple[str, ...]]:
    """What stands at the address, or the bytes of a PDF; the last address after redirects; and where it leads.

    may_follow: asked about the address of each redirect before it is read.
    """
    answer = await outside.get(url, headers={"Accept": ACCEPT}, limits=LIMITS, may_follow=may_follow)
    if answer.status >= 400:
        raise AppError(f"The server answered {answer.status} instead of the page. Check the address.")
    if answer.content.startswith(b"%PDF-"):
        return answer.content, answer.url, ()
    page = await readable(answer, with_links=with_links)
    return DocumentText(page.text, page.title), answer.url, page.links
