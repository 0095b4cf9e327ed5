"""A draft as a drawing: boxes one below the other, lanes of conditions side by side, loops in a frame. SVG, no script.

Everything is measured first, from the inside out, and then placed; names are cut to what fits.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from recipes.editor.outline import Lane, Node

WIDTH, HEIGHT, GAP, LANE_GAP, PAD = 208, 46, 30, 24, 14
LETTERS = 23
Address = Callable[..., str]


@dataclass(slots=True)
class _Box:
    """A piece of the drawing with its size. enter: how far from its left the arrow comes in."""

    width: float
    height: float
    draw: Callable[[float, float], Iterable[str]]
    enter: float = 0


def drawn(nodes: Sequence[Node], address: Address, chosen: str) -> SafeString:
    """The whole drawing. address: of the editor with a step; chosen: the step that is shown."""
    artist = _Artist(address, chosen)
    whole = artist.column(
        [artist.cap("Start", address(step="start")), *(artist.node(one) for one in nodes), artist.cap("Result", "")]
    )
    width, height = whole.width + 2 * PAD, whole.height + 2 * PAD
    inner = "".join(whole.draw(PAD, PAD))
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    label = f"The flow as a graph: {len(nodes)} steps at the top level. Each step is a link."
    return mark_safe(f'<svg class="graph" {size} role="group" aria-label="{escape(label)}">{inner}</svg>')  # noqa: S308 (escaped parts)


class _Artist:
    """Makes the boxes."""

    def __init__(self, address: Address, chosen: str) -> None:
        self.address, self.chosen = address, chosen

    def cap(self, words: str, href: str) -> _Box:
        def draw(x: float, y: float) -> Iterable[str]:
            inner = f'<rect class="tag-bg" x="{x:g}" y="{y:g}" width="80" height="26" rx="13"/>'
            inner += f'<text class="tag-t" x="{x + 40:g}" y="{y + 17:g}">{words}</text>'
            yield f'<a href="{escape(href)}">{inner}</a>' if href else inner

        return _Box(80, 26, draw, 40)

    def node(self, node: Node) -> _Box:
        card = self._card(node)
        if not node.lanes:
            return card
        return self._loop(node, card) if node.is_loop else self._branches(node, card)

    def _card(self, node: Node) -> _Box:
        def draw(x: float, y: float) -> Iterable[str]:
            now = ' class="now" aria-current="step"' if node.id == self.chosen else ""
            problems = f", {node.errors} problem{'s' if node.errors > 1 else ''}" if node.errors else ""
            label = escape(f"Step {node.number}, {node.name}{problems}")
            yield f'<a href="{escape(self.address(step=node.id))}" aria-label="{label}"{now}>'
            yield f'<rect class="box" x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
            tone = f" {node.tone}" if node.tone else ""
            yield f'<rect class="badge{tone}" x="{x + 10:g}" y="{y + 11:g}" width="24" height="24" rx="7"/>'
            yield f'<text class="n" x="{x + 22:g}" y="{y + 28:g}" text-anchor="middle">{node.number}</text>'
            yield f'<text x="{x + 44:g}" y="{y + 20:g}">{_cut(node.name)}</text>'
            yield f'<text class="s" x="{x + 44:g}" y="{y + 36:g}">{_cut(node.sub, LETTERS + 3)}</text>'
            if node.errors:
                yield f'<circle class="flag" cx="{x + WIDTH:g}" cy="{y:g}" r="9"/>'
                yield f'<text class="flag-t" x="{x + WIDTH:g}" y="{y + 4:g}">{node.errors}</text>'
            yield "</a>"

        return _Box(WIDTH, HEIGHT, draw, WIDTH / 2)

    def column(self, boxes: Sequence[_Box]) -> _Box:
        """One below the other, joined by arrows at their entrances."""
        left = max((box.enter for box in boxes), default=0)
        right = max((box.width - box.enter for box in boxes), default=0)
        height = sum(box.height for box in boxes) + GAP * max(0, len(boxes) - 1)

        def draw(x: float, y: float) -> Iterable[str]:
            middle, at = x + left, y
            for number, box in enumerate(boxes):
                yield from box.draw(middle - box.enter, at)
                at += box.height
                if number < len(boxes) - 1:
                    yield _arrow(middle, at, middle, at + GAP)
                    at += GAP

        return _Box(left + right, height, draw, left)

    def _branches(self, node: Node, card: _Box) -> _Box:
        lanes = [self._lane(lane) for lane in node.lanes]
        lanes_width = sum(box.width for box in lanes) + LANE_GAP * (len(lanes) - 1)
        width, tall = max(lanes_width, WIDTH), max(box.height for box in lanes)
        height = HEIGHT + GAP + tall + GAP

        def draw(x: float, y: float) -> Iterable[str]:
            middle, top = x + width / 2, y + HEIGHT
            yield from card.draw(middle - WIDTH / 2, y)
            at = x + (width - lanes_width) / 2
            for box in lanes:
                enter = at + box.enter
                yield _arrow(middle, top, enter, top + GAP)
                yield from box.draw(at, top + GAP)
                yield _line(enter, top + GAP + box.height, middle, y + height)
                at += box.width + LANE_GAP

        return _Box(width, height, draw, width / 2)

    def _lane(self, lane: Lane) -> _Box:
        inner = self.column([self.node(one) for one in lane.nodes]) if lane.nodes else _Box(80, 0, lambda x, y: (), 40)
        left, right = max(inner.enter, 46), max(inner.width - inner.enter, 46)

        def draw(x: float, y: float) -> Iterable[str]:
            middle = x + left
            yield f'<rect class="tag-bg" x="{middle - 42:g}" y="{y:g}" width="84" height="22" rx="11"/>'
            yield f'<text class="tag-t" x="{middle:g}" y="{y + 15:g}">{escape(lane.words)}</text>'
            if lane.nodes:
                yield _arrow(middle, y + 22, middle, y + 22 + GAP)
                yield from inner.draw(middle - inner.enter, y + 22 + GAP)

        return _Box(left + right, 22 + (GAP + inner.height if lane.nodes else 0), draw, left)

    def _loop(self, node: Node, card: _Box) -> _Box:
        inner = self.column([card, *(self.node(one) for lane in node.lanes for one in lane.nodes)])

        def draw(x: float, y: float) -> Iterable[str]:
            size = f'width="{inner.width + 2 * PAD:g}" height="{inner.height + 2 * PAD:g}"'
            yield f'<rect class="group" x="{x:g}" y="{y:g}" {size} rx="14"/>'
            yield from inner.draw(x + PAD, y + PAD)

        return _Box(inner.width + 2 * PAD, inner.height + 2 * PAD, draw, inner.enter + PAD)


def _cut(text: str, letters: int = LETTERS) -> str:
    return escape(text if len(text) <= letters else f"{text[: letters - 1]}…")


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (y + to_y) / 2
    return f'<path class="edge" d="M{x:g} {y:g}C{x:g} {half:g} {to_x:g} {half:g} {to_x:g} {to_y:g}"/>'


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    head = f'<path class="arrow" d="M{to_x - 4:g} {to_y - 6:g}L{to_x:g} {to_y:g}L{to_x + 4:g} {to_y - 6:g}Z"/>'
    return _line(x, y, to_x, to_y) + head
