"""Markdown by a model or a person, as HTML that cannot run, load or leak anything, nor burn the process that makes it.

Nobody here chose the text. So both its length and the processor time it may take are bounded: per text, and per request
for all its texts together. What does not fit is shown as it was written. What was costly is kept in the cache.
"""

import hashlib
import logging
import time
from collections.abc import MutableMapping
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

import nh3
from django.core.cache import cache as kept
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from redis.exceptions import RedisError

from automatos import formulas, request_id

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

logger = logging.getLogger(__name__)

# Beyond these sizes (characters) text is shown as it is: colouring and parsing would cost seconds.
LONGEST = 100_000
LONGEST_CODE = 2_000
# What becomes of the text: its parts (blocks, words, breaks), and the cells of one table.
MOST_PARTS, MOST_CELLS = 12_000, 3_000
# Seconds of processor time: for one text, and for all new ones of a request.
MOST_FOR_TEXT, MOST_FOR_REQUEST = 0.15, 0.16
# What took longer (seconds) is kept for so long (seconds); texts shorter than this and without code are always cheap.
WORTH_KEEPING, KEPT_FOR, CHEAP = 0.005, 24 * 3600, 1_000
# Raised when what is made of a text changes, so that nothing old is shown.
EDITION = 2

TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "span"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
    *formulas.TAGS,
}
# No img: an answer could carry data out in an image's address.
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}, **formulas.ATTRIBUTES}

# Languages that are coloured, by the names people give them. Only lexers whose worst case at LONGEST_CODE was measured:
# many of the others take quadratic time on a few blanks or quotes.
LEXERS = {
    **dict.fromkeys(("python", "py", "python3"), "python"),
    **dict.fromkeys(("javascript", "js", "jsx", "typescript", "ts", "tsx"), "javascript"),
    **dict.fromkeys(("bash", "sh", "shell", "zsh"), "bash"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    **{name: name for name in ("json", "sql", "html", "xml", "css", "diff", "go", "rust", "toml", "ruby", "kotlin")},
}

_spent: ContextVar[tuple[str, float]] = ContextVar("markdown_spent", default=("", 0.0))


class _TooCostly(Exception):
    """The text took more processor time than it may."""


def render(text: str) -> SafeString:
    """The text as sanitised HTML. Headings start at h3, below the page's own; a remote image becomes a link to it."""
    if len(text) > LONGEST:
        return _plain(text)
    if len(text) < CHEAP and "```" not in text and "~~~" not in text:
        return _cheap(text)
    key = f"markdown:{EDITION}:{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"
    found = _from_cache(key)
    if found is not None:
        return mark_safe(found)  # noqa: S308 (sanitised when it was kept)
    left = MOST_FOR_REQUEST - _spent_by_request()
    if left <= 0:
        return _plain(text)
    began = time.thread_time()
    try:
        html = _made(text, min(left, MOST_FOR_TEXT))
    except _TooCostly:
        html = _plain(text)
        if left < MOST_FOR_TEXT:
            # Beside fewer others it may still be rendered whole.
            return html
    finally:
        took = time.thread_time() - began
        _spent.set((request_id.current(), _spent_by_request() + took))
    if took > WORTH_KEEPING:
        _keep(key, html)
    return mark_safe(html)  # noqa: S308 (sanitised or escaped)


def _cheap(text: str) -> SafeString:
    try:
        return mark_safe(_made(text, MOST_FOR_TEXT))  # noqa: S308 (sanitised)
    except _TooCostly:
        return _plain(text)


def _spent_by_request() -> float:
    owner, seconds = _spent.get()
    # Outside requests (workers, sockets) each text has only its own limit.
    return seconds if owner and owner == request_id.current() else 0.0


def _from_cache(key: str) -> str | None:
    try:
        found = kept.get(key)
    except (RedisError, OSError) as error:
        logger.warning("Rendered text is made anew: %s", error)
        return None
    return found if isinstance(found, str) else None


def _keep(key: str, html: str) -> None:
    try:
        kept.set(key, str(html), KEPT_FOR)
    except (RedisError, OSError) as error:
        logger.warning("Rendered text was not kept: %s", error)


def _plain(text: str) -> SafeString:
    return mark_safe(f"<pre><code>{escape(text)}</code></pre>")  # noqa: S308 (escaped)


def _made(text: str, seconds: float) -> str:
    """Sanitised HTML; _TooCostly when parsing took longer than these seconds of processor time."""
    parser = _parser()  # the first one of a process loads the library, which is not the text's cost
    env = {"until": time.thread_time() + seconds}
    tokens = parser.parse(text, env)
    _look_at_clock(env)
    if sum(1 + len(token.children or ()) for token in tokens) > MOST_PARTS:
        raise _TooCostly
    html = parser.renderer.render(tokens, parser.options, env)
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=formulas.only_harmless,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.block.ruler.before(
        "table", "time", _time_of_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.block.ruler.at("table", _small_table, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.before("text", "time", _time_of_inline)
    formulas.teach(parser)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    return parser


def _time_of_block(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    _look_at_clock(state.env)
    return False


def _small_table(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    """A table, unless it has so many cells (missing ones are filled in) that making it would take seconds."""
    from markdown_it.rules_block import table

    columns = state.src.count("|", state.bMarks[start], state.eMarks[start]) + 1
    below = next((line for line in range(start, end) if state.isEmpty(line)), end)
    return columns * (below - start) <= MOST_CELLS and table(state, start, end, silent)


def _time_of_inline(state: "StateInline", silent: bool) -> bool:
    _look_at_clock(state.env)
    return False


def _look_at_clock(env: MutableMapping[str, Any]) -> None:
    if time.thread_time() > env["until"]:
        raise _TooCostly


def _heading(
    self: "RendererHTML", tokens: "list[Token]", index: int, options: object, env: MutableMapping[str, Any]
) -> str:
    """A heading at most one level below the one before it, whatever the author skipped."""
    if tokens[index].nesting == 1:
        env["level"] = min(6, int(tokens[index].tag[1]) + 2, env.get("level", 2) + 1)
        return f"<h{env['level']}>"
    return f"</h{env['level']}>\n"


def _fence(
    self: "RendererHTML", tokens: "list[Token]", index: int, options: object, env: MutableMapping[str, Any]
) -> str:
    """A block of code, coloured if its language is a known one, it is short, and there is time left."""
    words = tokens[index].info.split()
    language, code = words[0] if words else "", tokens[index].content
    if language == "math":
        return f"<p>{formulas.html_of(code.strip(), display=True, env=env)}</p>\n"
    named = f' class="language-{escape(language)}"' if language else ""
    timely = time.thread_time() < env["until"]
    coloured = _coloured(code, LEXERS.get(language.lower(), "")) if timely else ""
    return f"<pre><code{named}>{coloured or escape(code)}</code></pre>\n"


def _coloured(code: str, lexer: str) -> str:
    """The code in Pygments' spans; empty for what is not coloured."""
    if not lexer or len(code) > LONGEST_CODE:
        return ""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    return str(highlight(code, get_lexer_by_name(lexer), HtmlFormatter(nowrap=True)))
