"""Trees of files, wherever they are: listed first, read only where a limit allows it, never written anywhere."""

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

EntryKind = Literal["file", "link", "module"]
MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a tree. path: with slashes, from the top; size: bytes; module: a git submodule."""

    path: str
    kind: EntryKind
    size: int = 0
    executable: bool = False


class Tree(ABC):
    """Files of one source. name: what a skill at the top is called when it does not say."""

    name: str
    entries: Sequence[Entry]
    warnings: Sequence[str] = ()

    @abstractmethod
    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Path and content of each of these files, in this order. Paths are of entries of kind file."""


class MemoryTree(Tree):
    """Files held in memory."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        name: str,
        executable: Container[str] = (),
        links: Iterable[str] = (),
        warnings: Sequence[str] = (),
    ) -> None:
        self.name, self.warnings = name, warnings
        self.entries = [Entry(path, "file", len(data), path in executable) for path, data in files.items()]
        self.entries += [Entry(path, "link") for path in links]
        self._files = files

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((path, self._files[path]) for path in paths)


class FolderTree(Tree):
    """A folder of this machine. Symbolic links are listed and never followed, also not while reading."""

    def __init__(self, folder: Path) -> None:
        self.name, self._folder = folder.name, folder
        self.entries = list(self._walk())
        if len(self.entries) == MOST_ENTRIES:
            self.warnings = (f"Only the first {MOST_ENTRIES:,} files were looked at.",)

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            handle = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(handle, "rb") as file:
                yield path, file.read()

    def _walk(self) -> Iterator[Entry]:
        left = MOST_ENTRIES
        for folder, folders, files in os.walk(self._folder, followlinks=False):
            folders.sort()
            for name in [*folders, *sorted(files)]:
                path = Path(folder, name)
                status = path.lstat()
                kind = _kind(status.st_mode)
                if kind and left:
                    left -= 1
                    executable = bool(status.st_mode & stat.S_IXUSR)
                    yield Entry(path.relative_to(self._folder).as_posix(), kind, status.st_size, executable)
            if not left:
                return


def _kind(mode: int) -> EntryKind | None:
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else None
