"""The files of one package while it is read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from automatos.paths import is_unsafe
from marketplace.packages.notes import Notes, refusal, shown
from marketplace.packages.package import PackageFile

NEVER_ENTERED = frozenset({".git", "node_modules", "__pycache__"})


@dataclass(frozen=True)
class Folder:
    """Every file by its path from the package's root. name: of the folder itself; notes: where faults are kept."""

    name: str
    files: Sequence[PackageFile]
    notes: Notes = field(default_factory=Notes)

    @cached_property
    def by_path(self) -> dict[str, PackageFile]:
        """The files, in order of their paths."""
        return {file.path: file for file in sorted(self.files, key=lambda file: file.path)}

    def get(self, path: str) -> PackageFile | None:
        """The file at exactly this path."""
        return self.by_path.get(path)

    def matching(self, pattern: str) -> list[PackageFile]:
        """Files whose whole path fits the regular expression, but none of an installed library or of git."""
        fits = re.compile(pattern)
        return [
            file
            for path, file in self.by_path.items()
            if fits.fullmatch(path) and not NEVER_ENTERED.intersection(path.split("/"))
        ]

    def markdown(self, folder: str, *, deep: bool = True) -> list[PackageFile]:
        """The Markdown files in a folder ("" for the root) and, if deep, in those below it."""
        start = re.escape(f"{folder}/") if folder else ""
        return self.matching(start + (r"(?:.*/)?" if deep else "") + r"[^/]+\.(?i:md)")

    def holds(self, folder: str) -> bool:
        """Whether any file lies below this folder ("" is the root)."""
        return any(not folder or path.startswith(f"{folder}/") for path in self.by_path)

    def inside(self, value: object, where: str) -> str | None:
        """A path that a manifest names, from the root and without `./`; None, with a warning, if there is no such file.

        where: the manifest's own path. Raises PackageRefused for a path that leads out.
        """
        if not isinstance(value, str):
            self.notes.warn("manifest_path", where, f"{shown(str(value))} should be a path and was passed over.")
            return None
        path = _normal(value)
        if path is None:
            sentence = f"{shown(value)} leads out of the package. Name files inside it, from its root."
            raise refusal("unsafe_path", where, sentence)
        if path not in self.by_path and not self.holds(path):
            self.notes.warn("missing_file", where, f"{shown(value)} is named here, but there is no such file.")
            return None
        return path


def _normal(value: str) -> str | None:
    """A relative path in its shortest form, "" for the root; None for one that leads out."""
    text = value.strip().removeprefix("${CLAUDE_PLUGIN_ROOT}/").replace("\\", "/")
    path = "/".join(part for part in text.split("/") if part not in ("", "."))
    if text.startswith("/") or (path and is_unsafe(path)):
        return None
    return path


def under(root: str, paths: Iterable[str]) -> list[str]:
    """Those paths that lie in a folder ("" for the root), as they are."""
    return [path for path in paths if not root or path.startswith(f"{root}/")]
