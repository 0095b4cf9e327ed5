"""Markdown as a flat list of blocks, which both kinds of document are written from."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.confined.child import Problem

LONGEST = 400_000
MOST_BLOCKS = 5_000
# What neither XML nor a page can hold.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
Kind = Literal["heading", "paragraph", "item", "quote", "code", "table", "rule"]


@dataclass(frozen=True)
class Span:
    """A piece of text in one manner. link: where it leads, or empty."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True)
class Block:
    """level: of a heading, 1 to 6, or how deep an item stands, from 1. sign: an item's bullet or number, if it has one.

    rows: a table's cells, the first row its head.
    """

    kind: Kind
    spans: Sequence[Span] = ()
    level: int = 1
    sign: str = ""
    rows: Sequence[Sequence[Sequence[Span]]] = ()

    @property
    def text(self) -> str:
        """The text without its manner."""
        return "".join(span.text for span in self.spans)


def read(markdown: str) -> list[Block]:
    """The blocks of a Markdown text. An image is shown as its description and address; nothing is fetched."""
    if len(markdown) > LONGEST:
        raise Problem(f"The text has {len(markdown):,} characters; at most {LONGEST:,} fit into a document.")
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    blocks = list(_blocks(parser.parse(CONTROL.sub("", markdown))))
    if len(blocks) > MOST_BLOCKS:
        raise Problem(f"The text has {len(blocks):,} paragraphs; at most {MOST_BLOCKS:,} fit into a document.")
    return blocks


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (Unicode Bidirectional Algorithm, P2)."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:  # noqa: PLR0912 (one case for each kind of token)
    lists: list[list[int | str]] = []  # for each open list the sign of its next item
    sign = ""
    quotes = 0
    heading = 0
    rows: list[list[Sequence[Span]]] = []
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(["•"])
            case "ordered_list_open":
                lists.append([int(token.attrs.get("start", 1))])
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                here = lists[-1]
                sign = f"{here[0]}." if isinstance(here[0], int) else here[0]
                here[0] = here[0] + 1 if isinstance(here[0], int) else here[0]
            case "blockquote_open" | "blockquote_close":
                quotes += token.nesting
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "table_close":
                yield Block("table", rows=rows)
                rows = []
            case "fence" | "code_block":
                yield Block("code", [Span(token.content.rstrip("\n"), code=True)])
            case "hr":
                yield Block("rule")
            case "inline" if rows:
                rows[-1].append(list(_spans(token.children or [])))
            case "inline":
                spans = list(_spans(token.children or []))
                yield _block(spans, heading, len(lists), sign, quotes)
                sign = ""


def _block(spans: list[Span], heading: int, depth: int, sign: str, quotes: int) -> Block:
    if heading:
        return Block("heading", spans, heading)
    if depth:
        return Block("item", spans, depth, sign)
    return Block("quote" if quotes else "paragraph", spans)


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    now = Span("")
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                now = replace(now, bold=token.nesting == 1)
            case "em_open" | "em_close":
                now = replace(now, italic=token.nesting == 1)
            case "s_open" | "s_close":
                now = replace(now, strike=token.nesting == 1)
            case "link_open":
                now = replace(now, link=_web(str(token.attrs.get("href", ""))))
            case "link_close":
                now = replace(now, link="")
            case "softbreak":
                yield replace(now, text=" ")
            case "hardbreak":
                yield replace(now, text="\n")
            case "code_inline":
                yield replace(now, text=token.content, code=True)
            case "image":
                yield replace(now, text=f"[{token.content or 'image'}: {token.attrs.get('src', '')}]", italic=True)
            case _ if token.content:
                yield replace(now, text=token.content)


def _web(address: str) -> str:
    return address if address.startswith(("http://", "https://", "mailto:")) else ""
