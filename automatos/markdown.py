"""Markdown by a model or a person, as HTML that cannot run, load or leak anything."""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

# Beyond these sizes (characters) text is shown as it is: colouring and parsing would cost seconds.
LONGEST = 200_000
LONGEST_CODE = 20_000

TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "span"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
# No img: an answer could carry data out in an image's address.
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}}


def render(text: str) -> SafeString:
    """The text as sanitised HTML. Headings start at h3, below the page's own; a remote image becomes a link to it."""
    if len(text) > LONGEST:
        return mark_safe(f"<pre><code>{escape(text)}</code></pre>")  # noqa: S308 (escaped)
    html = _parser().render(text)
    return mark_safe(  # noqa: S308 (sanitised)
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow ugc",
        )
    )


def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    return parser


def _heading(
    self: "RendererHTML", tokens: "list[Token]", index: int, options: object, env: MutableMapping[str, int]
) -> str:
    """A heading at most one level below the one before it, whatever the author skipped."""
    if tokens[index].nesting == 1:
        env["level"] = min(6, int(tokens[index].tag[1]) + 2, env.get("level", 2) + 1)
        return f"<h{env['level']}>"
    return f"</h{env['level']}>\n"


def _highlight(code: str, language: str, attributes: str) -> str:
    """The code in Pygments' spans; empty (the parser then escapes it) for a language nobody knows."""
    if not language or len(code) > LONGEST_CODE:
        return ""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
