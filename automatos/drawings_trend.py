"""A chart of values over days, with a scale and gaps where there was nothing: SVG with percent geometry."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# A line: its name, its class in the style sheet, a value for each day or None.
Series = tuple[str, str, Sequence[float | None]]
HEAD, FOOT, LEFT = 8, 24, 9.0


def trend(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    name: str,
    told: Callable[[float], str],
    height: int = 168,
    most: float = 0,
) -> SafeString:
    """Lines over equal steps. title: what is shown; name: unique on the page; told: a value in words.

    most: the top of the scale; by default a little above the highest value.
    """
    values = [value for *_, line in series for value in line if value is not None]
    if not labels or not values:
        return SafeString("")
    top = most or max(values) * 1.05 or 1.0
    plot = height - FOOT - HEAD
    parts = [
        f'<svg class="chart" height="{height}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">The highest is {escape(told(max(values)))}.</desc>'
    ]
    for share in (0.0, 0.5, 1.0):
        y = HEAD + plot * (1 - share)
        parts.append(f'<line class="grid" x1="{LEFT}%" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="0" y="{y + 4:.1f}">{escape(told(top * share))}</text>')
    step = (100 - LEFT) / len(labels)
    for index in range(0, len(labels), max(2, -(-len(labels) // 5))):
        x = LEFT + (index + 0.5) * step
        parts.append(f'<text x="{x:.2f}%" y="{height - 5}" text-anchor="middle">{escape(labels[index])}</text>')
    for _, css, line in series:
        parts.append(_line(line, css, top=top, plot=plot, step=step))
    for index, label in enumerate(labels):
        parts.append(_column(index, label, series, told=told, plot=plot, step=step))
    return mark_safe("".join(parts) + "</svg>")  # noqa: S308 (labels and titles are escaped)


def _line(values: Sequence[float | None], css: str, *, top: float, plot: float, step: float) -> str:
    """Segments between neighbours that both have a value, and a dot for each value."""
    places = [
        None if value is None else (LEFT + (index + 0.5) * step, HEAD + plot * (1 - value / top))
        for index, value in enumerate(values)
    ]
    drawn = [
        f'<line class="seg {css}" x1="{a[0]:.2f}%" y1="{a[1]:.1f}" x2="{b[0]:.2f}%" y2="{b[1]:.1f}"/>'
        for a, b in pairwise(places)
        if a and b
    ]
    drawn += [f'<circle class="pt {css}" cx="{place[0]:.2f}%" cy="{place[1]:.1f}" r="2"/>' for place in places if place]
    return "".join(drawn)


def _column(
    index: int, label: str, series: Sequence[Series], *, told: Callable[[float], str], plot: float, step: float
) -> str:
    """A hover area with the day's figures as its title."""
    said = ", ".join(f"{name} {told(line[index] or 0)}" for name, _, line in series if line[index] is not None)
    return (
        f'<g class="col"><title>{escape(label)}: {escape(said or "nothing")}</title>'
        f'<rect class="hit" x="{LEFT + index * step:.2f}%" y="{HEAD}" width="{step:.2f}%" height="{plot}" rx="6"/></g>'
    )
