"""Small pictures drawn on the server as SVG: faces of agents and charts.

Charts have percent geometry and pixel text: crisp at any width, no script and no inline style.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# (shell, face) colours; each pair keeps at least 3:1 between its two.
PAIRS = (
    ("#C2410C", "#FFE3C7"),
    ("#2F6B57", "#D9F2E4"),
    ("#3B5B8C", "#DCE8FB"),
    ("#8A4B7D", "#F7E1F1"),
    ("#7A5A12", "#FBECC6"),
    ("#475569", "#E6EBF2"),
)
EYES = (
    '<circle cx="13" cy="17.5" r="2.3"/><circle cx="23" cy="17.5" r="2.3"/>',
    '<rect x="10.5" y="16" width="5" height="3.4" rx="1.7"/><rect x="20.5" y="16" width="5" height="3.4" rx="1.7"/>',
    '<rect x="10.5" y="15.4" width="15" height="4.6" rx="2.3"/>'
    '<circle cx="14.6" cy="17.7" r="1.4" fill="{face}"/><circle cx="21.4" cy="17.7" r="1.4" fill="{face}"/>',
    '<circle cx="18" cy="17.6" r="3.4"/><circle cx="18" cy="17.6" r="1.3" fill="{face}"/>',
)
MOUTHS = (
    '<rect x="14" y="23.2" width="8" height="1.9" rx=".95"/>',
    '<path d="M13.6 23a6 6 0 0 0 8.8 0" fill="none" stroke="{shell}" stroke-width="1.9" stroke-linecap="round"/>',
    '<rect x="13" y="22.8" width="2" height="3" rx="1"/><rect x="17" y="22.8" width="2" height="3" rx="1"/>'
    '<rect x="21" y="22.8" width="2" height="3" rx="1"/>',
)
TOPS = (
    '<rect x="17.1" y="5" width="1.8" height="4.4" fill="{face}"/><circle cx="18" cy="4.9" r="2" fill="{face}"/>',
    '<path d="M11 9.6 9.2 5.8M25 9.6l1.8-3.8" stroke="{face}" stroke-width="1.8" stroke-linecap="round"/>',
    '<rect x="12" y="6.6" width="12" height="2.4" rx="1.2" fill="{face}"/>',
)


def face(seed: object, classes: str = "av") -> SafeString:
    """An agent's automaton, drawn from a hash of its id: the same agent has the same face everywhere."""
    digest = hashlib.sha256(str(seed).encode()).digest()
    shell, inner = PAIRS[digest[0] % len(PAIRS)]
    top, eyes, mouth = (
        parts[digest[place] % len(parts)].format(shell=shell, face=inner)
        for place, parts in ((3, TOPS), (1, EYES), (2, MOUTHS))
    )
    return mark_safe(  # noqa: S308 (nothing of the caller's text is printed but the class, escaped)
        f'<svg class="{escape(classes)}" viewBox="0 0 36 36" aria-hidden="true">'
        f'<rect width="36" height="36" fill="{shell}" rx="9"/>{top}'
        f'<rect x="7" y="10" width="22" height="19" rx="6.5" fill="{inner}"/><g fill="{shell}">{eyes}{mouth}</g></svg>'
    )


def ceiling(most: float) -> tuple[int, int]:
    """A round top of a scale that holds `most`, and the step between its lines: at most five lines, floor included."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 4 >= most:
                return step * max(2, math.ceil(most / step)), step
        size *= 10


@dataclass(frozen=True)
class Scale:
    """Pixels from the chart's upper edge for a value between 0 and top."""

    top: int
    height: int
    head: int = 8
    foot: int = 24

    @property
    def plot(self) -> int:
        """The height between the scale's top line and its floor."""
        return self.height - self.foot - self.head

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.head + self.plot * (1 - value / self.top)


