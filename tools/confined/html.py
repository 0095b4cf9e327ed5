"""A web page as Markdown: what a reader would see, with its links; scripts, forms and hidden text are left out."""

import re
import sys
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from tools.confined.child import Problem
from tools.confined.encodings import codec, declared, found

SKIPPED = {
    *("script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "video", "audio"),
    *("form", "button", "input", "select", "textarea", "head", "nav", "dialog"),
}
BLOCKS = {
    *("address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption"),
    *("figure", "footer", "header", "html", "main", "p", "section", "summary", "td", "th", "tr"),
}
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "kbd": "`", "samp": "`", "del": "~~", "s": "~~"}
HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*0(?![.\d])", re.I
)
# A <main> or <article> with fewer characters than this is not the page's content.
LEAST_MAIN = 200
LONGEST_TITLE = 300
MOST_LINKS = 2_000
DEEPEST = 20_000


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: url, and charset, or empty to take what the page says, then what its letters look like; links: whether too.

    Gives title, text and encoding, and the addresses it leads to.
    """
    sys.setrecursionlimit(DEEPEST)
    charset = _charset(task["charset"]) or declared(data) or found(data)
    try:
        parser = html.HTMLParser(encoding=charset or None, remove_comments=True, remove_pis=True)
    except LookupError:
        parser = html.HTMLParser(remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        raise Problem("The page is empty or not HTML.") from None
    title = " ".join((root.findtext(".//title") or "").split())[:LONGEST_TITLE]
    base = _joined(task["url"], str(root.xpath("string(//base/@href)"))) or task["url"]
    links = _links(root, base) if task.get("links") else []
    return {"title": title, "text": _tidy(_block(_main(root), base)), "encoding": charset, "links": links}, b""


def _links(root: Any, base: str) -> list[str]:
    """Where the whole page leads, its menus too, in order; not what it asks machines not to follow."""
    for robots in root.xpath("//meta[translate(@name, 'ROBTS', 'robts') = 'robots']/@content"):
        if {"nofollow", "none"} & set(re.split(r"[\s,]+", robots.lower())):
            return []
    found: dict[str, None] = {}
    for link in root.iter("a", "area"):
        if "nofollow" not in (link.get("rel") or "").lower().split() and (
            href := _joined(base, link.get("href") or "")
        ):
            found[href] = None
        if len(found) == MOST_LINKS:
            break
    return list(found)


def _charset(name: str) -> str:
    """The encoding as it is usually called; empty for one that does not exist."""
    try:
        return codec(name) if name else ""
    except Problem:
        return ""


def _main(root: Any) -> Any:
    """The page's main content where it is marked, else all of it."""
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = root.findall(path)
        if len(found) == 1 and len(" ".join(found[0].itertext())) >= LEAST_MAIN:
            return found[0]
    return root


def _block(node: Any, base: str) -> str:  # noqa: PLR0911 (one line for each kind of element)
    """A node with everything in it; blank lines stand where blocks begin and end."""
    tag = node.tag
    if tag in SKIPPED or _hidden(node):
        return ""
    if tag == "br":
        return "\n"
    if tag == "hr":
        return "\n\n---\n\n"
    if tag == "img":
        alt = " ".join((node.get("alt") or "").split())
        return f"[image: {alt}]" if alt else ""
    if tag == "pre":
        return "\n\n```\n" + "".join(node.itertext()).strip("\n") + "\n```\n\n"
    if tag in ("ul", "ol"):
        return _list(node, base)
    if tag == "table":
        return _table(node, base)
    inside = _inside(node, base)
    if re.fullmatch("h[1-6]", tag):
        return f"\n\n{'#' * int(tag[1])} {_line(inside)}\n\n" if inside.strip() else ""
    if tag == "a":
        return _link(node, inside, base)
    if tag == "blockquote":
        return "\n\n" + "\n".join(f"> {line}" for line in _tidy(inside).splitlines()) + "\n\n"
    if tag in MARKS and inside.strip() and "\n\n" not in inside:
        return f"{MARKS[tag]}{inside.strip()}{MARKS[tag]}"
    return f"\n\n{inside}\n\n" if tag in BLOCKS else inside


def _inside(node: Any, base: str) -> str:
    parts = [_text(node.text)]
    for child in node:
        if isinstance(child.tag, str):
            parts.append(_block(child, base))
        parts.append(_text(child.tail))
    return "".join(parts)


def _hidden(node: Any) -> bool:
    return "hidden" in node.attrib or node.get("aria-hidden") == "true" or bool(HIDDEN.search(node.get("style") or ""))


def _text(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def _link(node: Any, inside: str, base: str) -> str:
    text = _line(inside)
    address = _joined(base, (node.get("href") or "").strip())
    return f"[{text}]({address})" if text and address else inside


def _joined(base: str, address: str) -> str:
    """Where a link leads; empty where that is no place in the web, or no address at all, such as `http://[a`."""
    try:
        full = urljoin(base, address)
        return full if urlsplit(full).scheme in ("http", "https", "mailto") else ""
    except ValueError:
        return ""


def _list(node: Any, base: str) -> str:
    lines = []
    for number, item in enumerate((child for child in node if child.tag == "li" and not _hidden(child)), 1):
        sign = f"{number}." if node.tag == "ol" else "-"
        body = _tidy(_inside(item, base)).splitlines() or [""]
        indent = " " * (len(sign) + 1)
        lines.append("\n".join([f"{sign} {body[0]}", *(f"{indent}{line}" if line else "" for line in body[1:])]))
    return "\n\n" + "\n".join(lines) + "\n\n"


def _table(node: Any, base: str) -> str:
    rows = [
        [_line(_inside(cell, base)).replace("|", "\\|") for cell in row if cell.tag in ("td", "th")]
        for row in node.iter("tr")
        if not _hidden(row)
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n\n" + "\n".join(lines) + "\n\n"


def _tidy(text: str) -> str:
    """Blanks and blank lines as few as the meaning needs; code keeps its own."""
    parts = re.split(r"(\n```\n.*?\n```\n)", text, flags=re.S)
    for index in range(0, len(parts), 2):
        part = re.sub(r"[ \t]*\n[ \t]*(?![ \t]*[-\d>|#])", "\n", parts[index])
        parts[index] = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", part))
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip()
