"""What a workspace agrees to when it moves to another version: permissions, tools and hosts, and every changed line."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from automatos.line_matching import MOST_STEPS
from automatos.textdiff import Line
from marketplace.models import PluginVersion, VersionStatus
from marketplace.versions import difference

MOST_FILES = 60
# Lines that are shown of all files together, and that are made to be counted; one file alone is shown whole.
MOST_SHOWN, MOST_MADE = 1_000, 20_000
# How things that are asked for are counted in words: one, several.
WORDS = {
    "host": ("host", "hosts"),
    "tool": ("tool", "tools"),
    "hook": ("hook", "hooks"),
    "mcp_server": ("MCP server", "MCP servers"),
}


@dataclass(frozen=True)
class File:
    """A file that differs, with its lines unless there are too many. added, removed: None where nobody counted them."""

    path: str
    kind: str
    lines: Sequence[Line] = ()
    added: int | None = None
    removed: int | None = None
    is_shown: bool = False


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
        return sum(file.added or 0 for file in self.files)

    @property
    def lines_removed(self) -> int:
        return sum(file.removed or 0 for file in self.files)

    @property
    def is_counted(self) -> bool:
        """Whether these are all."""
        return not self.left_out and all(file.added is not None for file in self.files)


def between(before: PluginVersion, after: PluginVersion, opened: str = "") -> Change:
    """From one version to another. Texts of a version that was taken away are not shown. opened: a file's path."""
    found = difference.compare_versions(before, after)
    is_readable = before.status == VersionStatus.APPROVED
    changed = found.files if is_readable else []
    return Change(
        added=found.added,
        removed=found.removed,
        same=found.same,
        files=list(_files(changed[:MOST_FILES], opened)),
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


def _files(changed: Sequence[difference.ChangedFile], opened: str) -> Iterator[File]:
    """Each with its lines as long as there is room for them, the opened one in any case."""
    made = shown = 0
    for each in changed:
        is_opened = each.path == opened
        if made > MOST_MADE and not is_opened:
            yield File(each.path, each.kind)
            continue
        lines = difference.lines_of(each, MOST_STEPS // len(changed))
        made += len(lines)
        is_shown = is_opened or shown + len(lines) <= MOST_SHOWN
        shown += len(lines) if is_shown else 0
        kinds = Counter(line.kind for line in lines)
        yield File(each.path, each.kind, lines if is_shown else (), kinds["add"], kinds["del"], is_shown)
