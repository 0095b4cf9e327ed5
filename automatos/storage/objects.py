"""Reading and writing files, wherever they are kept. Names have slashes; `automatos/storage/names.py` makes them.

Everything here waits for a disk or a network: from asynchronous code call it in a thread.
"""

from typing import cast

from django.conf import settings
from django.core.files.storage import storages

from automatos.storage.store import Store, Stored

# How long an address for a download is good: a person clicks at once, and a copied address soon is worth nothing.
LINK_SECONDS = 300


def store() -> Store:
    """The store in use: the settings' default storage."""
    return cast(Store, storages["default"])


def read(name: str) -> bytes:
    """The whole content. Raises FileNotFoundError, or StorageDown."""
    return store().read(name)


def write(name: str, data: bytes) -> None:
    """Make or replace a file, which readers see whole. Raises StorageDown."""
    store().replace(name, data)


def keep(name: str, data: bytes) -> bool:
    """Make a file that is never replaced; False where there is one already. Raises StorageDown."""
    return store().keep(name, data)


def remove(name: str) -> None:
    """Remove a file, if it is there. Raises StorageDown."""
    store().discard(name)


def exists(name: str) -> bool:
    """Whether there is such a file. Raises StorageDown."""
    return store().holds(name)


def listing(folder: str) -> list[Stored]:
    """The files of a folder by name, with size and time, in one question. Raises StorageDown."""
    return store().files_in(folder)


def remove_folder(folder: str) -> int:
    """Remove a folder with all that is in it; how many bytes its files were. Raises StorageDown."""
    return store().remove_folder(folder)


def link(name: str, *, filename: str) -> str | None:
    """An address from which a browser saves the file, signed for five minutes; None: the product has to send it itself.

    filename: what it is saved as. Whether the caller may have it is asked before.
    """
    if not settings.FILES_LINKS:
        return None
    return store().link(name, filename=filename, seconds=LINK_SECONDS)
