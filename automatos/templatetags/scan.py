"""Tags for what a scan says: severities, verdicts, what a package asks for."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from automatos.templatetags.ui import lucide

register = template.Library()

BARS = {"critical": 3, "high": 3, "medium": 2, "low": 1, "info": 0}
VERDICTS = {
    "safe": ("ok", "shield-check", "Safe"),
    "review_required": ("medium", "shield-alert", "Review required"),
    "blocked": ("high", "shield-x", "Blocked"),
    "unscanned": ("", "clock", "Being scanned"),
}
ASKS: dict[str, tuple[str, str]] = {
    "tool": ("wrench", "Uses the tool {}"),
    "command": ("terminal", "Runs {}"),
    "host": ("globe", "Reaches {}"),
    "environment": ("key-round", "Reads {}"),
    "user_setting": ("settings-2", "Asks for the setting {}"),
    "secret_setting": ("key-round", "Asks for the secret {}"),
    "dependency": ("package", "Needs the package {}"),
    "executable": ("file-terminal", "Brings the program {}"),
    "path": ("folder-open", "Touches {}"),
    "hook": ("webhook", "Wants a hook on {}"),
    "mcp_server": ("server", "Names the MCP server {}"),
}


@register.simple_tag
def severity(name: str) -> SafeString:
    """A severity with its bars and its word; nothing found is safe."""
    if not name:
        return format_html('<span class="sev ok">{}Nothing found</span>', lucide("check", size=14))
    on = BARS.get(name, 0)
    bars = mark_safe('<b class="on"></b>' * on + "<b></b>" * (3 - on))  # noqa: S308 (constants)
    return format_html('<span class="sev {}"><i aria-hidden="true">{}</i>{}</span>', name, bars, name.capitalize())


@register.simple_tag
def verdict(word: str) -> SafeString:
    """A verdict with its shield."""
    tone, icon, text = VERDICTS.get(word, ("", "shield", word))
    return format_html('<span class="sev {}">{}{}</span>', tone, lucide(icon, size=14), text)


@register.simple_tag
def ask_icon(kind: str) -> SafeString:
    """The icon of something a package asks for."""
    return lucide(ASKS.get(kind, ("circle-dot", ""))[0], size=17)


@register.filter
def ask_text(row: object) -> str:
    """What it asks for, in words."""
    kind, value = getattr(row, "kind", ""), getattr(row, "value", "")
    text = ASKS[kind][1] if kind in ASKS else str(kind).replace("_", " ").capitalize() + " {}"
    return text.replace("{}", str(value))


@register.filter
def waiting(moment: datetime) -> str:
    """How long since then, short: "40 min", "26 h", "3 d"."""
    minutes = (timezone.now() - moment).total_seconds() / 60
    if minutes < 60:
        return f"{max(1, round(minutes))} min"
    hours = minutes / 60
    return f"{round(hours)} h" if hours < 72 else f"{round(hours / 24)} d"


@register.filter
def get(mapping: dict[str, object], key: str) -> object:
    """The value under a key that only the template knows."""
    return mapping.get(key)
