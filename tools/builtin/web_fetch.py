"""web_fetch: a public page as text."""

import json
from dataclasses import dataclass

from automatos import outside
from tools import confinement, documents
from tools.contract import Arguments, Tool, ToolContext, ToolResult, always, object_schema, page_of

LIMITS = outside.Limits(
    seconds=25.0,
    max_bytes=8_000_000,
    content_types=(
        *("text/*", "application/json", "application/xhtml+xml", "application/xml", "application/pdf"),
        *("application/rss+xml", "application/atom+xml", "application/ld+json", "application/x-ndjson"),
    ),
)
PARSE_SECONDS = 20.0
ACCEPT = "text/html, application/xhtml+xml, application/json, application/pdf, text/*;q=0.9"


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Fetch the page and turn it into text; an error status is an error with what the page says."""
    answer = await outside.get(arguments["url"], headers={"Accept": ACCEPT}, limits=LIMITS)
    page = await readable(answer)
    title, text = page.title, page.text
    head = f"{title}\n{answer.url}\n\n" if title else f"{answer.url}\n\n"
    if answer.status >= 400:
        said = text[:1000]
        return ToolResult(
            f"The server answered {answer.status}. {head}{said}",
            is_error=True,
            origin=f"web page {answer.url}",
            retryable=answer.status in (408, 429) or answer.status >= 500,
        )
    part = page_of(text, arguments.get("offset", 0))
    return ToolResult(head + (part or "[The page has no text.]"), origin=f"web page {answer.url}")


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as text, HTML as Markdown. links: where a page of HTML leads, if that was asked for."""

    title: str
    text: str
    links: tuple[str, ...] = ()


async def readable(answer: outside.Answer, *, with_links: bool = False) -> Page:
    """The answer as text; raises ToolProblem for what cannot be read."""
    kind = answer.media_type
    if answer.content.startswith(b"%PDF-") or kind == "application/pdf":
        read = await documents.text_of(documents.PDF, answer.content, seconds=PARSE_SECONDS)
        return Page(read.title, read.text)
    if kind in ("text/html", "application/xhtml+xml") and answer.content.strip():
        charset = answer.headers.get("content-type", "").lower().partition("charset=")[2].split(";")[0].strip(" \"'")
        task = {"url": answer.url, "charset": charset, "links": with_links}
        found, _ = await confinement.run("html", task, answer.content, seconds=PARSE_SECONDS)
        return Page(found["title"], found["text"], tuple(found["links"]))
    text = answer.text()
    if kind.endswith("json"):
        try:
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=1)
        except (ValueError, RecursionError):
            return Page("", text)
    return Page("", text)


TOOL = Tool(
    name="web_fetch",
    title="Read a web page",
    description=(
        "Fetch a public http or https address and read it: HTML as Markdown with its links, JSON, plain text, PDF. "
        "Long texts come in parts: go on with offset."
    ),
    schema=object_schema(
        {
            "url": {"type": "string", "minLength": 8, "maxLength": 8000, "description": "The full address."},
            "offset": {"type": "integer", "minimum": 0, "description": "Start at this character; 0 if left out."},
        },
        ["url"],
    ),
    effects="reads",
    run=run,
    seconds=60.0,
    quotes=always,
    sends_by=lambda arguments: str(arguments.get("url", "")),
)
