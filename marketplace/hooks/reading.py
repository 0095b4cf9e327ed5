"""The hooks of a package as they can listen here; what would need a shell or a model of its own is inert, with why.

A hook that works says what it does: `context` adds its text, `refuse` stops what is about to happen, `ask` has a person
decide, `http` calls an address. `matcher` names tools; `match` has texts of which a field has to hold one.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from marketplace.hooks.events import EVENTS, place_of

DOES = ("context", "refuse", "ask", "http")
FIELDS = ("tool_name", "tool_input", "tool_output", "prompt", "answer", "agent")
LONGEST_TEXT, LONGEST_MATCH, MOST, MOST_MATCHES = 4_000, 200, 50, 20
SECONDS = 10.0
# A matcher of Claude Code is a pattern; those that only list names, with `.*` in them, are read.
PLAIN = re.compile(r"[A-Za-z0-9_\-:,| .*^$()]{0,400}")
SHELL = "It starts a program, and nothing of a package runs here."
WHY = {
    "command": SHELL,
    "agent": "It wants an agent of its own to decide; make one and ask it in a recipe.",
    "prompt": "It wants a model of its own to decide, which nobody here would pay for.",
    "mcp_tool": "It calls a tool of an MCP server; connect the server and give agents its tools.",
    "other": SHELL,
}


def hooks_of(package: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that can listen here, in short: event, only, does, tools, match, text, url, seconds, place."""
    found = []
    for number, row in enumerate(_rows(package)):
        if not why_inert(row):
            found.append({**_short(row), "place": number})
    return found[:MOST]


def why_inert(row: Mapping[str, Any]) -> str:
    """Why a hook has no effect here; empty where it has one."""
    kind = str(row.get("kind", ""))
    place = place_of(str(row.get("event", "")))
    if kind not in DOES:
        return WHY.get(kind, SHELL)
    if not place.event:
        return place.why
    if names(str(row.get("matcher") or "")) is None:
        return "Its matcher is a pattern that is not read here; list the names of tools."
    if kind == "http":
        return _why_not_called(str(row.get("action") or ""))
    if place.event == "run_end":
        return "A run that is over cannot be changed; only an address can be told."
    return "" if str(row.get("action") or "").strip() or kind != "context" else "It says nothing."


def listens_to(row: Mapping[str, Any]) -> str:
    """When a hook is asked, in words."""
    return EVENTS.get(place_of(str(row.get("event", ""))).event, "")


def names(matcher: str) -> list[str] | None:
    """The names a matcher lists, `*` for any part; empty for all; None for a pattern that is not read."""
    text = matcher.strip()
    if text in ("", "*", ".*"):
        return []
    if not PLAIN.fullmatch(text):
        return None
    parts = [one.strip().removeprefix("^").removesuffix("$") for one in re.split(r"[|,]", text.strip("()"))]
    parts = [one.replace(".*", "*") for one in parts if one]
    return None if any(re.search(r"[.^$()]", one) for one in parts) else parts


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    place, kind = place_of(str(row["event"])), str(row["kind"])
    extra = row.get("extra")
    more: Mapping[str, Any] = extra if isinstance(extra, dict) else {}
    short: dict[str, Any] = {
        "event": place.event,
        "does": kind,
        "tools": names(str(row.get("matcher") or "")) or [],
        "match": _match(more.get("match")),
    }
    if place.only:
        short["only"] = place.only
    if kind == "http":
        short |= {"url": str(row["action"]), "seconds": min(SECONDS, float(row.get("timeout") or SECONDS))}
        short["said"] = str(row["event"])
    else:
        short["text"] = str(row.get("action") or "")[:LONGEST_TEXT]
    return short


def _match(value: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, texts in value.items() if isinstance(value, dict) else ():
        listed = texts if isinstance(texts, list) else [texts]
        if name in FIELDS:
            found[name] = [str(one)[:LONGEST_MATCH] for one in listed if str(one)][:MOST_MATCHES]
    return found


def _why_not_called(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "Its address cannot be read."
    host = parts.hostname or ""
    if parts.scheme in ("http", "https") and host and settings.OUTSIDE_PRIVATE_HOSTS.has(host, port):
        return ""  # one of the operator's own
    if parts.scheme != "https" or not host or parts.username:
        return "It calls an address that is not https://, and data of runs goes out in no other way."
    return "" if port == 443 else "It calls an address with a port of its own."


def _rows(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    value = package.get("hooks")
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list | tuple) else []
