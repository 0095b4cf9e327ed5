"""Formulas in Markdown, `$…$`, `$$…$$`, `\\(…\\)` and `\\[…\\]`, as MathML that browsers draw by themselves.

What a formula may cost is bounded: its length, how deep it nests, and how long all formulas of one text are together.
What is no formula that can be read is shown as it was written.
"""

import re
from collections.abc import MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.html import escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from math_core import LatexToMathML

# Characters: of one formula, of all formulas of a text, and from where on one in a line may need to scroll.
LONGEST, MOST, WIDE = 2_000, 30_000, 40
# The parser goes down a stack of its own with each level, which in a thread may be small.
DEEPEST = 40
PAIRS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$": "$"}
LEVEL = re.compile(r"\\(?:left|begin|right|end)(?![a-zA-Z])|[{}\[\]]")
DEEPER = ("\\left", "\\begin", "{", "[")
MATHS = re.compile(r"[\\^_=<>{}]")
WORD = re.compile(r"[^\W\d_]{2,}")
STYLE = re.compile(r'<mtd style="([^"]*)"')
CLASSES = {
    "text-align: right": "math-end", "text-align: left": "math-start",
    "border-right:": "math-bar", "border-top:": "math-line",
}  # fmt: skip

TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mphantom", "menclose"),
}
ATTRIBUTES = {
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "form", "lspace", "rspace", "movablelimits"},
    "mspace": {"width"},
    "mfrac": {"linethickness", "displaystyle"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mrow": {"displaystyle", "scriptlevel"},
    "mtable": {"displaystyle", "scriptlevel"},
    "mtd": {"class"},
    "menclose": {"notation"},
}
LENGTH = re.compile(r"-?[0-3](\.\d{1,10})?em")


def only_harmless(tag: str, name: str, value: str) -> str | None:
    """An attribute's value as it may stay; None takes it away. A formula may not reach out of its place."""
    if name in ("width", "lspace", "rspace"):
        return value if value == "0" or LENGTH.fullmatch(value) else None
    if tag == "mtd" and name == "class":
        return value if set(value.split()) <= set(CLASSES.values()) else None
    return value


def teach(parser: "MarkdownIt") -> None:
    """Have the parser know formulas."""
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "formula", _block, {"alt": ends})
    parser.inline.ruler.before("escape", "formula", _inline)
    parser.add_render_rule("formula", _rendered)


def html_of(source: str, *, display: bool, env: MutableMapping[str, Any]) -> str:
    """The formula as HTML, or its source as code. env: counts what all formulas of the text have."""
    env["formulas"] = env.get("formulas", 0) + len(source)
    mathml = _mathml(source, display) if env["formulas"] <= MOST else ""
    if not mathml:
        return f"<code>{escape(source)}</code>"
    kind = " block" if display else " wide" if len(source) > WIDE else ""
    return f'<span class="formula{kind}">{mathml}</span>'


def _mathml(source: str, display: bool) -> str:
    """Unsanitised MathML; empty for what cannot be read."""
    from math_core import LatexError

    if len(source) > LONGEST or _depth(source) > DEEPEST:
        return ""
    try:
        found = _converter().convert_with_local_state(source, displaystyle=display)
    except LatexError:
        return ""
    return STYLE.sub(_class, found)


@cache
def _converter() -> "LatexToMathML":
    from math_core import LatexToMathML

    return LatexToMathML(fancy_error=False)


def _depth(source: str) -> int:
    level = deepest = 0
    for found in LEVEL.findall(source):
        level = level + 1 if found in DEEPER else max(level - 1, 0)
        deepest = max(deepest, level)
    return deepest


def _class(found: re.Match[str]) -> str:
    names = [name for style, name in CLASSES.items() if style in found[1]]
    return f'<mtd class="{" ".join(names)}"' if names else "<mtd"


def _block(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    """A formula that begins a line and ends one, over several lines or in one."""
    begin = state.bMarks[start] + state.tShift[start]
    opened = state.src[begin : begin + 2]
    if opened not in ("$$", "\\[") or state.is_code_block(start):
        return False
    close, most = PAIRS[opened], begin + LONGEST
    for line in range(start, end):
        last = state.eMarks[line]
        if last > most:
            return False
        if line > start and state.sCount[line] < state.blkIndent:
            return False
        text = state.src[state.bMarks[line] + state.tShift[line] : last].rstrip()
        if text.endswith(close) and (line > start or len(text) >= len(opened) + len(close)):
            return _put_block(state, (start, line), opened, silent)
        # More on the line behind the end: the line's own rule may still find the formula.
        if close in (text[2:] if line == start else text):
            return False
    return False


def _put_block(state: "StateBlock", lines: tuple[int, int], opened: str, silent: bool) -> bool:
    (start, line), close = lines, PAIRS[opened]
    content = state.getLines(start, line + 1, state.blkIndent, False).strip()
    content = content.removeprefix(opened).removesuffix(close).strip()
    if close in content or not _is_formula(content, opened):
        return False
    if silent:
        return True
    state.line = line + 1
    for kind, tag, nesting in (("paragraph_open", "p", 1), ("formula", "", 0), ("paragraph_close", "p", -1)):
        token = state.push(kind, tag, nesting)  # type: ignore[arg-type]
        token.map = [start, line + 1]
        if kind == "formula":
            token.content, token.meta = content, {"display": True}
    return True


def _inline(state: "StateInline", silent: bool) -> bool:
    at, source = state.pos, state.src
    if source[at] not in "$\\":
        return False
    opened = next((mark for mark in PAIRS if source.startswith(mark, at)), "")
    if not opened:
        return False
    close, first = PAIRS[opened], at + len(opened)
    last = _end(source, first, min(state.posMax, first + LONGEST), close)
    content = source[first:last].strip() if last > first else ""
    if not content or (opened == "$" and not _stands_alone(source, at, last)) or not _is_formula(content, opened):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content, token.meta = content, {"display": opened in ("$$", "\\[")}
    state.pos = last + len(close)
    return True


def _end(source: str, first: int, most: int, close: str) -> int:
    """Where the closing mark is; -1 without one. A dollar behind a backslash is an amount within the formula."""
    at = source.find(close, first, most)
    while at > 0 and close[0] == "$" and source[at - 1] == "\\":
        at = source.find(close, at + 1, most)
    return at


def _stands_alone(source: str, at: int, last: int) -> bool:
    """Whether single dollars enclose a formula and are no prices: no blank within, no letter or digit without."""
    before, behind = source[at - 1 : at], source[last + 1 : last + 2]
    inside = not source[at + 1].isspace() and not source[last - 1].isspace()
    return inside and not before.isalnum() and not behind.isalnum() and before != "$" and behind != "$"


def _is_formula(content: str, opened: str) -> bool:
    """Whether it reads as one: words alone are a sentence between two prices, a number in brackets is a mark."""
    if MATHS.search(content):
        return True
    if WORD.search(content) and (" " in content or "\n" in content):
        return False
    return not (opened.startswith("\\") and content.replace(",", "").replace(" ", "").isdigit())


def _rendered(
    self: "RendererHTML", tokens: "list[Token]", index: int, options: object, env: MutableMapping[str, Any]
) -> str:
    return html_of(tokens[index].content, display=bool(tokens[index].meta["display"]), env=env)