def bars(days: Sequence[tuple[str, int, int]], *, title: str, name: str = "bars", height: int = 224) -> SafeString:
    """Columns of (label, done, failed), failed stacked on top. title: what is shown; name: unique on the page."""
    if not days:
        return SafeString("")
    top, step = ceiling(max(done + failed for _, done, failed in days))
    scale, left = Scale(top, height), 5.5
    width = (100 - left) / len(days)
    # Seven labels find room, half as many on a narrow screen.
    every = max(2, math.ceil(len(days) / 7))
    ran, broke = sum(done + failed for _, done, failed in days), sum(failed for *_, failed in days)
    parts = [
        f'<svg class="chart" height="{height}" role="img" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{ran:,} in all, {broke:,} failed.</desc>',
    ]
    for value in range(0, top + 1, step):
        y = scale.y(value)
        parts.append(f'<line class="grid" x1="{left - 0.5}%" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="0" y="{y + 4:.1f}">{value:,}</text>')
    for index, (label, done, failed) in enumerate(days):
        x = left + index * width
        parts.append(_column(label, done, failed, x=x, width=width, scale=scale))
        if index % every == 0:
            minor = ' class="minor"' if index % (2 * every) else ""
            middle = f'x="{x + width / 2:.2f}%" y="{height - 5}" text-anchor="middle"'
            parts.append(f"<text{minor} {middle}>{escape(label)}</text>")
    return mark_safe("".join(parts) + "</svg>")  # noqa: S308 (labels are escaped)


def _column(label: str, done: int, failed: int, *, x: float, width: float, scale: Scale) -> str:
    """One day: a hover area with the figures as its title, the done part, the failed part on top."""
    left, thick = x + width * 0.2, width * 0.6
    base, peak = scale.y(done), scale.y(done + failed)
    parts = [
        f'<g class="col"><title>{escape(label)}: {done:,} done, {failed:,} failed</title>'
        f'<rect class="hit" x="{x:.2f}%" y="{scale.head}" width="{width:.2f}%" height="{scale.plot}" rx="6"/>'
    ]
    if done:
        tall = scale.y(0) - base
        parts.append(
            f'<rect class="ok" x="{left:.2f}%" y="{base:.1f}" width="{thick:.2f}%" height="{tall:.1f}" rx="3"/>'
        )
    if failed:
        tall = max(base - peak, 2.5)
        parts.append(
            f'<rect class="bad" x="{left:.2f}%" y="{peak - 1.5:.1f}" width="{thick:.2f}%" height="{tall:.1f}" rx="2"/>'
        )
    return "".join(parts) + "</g>"


def line(values: Sequence[float], *, title: str, height: int = 116) -> SafeString:
    """A line over equal steps with its area filled. title: what is shown, for those who do not see it."""
    if len(values) < 2:
        return SafeString("")
    most = max(values) * 1.1 or 1
    points = [f"{i * 100 / (len(values) - 1):.2f} {100 - value / most * 100:.2f}" for i, value in enumerate(values)]
    path = "M" + " L".join(points)
    return mark_safe(  # noqa: S308 (the title is escaped)
        f'<svg class="chart" height="{height}" role="img" aria-label="{escape(title)}">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="{height}" aria-hidden="true">'
        f'<path class="area" d="{path} L100 100 L0 100Z"/><path class="line" d="{path}"/></svg></svg>'
    )


def ring(percent: float, *, title: str) -> SafeString:
    """A ring filled to `percent` (0 to 100) with the number inside."""
    share = min(100.0, max(0.0, percent))
    around = 251.4
    return mark_safe(  # noqa: S308 (the title is escaped)
        f'<svg class="ring" viewBox="0 0 92 92" role="img" aria-label="{escape(title)}">'
        '<circle class="t" cx="46" cy="46" r="40"/>'
        f'<circle class="f" cx="46" cy="46" r="40" stroke-dasharray="{around * share / 100:.1f} {around}" '
        'transform="rotate(-90 46 46)"/>'
        f'<text x="46" y="54.5" text-anchor="middle">{share:.0f}</text></svg>'
    )


def meter(percent: float) -> SafeString:
    """A thin bar filled to `percent` (0 to 100); the figure itself stands beside it in words."""
    share = min(100.0, max(0.0, percent))
    return mark_safe(  # noqa: S308 (numbers only)
        '<svg class="bar" aria-hidden="true"><rect width="100%" height="8" rx="4"/>'
        f'<rect width="{share:.1f}%" height="8" rx="4"/></svg>'
    )
