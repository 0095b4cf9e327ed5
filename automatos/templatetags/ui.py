"""Template tags of the interface; loaded in every template as built-ins."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select, Textarea
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as draw_icon

from automatos import drawings, drawings_trend, markdown, words

register = template.Library()

# Status: (tone, icon). Every state has a word and an icon, never colour alone.
LOOKS = {
    "pending": ("", "clock"),
    "waiting": ("warn", "clock"),
    "running": ("ember", ""),
    "completed": ("ok", "circle-check"),
    "failed": ("bad", "circle-x"),
    "cancelled": ("", "circle-slash"),
    "stopped": ("warn", "octagon-pause"),
    "skipped": ("", "skip-forward"),
    "draft": ("", "pencil"),
    "inactive": ("", "circle-pause"),
    "active": ("ok", "circle-check"),
    "paused": ("warn", "circle-pause"),
    "maintenance": ("warn", "wrench"),
    "error": ("bad", "circle-x"),
    "retired": ("", "archive"),
}


@lru_cache(maxsize=512)
def _icon(name: str, size: int, attributes: tuple[tuple[str, str], ...]) -> SafeString:
    given = dict(attributes)
    if not given.get("aria_label"):
        given["aria_hidden"] = "true"
    return mark_safe(draw_icon(name, size=size, **given))  # noqa: S308 (our own icon files)


@register.simple_tag
def lucide(name: str, *, size: int = 24, **attributes: object) -> SafeString:
    """An icon, hidden from screen readers unless aria_label names it. Other attributes go onto the svg."""
    return _icon(name, size, tuple((key, str(value)) for key, value in attributes.items()))


@register.simple_tag
def face(seed: object, size: str = "") -> SafeString:
    """The automaton of the agent with this id. size: empty (36 px), "sm" (24) or "lg" (56)."""
    return drawings.face(seed, f"av {size}".strip())


@register.simple_tag
def status_pill(status: str, label: str = "") -> SafeString:
    """A status with its word, icon and tone. label: the page's word (get_status_display)."""
    tone, icon = LOOKS.get(status, ("", "circle"))
    sign = lucide(icon, size=14) if icon else SafeString('<i class="dot"></i>')
    live = " live" if status == "running" else ""
    return format_html('<span class="pill {}{}">{}{}</span>', tone, live, sign, label or status.capitalize())


@register.simple_tag
def bars(days: Sequence[tuple[str, int, int]], title: str, name: str = "bars") -> SafeString:
    """A chart of (label, done, failed) columns."""
    return drawings.bars(days, title=title, name=name)


@register.simple_tag
def line(values: Sequence[float], title: str) -> SafeString:
    """A line chart of equally spaced values."""
    return drawings.line([float(value) for value in values], title=title)


# How a trend's values are told.
TOLD: dict[str, Callable[[float], str]] = {
    "tokens": words.short,
    "percent": lambda value: f"{value:.0f}%",
    "duration": words.duration,
    "money": words.money,
}


@register.simple_tag
def trend(
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    title: str,
    name: str,
    unit: str,
    beside: Sequence[float | None] | None = None,
) -> SafeString:
    """Values over days; beside: a second line, dashed. unit: tokens, percent, duration (ms) or money (US dollars)."""
    series: list[drawings_trend.Series] = [("", "a", values)]
    if beside is not None:
        series = [("typical", "a", values), ("95 of 100 under", "b", beside)]
    most = 100 if unit == "percent" else 0
    return drawings_trend.trend(labels, series, title=title, name=name, told=TOLD[unit], most=most)


@register.simple_tag
def ring(percent: float, title: str) -> SafeString:
    """A ring filled to a percentage, with the number inside."""
    return drawings.ring(float(percent), title=title)


@register.simple_tag
def meter(percent: float) -> SafeString:
    """A thin bar filled to a percentage."""
    return drawings.meter(float(percent))


@register.filter
def duration(milliseconds: float | None) -> str:
    """24100 -> "24.1 s"."""
    return words.duration(milliseconds)


@register.filter
def clock(milliseconds: float | None) -> str:
    """102000 -> "1:42"."""
    return words.clock(milliseconds)


@register.filter
def compact(number: float | None) -> str:
    """18204 -> "18,204", 4100000 -> "4.1M"."""
    return words.compact(number)


@register.filter
def figure(text: str) -> str:
    """As in "64000" -> "64,000"; anything but a whole number stays as it is."""
    return f"{int(text):,}" if text.isascii() and text.isdigit() else text


@register.filter
def short(number: float | None) -> str:
    """12900 -> "12.9k"."""
    return words.short(number)


@register.filter
def for_people(error: str | None) -> str:
    """An error without its sentences about settings of the server, which nobody of a workspace can change."""
    return words.without_settings(error or "")


@register.filter
def first_few(names: Sequence[str]) -> str:
    """Names in a line, of very many the first ones and how many more there are."""
    return words.first_few(names)


@register.filter
def money(dollars: Decimal | float | None) -> str:
    """0.118 -> "$0.118"."""
    return words.money(dollars)


@register.filter
def ago(moment: datetime | None) -> str | SafeString:
    """A time element: how long ago in words, the exact moment for machines and as its title. None is "never"."""
    return "never" if moment is None else _time(moment, words.ago(moment))


@register.filter
def until(moment: datetime) -> SafeString:
    """The same of a time to come."""
    return _time(moment, words.until(moment))


def _time(moment: datetime, text: str) -> SafeString:
    here = timezone.localtime(moment)
    exact = f"{here.day} {here:%B %Y, %H:%M %Z}"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, text)


@register.filter(name="markdown")
def render_markdown(text: str | None) -> SafeString:
    """Markdown as sanitised HTML; put it inside an element of class prose."""
    return markdown.render(text or "")


@register.filter
def styled(field: BoundField) -> SafeString:
    """The field's control in our looks; a class its form gave it is kept."""
    widget = field.field.widget
    if widget.attrs.get("class") or isinstance(widget, RadioSelect):
        return SafeString(field)
    looks = {CheckboxInput: "check", Select: "select", Textarea: "input textarea"}
    found = next((classes for kind, classes in looks.items() if isinstance(widget, kind)), "input")
    # A placeholder that only repeats the label vanishes while typing and helps nobody.
    return SafeString(field.as_widget(attrs={"class": found, "placeholder": False}))


@register.simple_tag
def form_token() -> SafeString:
    """A hidden field that tells one sending of a form from the next: what it starts, it starts once."""
    return format_html('<input type="hidden" name="token" value="{}" data-token>', secrets.token_urlsafe(18))
