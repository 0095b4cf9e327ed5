"""What a server says went wrong, in whatever shape it says it."""

import re
from collections.abc import Iterator, Mapping
from html import unescape

from automatos.llm.text import clean

LONGEST = 300
TITLE = re.compile(r"<(title|h1)[^>]*>(.{0,1000}?)</\1>", re.I | re.S)
TAG = re.compile(r"<[^>]*>")
# Where the words are, the likeliest first.
FIELDS = ("message", "msg", "detail", "error", "errors", "error_description", "description", "title", "reason", "text")
MOST_PARTS = 3
DEEPEST = 6
READ = 20_000


def error_words(said: object, longest: int = LONGEST) -> str:
    """The words in an error's body, on one line: a text, an object, a list of complaints about fields, a page."""
    found = dict.fromkeys(" ".join(clean(part).split()) for part in _words(said, DEEPEST))
    words = "; ".join(part for part in found if part)
    return words if len(words) <= longest else words[:longest] + "…"


def _words(said: object, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    match said:
        case str():
            yield page_title(said) if is_page(said) else said[:READ]
        case list():
            for part in said[:MOST_PARTS]:
                yield from _words(part, depth - 1)
        case Mapping():
            yield from _of_object(said, depth)


def _of_object(said: Mapping[str, object], depth: int) -> Iterator[str]:
    if isinstance(said.get("loc"), list) and isinstance(said.get("msg"), str):
        # A complaint about one field, as pydantic writes it.
        yield f"{'.'.join(str(part) for part in said['loc'])}: {said['msg']}"  # type: ignore[attr-defined]
        return
    for name in FIELDS:
        words = list(_words(said.get(name), depth - 1))
        if any(words):
            yield from words
            break
    metadata = said.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("raw"), str):
        # A go-between says only that its provider failed; that one's own words are here.
        yield metadata["raw"][:READ]


def is_page(text: str) -> bool:
    """Whether a text is a page of HTML or XML."""
    return text.lstrip()[:1] == "<"


def page_title(text: str) -> str:
    """`a web page titled “Sign in”`; without a title, `a web page`."""
    found = TITLE.search(text[:READ])
    title = " ".join(unescape(TAG.sub("", found[2])).split())[:120] if found else ""
    return f"a web page titled “{title}”" if title else "a web page"
