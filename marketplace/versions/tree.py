"""The files of a version as a tree, each with what was found in it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.models import PluginFile

RANKS = ("critical", "high", "medium", "low", "info")
ICONS = {
    "md": "file-text",
    "json": "braces",
    "yaml": "braces",
    "yml": "braces",
    "toml": "braces",
    "py": "file-code",
    "js": "file-code",
    "ts": "file-code",
    "sh": "file-terminal",
}


@dataclass
class Node:
    """A folder or a file. findings: how many; worst: their severity. change: added, changed or empty."""

    name: str
    path: str = ""
    icon: str = "file"
    findings: int = 0
    worst: str = ""
    change: str = ""
    children: list["Node"] = field(default_factory=list)

    @property
    def is_folder(self) -> bool:
        return not self.path


def tree_of(
    files: Iterable[PluginFile], findings: Sequence[Mapping[str, Any]], changes: Mapping[str, str] | None = None
) -> list[Node]:
    """Folders first in the order of their paths. changes: what became of each path since the version before."""
    counts = Counter(str(finding["file"]) for finding in findings)
    worst: dict[str, str] = {}
    for finding in findings:
        known = worst.get(finding["file"], RANKS[-1])
        worst[finding["file"]] = min(known, finding["severity"], key=RANKS.index)
    root = Node("")
    for file in sorted(files, key=lambda file: file.path):
        *folders, name = file.path.split("/")
        at = root
        for folder in folders:
            inner = next((child for child in at.children if child.is_folder and child.name == folder), None)
            if inner is None:
                inner = Node(folder, icon="folder-open")
                at.children.append(inner)
            at = inner
        change = (changes or {}).get(file.path, "")
        found = Node(name, file.path, icon_of(file), counts[file.path], worst.get(file.path, ""), change)
        at.children.append(found)
    return root.children


def icon_of(file: PluginFile) -> str:
    """The icon of a file by its kind."""
    if file.path.rpartition("/")[2] == "SKILL.md":
        return "graduation-cap"
    return ICONS.get(file.path.rpartition(".")[2].lower(), "file" if file.is_text else "file-digit")
