"""What a workspace agrees to when it moves to another version: permissions, tools and hosts, and every changed line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from automatos.textdiff import Line
from marketplace.models import PluginVersion, VersionStatus
from marketplace.versions import difference

MOST_FILES = 60
# How things that are asked for are counted in words: one, several.
WORDS = {
    "host": ("host", "hosts"),
    "tool": ("tool", "tools"),
    "hook": ("hook", "hooks"),
    "mcp_server": ("MCP server", "MCP servers"),
}


@dataclass(frozen=True)
class File:
    """A file that differs, with its lines."""

    path: str
    kind: str
    lines: Sequence[Line]
    added: int
    removed: int


@dataclass(frozen=True)
class Change:
    """The whole difference. agrees: what accepting agrees to, in words; empty when nothing new is asked for."""

    added: Sequence[difference.Asked]
    removed: Sequence[difference.Asked]
    same: Sequence[difference.Asked]
    files: Sequence[File]
    left_out: int
    agrees: Sequence[str]
    tools: Sequence[str]
    hosts: Sequence[str]
    is_readable: bool

    @property
    def lines_added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def lines_removed(self) -> int:
        return sum(file.removed for file in self.files)


def between(before: PluginVersion, after: PluginVersion) -> Change:
    """From one version to another. Texts of a version that was taken away are not shown."""
    found = difference.compare_versions(before, after)
    is_readable = before.status == VersionStatus.APPROVED
    changed = found.files if is_readable else []
    return Change(
        added=found.added,
        removed=found.removed,
        same=found.same,
        files=[_file(each) for each in changed[:MOST_FILES]],
        left_out=max(0, len(changed) - MOST_FILES),
        agrees=_agrees(found.added),
        tools=[row.value for row in found.added if row.kind == "tool"],
        hosts=[row.value for row in found.added if row.kind == "host"],
        is_readable=is_readable,
    )


def _agrees(added: Sequence[difference.Asked]) -> list[str]:
    kinds = Counter(row.kind if row.kind in WORDS else "other" for row in added)
    words = {**WORDS, "other": ("other permission", "other permissions")}
    return [f"{kinds[kind]} {one if kinds[kind] == 1 else many}" for kind, (one, many) in words.items() if kinds[kind]]


def _file(changed: difference.ChangedFile) -> File:
    lines = difference.lines_of(changed)
    kinds = Counter(line.kind for line in lines)
    return File(changed.path, changed.kind, lines, kinds["add"], kinds["del"])
