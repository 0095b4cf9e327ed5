"""What agents are told of a version of a plugin, in short, made once when a workspace takes the version.

The database gives it at every claim of a step, so it is little: summaries, names, and one text of at most LONGEST_TEXT
characters. The rest of the package is read by tool calls.
"""

from collections.abc import Mapping
from typing import Any

from marketplace.context.arguments import named_arguments, places_in
from marketplace.hooks.reading import hooks_of
from marketplace.models import PluginVersion

LONGEST_SUMMARY = 300
LONGEST_TEXT = 6_000
MOST_PARTS = 60


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
        **({"hooks": hooks} if (hooks := hooks_of(package)) else {}),
    }


def _command(row: Mapping[str, Any]) -> dict[str, Any]:
    """positions: how many of `$1` to `$9` its text has; takes_all: whether it has `$ARGUMENTS`, or none of all."""
    named = named_arguments(row)
    positions, takes_all = places_in(str(row.get("body") or ""), named)
    return {
        "name": _line(row.get("name"), 64),
        "summary": _line(row.get("description"), LONGEST_SUMMARY),
        "hint": _line(row.get("argument_hint"), 200),
        "positions": positions,
        "named": named,
        "takes_all": takes_all,
        # Its author wants people alone to call it.
        **({"by_people": True} if str(_extra(row).get("disable-model-invocation")).lower() == "true" else {}),
    }


def _extra(row: Mapping[str, Any]) -> Mapping[str, Any]:
    extra = row.get("extra")
    return extra if isinstance(extra, dict) else {}


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
