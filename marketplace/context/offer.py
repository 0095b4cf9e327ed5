"""What agents are told of a version of a plugin, in short, made once when a workspace takes the version.

The database gives it at every claim of a step, so it is little: summaries, names, and one text of at most LONGEST_TEXT
characters. The rest of the package is read by tool calls.
"""

import re
from collections.abc import Mapping
from typing import Any

from marketplace.models import PluginVersion

LONGEST_SUMMARY = 300
LONGEST_TEXT = 6_000
MOST_PARTS = 60
PLACEHOLDER = re.compile(r"\$(ARGUMENTS|[1-9]|[A-Za-z_][A-Za-z0-9_]{0,39})\b")
POSITIONS = 9


def offer_of(version: PluginVersion) -> dict[str, Any]:
    """As JSON: slug, name, version, summary, text, skills, commands."""
    package = version.package
    skills = _rows(package, "skills")
    return {
        "slug": version.plugin.slug,
        "name": _line(package.get("name") or version.plugin.slug, 100),
        "version": version.version,
        "summary": _line(package.get("description"), LONGEST_SUMMARY),
        "text": _text(package, skills),
        "skills": [
            {"name": _line(row.get("name"), 64), "summary": _line(row.get("description"), LONGEST_SUMMARY)}
            for row in skills
            if row.get("name")
        ],
        "commands": [_command(row) for row in _rows(package, "commands") if row.get("name")],
    }


def named_arguments(row: Mapping[str, Any]) -> list[str]:
    """Names of a command's own, from its front matter: `arguments: [file, mode]` or `arguments: file mode`."""
    extra = row.get("extra")
    value = extra.get("arguments") if isinstance(extra, dict) else None
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(word) for word in words if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,39}", str(word))][:20]


def filled(body: str, named: list[str], given: Mapping[str, Any]) -> str:
    """The command's text with its arguments in their places; what was not given is empty."""
    places = [str(given.get(f"argument_{number}", "")) for number in range(1, POSITIONS + 1)]
    line = str(given.get("arguments", "")) or " ".join(filter(None, [*places, *(str(given.get(n, "")) for n in named)]))
    values = {"ARGUMENTS": line, **{str(number): text for number, text in enumerate(places, 1)}}
    values |= {name: str(given.get(name, "")) for name in named}

    def put(match: re.Match[str]) -> str:
        return values.get(match[1], match[0])

    return PLACEHOLDER.sub(put, body)


def _command(row: Mapping[str, Any]) -> dict[str, Any]:
    """positions: how many of `$1` to `$9` its text has; takes_all: whether it has `$ARGUMENTS`, or none of all."""
    found = {match[1] for match in PLACEHOLDER.finditer(str(row.get("body") or ""))}
    positions = max((int(word) for word in found if word.isdigit()), default=0)
    named = named_arguments(row)
    return {
        "name": _line(row.get("name"), 64),
        "summary": _line(row.get("description"), LONGEST_SUMMARY),
        "hint": _line(row.get("argument_hint"), 200),
        "positions": positions,
        "named": named,
        "takes_all": "ARGUMENTS" in found or not (positions or named),
    }


def _text(package: Mapping[str, Any], skills: list[dict[str, Any]]) -> str:
    """Its long description and the texts of its skills, as far as there is room."""
    parts = [str(package.get("long_description") or "")]
    parts += [f"# {row.get('name', '')}\n\n{row.get('body', '')}" for row in skills]
    return "\n\n".join(part.strip() for part in parts if part.strip())[:LONGEST_TEXT]


def _rows(package: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = package.get(name)
    return [row for row in value if isinstance(row, dict)][:MOST_PARTS] if isinstance(value, list) else []


def _line(value: Any, longest: int) -> str:
    return " ".join(str(value or "").replace("\x00", "").split())[:longest]
