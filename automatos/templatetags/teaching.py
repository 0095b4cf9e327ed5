"""Template tags for what runs teach: scores, grades, bars, the trend, intervals."""

from collections.abc import Callable, Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from automatos import drawings_trend, words
from automatos.templatetags.ui import lucide
from recipes.evaluations.expectations import LABELS

register = template.Library()

# The lowest score that is drawn as good.
GOOD = 0.75
SIGNS = {"high": "circle-alert", "medium": "triangle-alert", "low": "info"}


@register.filter
def score(value: float | None) -> str:
    """0.8642 -> "0.86"; empty for none."""
    return "" if value is None else f"{value:.2f}"


@register.simple_tag
def grade_mark(letter: str) -> SafeString:
    """A grade in its tone."""
    tone = "" if letter in ("A", "B") else " mid" if letter == "C" else " low"
    if not letter:
        return SafeString("")
    return format_html('<span class="grade{}" title="grade {}">{}</span>', tone, letter, letter)


@register.simple_tag
def score_bar(value: float) -> SafeString:
    """A bar filled to a share of 1; its figure stands beside it."""
    tone = "" if value >= GOOD else " mid"
    return format_html(
        '<svg class="bar{}" width="100%" height="8" aria-hidden="true"><rect width="100%" height="8" rx="4"/>'
        '<rect width="{}%" height="8" rx="4"/></svg>',
        tone,
        f"{100 * min(1.0, max(0.0, value)):.1f}",
    )


@register.simple_tag
def severity_mark(word: str) -> SafeString:
    """A severity or priority with its icon."""
    return format_html('<span class="severity {}">{}{}</span>', word, lucide(SIGNS.get(word, "info"), size=14), word)


@register.simple_tag
def quality_trend(labels: Sequence[str], values: Sequence[float], threshold: float) -> SafeString:
    """The scores of runs, oldest first, and what they are expected to reach."""
    series: list[drawings_trend.Series] = [("quality", "a", values), ("expected", "b", [threshold] * len(values))]
    return drawings_trend.trend(
        labels,
        series,
        title="Quality of the last runs",
        name="quality-trend",
        told=lambda value: f"{value:.2f}",
        most=1,
    )


@register.simple_tag
def interval(label: str, mean: float, half: float | None, now: bool = False) -> SafeString:
    """A mean with its 95 % interval on a line from 0 to 1."""
    low, high = (max(0.0, mean - (half or 0)), min(1.0, mean + (half or 0)))
    told = f"{label}: mean {mean:.2f}" + (f", interval {low:.2f} to {high:.2f}" if half is not None else "")
    drawn = format_html_join(
        "",
        '<line class="whisker" x1="{}%" x2="{}%" y1="9" y2="9"/>',
        [(f"{100 * low:.1f}", f"{100 * high:.1f}")] if half is not None else [],
    )
    return format_html(
        '<svg class="interval" height="18" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="100%" y1="9" y2="9"/>'
        '<g class="{}">{}<circle class="mean" cx="{}%" cy="9" r="4.5"/></g></svg>',
        told,
        "now" if now else "",
        drawn,
        f"{100 * mean:.1f}",
    )


@register.simple_tag
def pass_interval(line: Any, gate: float) -> SafeString:
    """The share of cases that pass, with its interval, on a line from 0 to 1, and where it has to reach."""
    rate = line.rate
    low, high = rate.low, rate.high
    told = f"{line.passed} of {line.decided} pass, interval {100 * low:.0f} to {100 * high:.0f} percent"
    return format_html(
        '<svg class="interval" height="24" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="100%" y1="12" y2="12"/><line class="gate" x1="{}%" x2="{}%" y1="0" y2="24"/>'
        '<g class="{}"><line class="whisker" x1="{}%" x2="{}%" y1="12" y2="12"/>'
        '<circle class="mean" cx="{}%" cy="12" r="4.5"/></g></svg>',
        told,
        f"{100 * gate:.1f}",
        f"{100 * gate:.1f}",
        "now" if line.difference is not None else "",
        f"{100 * low:.1f}",
        f"{100 * high:.1f}",
        f"{100 * rate.value:.1f}",
    )


VERDICTS = {
    "passed": ("check", "pass"), "failed": ("x", "fail"), "undecided": ("circle-help", "none"),
    "budget": ("ban", "none"), "cancelled": ("ban", "none"), "": ("loader", "none"),
}  # fmt: skip


@register.simple_tag
def verdict_mark(cell: Any) -> SafeString:
    """What a case came to, as icon, word and quality."""
    icon, tone = VERDICTS[cell.verdict]
    word = cell.get_verdict_display() if cell.verdict else cell.get_status_display()
    quality = format_html(" <small>{}</small>", score(cell.quality)) if cell.quality is not None else ""
    return format_html('<span class="verdict {}">{}{}{}</span>', tone, lucide(icon, size=15), word, quality)


@register.filter
def expectation_label(kind: str) -> str:
    """The kind of an expectation in words."""
    return LABELS[kind]


SAID = {"better": "better", "worse": "worse", "unclear": "no clear difference", "too_few": "too few runs"}
EFFECT_SIGNS = {"better": "trending-up", "worse": "trending-down", "unclear": "minus", "too_few": "hourglass"}


@register.simple_tag
def effect_mark(verdict: str) -> SafeString:
    """Whether a figure became better, as an icon and words."""
    tone = {"better": " ok", "worse": " warn"}.get(verdict, "")
    return format_html('<span class="pill{}">{}{}</span>', tone, lucide(EFFECT_SIGNS[verdict], size=14), SAID[verdict])


def _two_places(number: float) -> str:
    return f"{number:.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


WRITERS: dict[str, Callable[[float], str]] = {
    "success_rate": _percent,
    "cost": words.money,
    "duration_ms": words.duration,
}


@register.simple_tag
def estimate(name: str, value: Any) -> str:
    """A figure of runs and half of its 95 % interval, in the unit of its name; a share with the interval's ends."""
    if value is None:
        return "none"
    write = WRITERS.get(name, _two_places)
    if value.half is None:
        return write(value.value)
    if name == "success_rate":
        return f"{write(value.value)} ({write(value.low)} to {write(value.high)})"
    return f"{write(value.value)} ± {write(value.half)}"
