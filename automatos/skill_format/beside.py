"""What stands in a source beside its skills: commands, agents, hooks, MCP servers. It is named, and not taken."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from automatos.skill_format.plain_text import one_line, shorten, visible
from automatos.skill_format.trees import Tree

KINDS = ("command", "agent", "hook", "mcp_server", "plugin")
BY_PATH = (
    ("command", re.compile(r"(?:^|/)commands/(.+)\.md$")),
    ("agent", re.compile(r"(?:^|/)agents/(.+)\.md$")),
    ("hook", re.compile(r"(?:^|.*/)hooks(?:/hooks)?\.json$")),
    ("plugin", re.compile(r"(?:^|.*/)\.claude-plugin/(?:plugin|marketplace)\.json$")),
)
# Files that say more in their JSON: servers by name, and hooks.
SAYING = re.compile(r"(?:^|/)(?:\.?mcp\.json|\.claude-plugin/plugin\.json|\.claude/settings\.json)$")
MCP_FILE = re.compile(r"(?:^|/)\.?mcp\.json$")
NO_PART = re.compile(r"(?:^|/)readme$", re.IGNORECASE)
LARGEST, MOST_READ, MOST_NAMED, LONGEST_NAME = 200_000, 20, 100, 120


@dataclass(frozen=True, slots=True)
class Beside:
    """Things of one kind. names: the first hundred; count: all of them."""

    kind: str
    names: tuple[str, ...]
    count: int


def beside(tree: Tree, homes: Iterable[str], never_entered: frozenset[str]) -> tuple[Beside, ...]:
    """What the tree holds outside of the folders of its skills, by kind in a fixed order."""
    folders = tuple(f"{home}/" for home in homes if home)
    files = {
        entry.path: entry.size
        for entry in tree.entries
        if entry.kind == "file"
        and not entry.path.startswith(folders)
        and not never_entered.intersection(entry.path.split("/"))
    }
    found: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for path in files:
        for kind, pattern in BY_PATH:
            if (match := pattern.search(path)) and not (match.groups() and NO_PART.search(match[1])):
                found[kind][match[1] if match.groups() else path] = None
    saying = [path for path, size in files.items() if SAYING.search(path) and size <= LARGEST][:MOST_READ]
    for path, data in tree.read(saying):
        servers, hooks = _said(data)
        if MCP_FILE.search(path) and not servers:
            servers = [path]
        found["mcp_server"].update(dict.fromkeys(servers))
        if hooks:
            found["hook"][path] = None
    return tuple(Beside(kind, _named(list(names)), len(names)) for kind, names in found.items() if names)


def _said(data: bytes) -> tuple[list[str], bool]:
    """The names of servers in the JSON, and whether it has hooks."""
    try:
        said: Any = json.loads(data)
    except (ValueError, RecursionError):
        return [], False
    if not isinstance(said, dict):
        return [], False
    servers = said.get("mcpServers")
    return list(servers) if isinstance(servers, dict) else [], bool(said.get("hooks"))


def _named(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(shorten(one_line(visible(name)[0]), LONGEST_NAME) for name in names[:MOST_NAMED])
