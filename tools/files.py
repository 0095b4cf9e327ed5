"""The files of a run, kept in the product's file storage."""

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from uuid import UUID

from django.utils import timezone

from automatos.storage import objects
from automatos.storage.names import folder_of
from automatos.storage.store import StorageDown
from tools.contract import FileEntry, ToolProblem

MOST_FILES = 50
LARGEST = 10_000_000
LARGEST_SUM = 50_000_000
LONGEST_NAME = 100
MOST_BYTES = 200  # of a name: what every file system takes
LONGEST_ENDING = 10
SIGNS = " ._-+()"
NAME_RULE = (
    "A name has up to 100 letters, digits, blanks or . _ - + ( ), starts with a letter or digit, and has no folder."
)


def clean_name(name: str) -> str:
    """The name in one spelling; raises ToolProblem for one that cannot be used."""
    name = unicodedata.normalize("NFC", name).strip()
    fits = 0 < len(name) <= LONGEST_NAME and len(name.encode("utf-8", "replace")) <= MOST_BYTES
    if not fits or not name[0].isalnum() or ".." in name or name.endswith(".") or not all(map(_may_stand, name)):
        raise ToolProblem(f"{name[:60]!r} cannot be the name of a file. {NAME_RULE}")
    return name


def fitting_name(name: str) -> str:
    """The name of a person's file in letters that a run's file may have: what cannot stand becomes `_`.

    Raises ToolProblem where nothing of it is left.
    """
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    kept = "".join(letter if _may_stand(letter) else "_" for letter in " ".join(base.split()))
    kept = re.sub(r"\.{2,}", ".", kept).lstrip(SIGNS).rstrip(". ")
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        stem, dot, ending = kept, "", ""
    room = MOST_BYTES - len(f"{dot}{ending}".encode())
    stem = stem[: LONGEST_NAME - len(ending) - 1].encode()[:room].decode(errors="ignore").rstrip(". ")
    return clean_name(f"{stem}{dot}{ending}")


def _may_stand(letter: str) -> bool:
    """Letters, the marks that some scripts put over or under them, digits, and a few signs."""
    return letter.isalnum() or letter in SIGNS or unicodedata.category(letter).startswith("M")


def run_folder(workspace_id: UUID, execution_id: UUID) -> str:
    """Where the files of a run are."""
    return f"{folder_of('runs', workspace_id)}/{execution_id}"


def input_folder(workspace_id: UUID, execution_id: UUID) -> str:
    """Where the files are that a run began with; no file of a run can be called like it."""
    return f"{run_folder(workspace_id, execution_id)}/_inputs"


def remove_run_files(workspace_id: UUID, execution_id: UUID) -> int:
    """Remove all files of a run, and its folder; how many bytes they were."""
    return objects.remove_folder(run_folder(workspace_id, execution_id))


class StoredRunFiles:
    """Files under `runs/<workspace>/<execution>/`: at most 50, of 10 MB each, 50 MB in all.

    Those that the run began with stay as they were sent; one that is written under the same name hides it.

    above: runs whose files are read too, the nearest first, and never written. count: told the bytes that a file adds,
    less than 0 for fewer, before they are written; ToolProblem without room.
    """

    def __init__(
        self,
        workspace_id: UUID,
        execution_id: UUID,
        *,
        count: Callable[[int], Awaitable[None]] | None = None,
        above: Sequence[UUID] = (),
    ) -> None:
        self.folder = run_folder(workspace_id, execution_id)
        self._inputs = input_folder(workspace_id, execution_id)
        self._folders = [
            folder(workspace_id, key) for key in (execution_id, *above) for folder in (run_folder, input_folder)
        ]
        self._count = count
        self._writing = asyncio.Lock()

    async def list(self) -> Sequence[FileEntry]:
        """All files, by name."""
        return await asyncio.to_thread(self._all)

    async def read(self, name: str) -> bytes:
        """The content of one file; ToolProblem naming the files there are when it is missing."""
        return await asyncio.to_thread(self._read, clean_name(name))

    async def sent(self, name: str) -> bytes:
        """The content of a file that the run began with, as it was sent; FileNotFoundError where there is none."""
        return await asyncio.to_thread(self._sent, clean_name(name))

    async def path_of(self, name: str) -> str:
        """Where the file of this name is kept; FileNotFoundError where there is none."""
        return await asyncio.to_thread(self._path_of, clean_name(name))

    async def write(self, name: str, data: bytes, *, is_input: bool = False) -> FileEntry:
        """Make or replace a file; ToolProblem when it, or all together, would be too large.

        is_input: the run begins with it.
        """
        name = clean_name(name)
        async with self._writing:
            folder = self._inputs if is_input else self.folder
            more = await asyncio.to_thread(self._growth, folder, name, data)
            if self._count and more:
                await self._count(more)
            try:
                return await asyncio.to_thread(self._write, folder, name, data)
            except StorageDown:
                if self._count and more:
                    await self._count(-more)
                raise

    def _path_of(self, name: str) -> str:
        found = next((path for folder in self._folders if objects.exists(path := f"{folder}/{name}")), None)
        if found is None:
            raise FileNotFoundError(name)
        return found

    def _sent(self, name: str) -> bytes:
        try:
            return objects.read(f"{self._inputs}/{name}")
        except FileNotFoundError:  # a release before this one kept them among the others
            return objects.read(f"{self.folder}/{name}")

    def _all(self) -> Sequence[FileEntry]:
        """One's own, and those above that none of them hides."""
        found: dict[str, FileEntry] = {}
        for folder in reversed(self._folders):
            found |= {file.base: FileEntry(file.base, file.size, file.modified) for file in objects.listing(folder)}
        return [found[name] for name in sorted(found)]

    def _read(self, name: str) -> bytes:
        for folder in self._folders:
            with suppress(FileNotFoundError):
                return objects.read(f"{folder}/{name}")
        names = [entry.name for entry in self._all()]
        there_are = f"There are: {', '.join(names)}." if names else "This run has no files yet."
        raise ToolProblem(f"There is no file {name!r}. {there_are}")

    def _growth(self, folder: str, name: str, data: bytes) -> int:
        """How many bytes more there will be; ToolProblem when the run's own limits are reached."""
        if len(data) > LARGEST:
            raise ToolProblem(f"The file would have {len(data):,} bytes; at most {LARGEST:,} are kept.")
        entries = [file for each in (self.folder, self._inputs) for file in objects.listing(each)]
        others = [file for file in entries if file.name != f"{folder}/{name}"]
        if len(others) >= MOST_FILES:
            raise ToolProblem(f"This run has {MOST_FILES} files, the most there may be. Replace one of them.")
        together = sum(file.size for file in others) + len(data)
        if together > LARGEST_SUM:
            raise ToolProblem(
                f"The run's files would have {together:,} bytes together; at most {LARGEST_SUM:,} are kept."
            )
        return together - sum(file.size for file in entries)

    def _write(self, folder: str, name: str, data: bytes) -> FileEntry:
        objects.write(f"{folder}/{name}", data)
        return FileEntry(name, len(data), timezone.now())
