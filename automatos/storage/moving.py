"""All files from one store into another, each compared after it is written. It may be stopped and started again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from automatos.storage.store import StorageDown, Store

Outcome = Literal["copied", "already there"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one file. size: bytes."""

    name: str
    size: int
    outcome: Outcome


def move(source: Store, target: Store, *, remove: bool, dry: bool = False) -> Iterator[Moved]:
    """Copy every file. remove: from the source, once it is there; dry: say what would be done.

    Raises StorageDown for a file that does not arrive as it left; those before it have arrived.
    """
    for file in list(source.walk()):
        try:
            data = source.read(file.name)
        except FileNotFoundError:
            continue  # removed meanwhile
        present = _content(target, file.name) == data
        if not present and not dry:
            target.replace(file.name, data)
            if _content(target, file.name) != data:
                raise StorageDown(f"{file.name} did not arrive as it left. Nothing was removed; try again.")
        if remove and not dry:
            source.discard(file.name)
        yield Moved(file.name, len(data), "already there" if present else "copied")


def _content(store: Store, name: str) -> bytes | None:
    try:
        return store.read(name)
    except FileNotFoundError:
        return None
