"""What a store of files can do, whichever it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from automatos.errors import Unavailable


class StorageDown(Unavailable):
    """The store does not answer, is full, or refuses us. What was asked did not happen, or may have."""

    code = "storage_down"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file there is. name: whole, with slashes; size: bytes."""

    name: str
    size: int
    modified: datetime

    @property
    def base(self) -> str:
        """The last part of its name."""
        return self.name.rpartition("/")[2]


class Store(Protocol):
    """Files by name. Every method raises StorageDown; reading what is not there raises FileNotFoundError."""

    def read(self, name: str) -> bytes:
        """The whole content."""

    def replace(self, name: str, data: bytes) -> None:
        """Make or replace a file. Whoever reads meanwhile gets the old content or the new, never a part."""

    def keep(self, name: str, data: bytes) -> bool:
        """Make a file that nothing will replace; False, and nothing is written, where the name is taken."""

    def discard(self, name: str) -> None:
        """Remove a file, if it is there."""

    def holds(self, name: str) -> bool:
        """Whether there is such a file."""

    def files_in(self, folder: str) -> list[Stored]:
        """The files of one folder by name, not of the folders in it."""

    def walk(self, folder: str = "") -> Iterator[Stored]:
        """Every file below a folder, by name."""

    def remove_folder(self, folder: str) -> int:
        """Remove all that is below a folder; how many bytes that was."""

    def link(self, name: str, *, filename: str, seconds: int) -> str | None:
        """An address that gives the file to whoever has it, for so long; None where files go through the product."""
