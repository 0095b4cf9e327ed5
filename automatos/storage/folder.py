"""Files in a folder of this machine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage

from automatos.storage.store import StorageDown, Stored

# Where a file is written before it gets its name.
UNFINISHED = ".unfinished-"


class Folder(FileSystemStorage):
    """A `Store`, see there. Files appear whole or not at all, also when the process dies while it writes."""

    def read(self, name: str) -> bytes:
        with _telling():
            return Path(self.path(name)).read_bytes()

    def replace(self, name: str, data: bytes) -> None:
        with _telling(), self._written(name, data) as written:
            os.replace(written, self.path(name))

    def keep(self, name: str, data: bytes) -> bool:
        with _telling(), self._written(name, data) as written:
            try:
                os.link(written, self.path(name))
            except FileExistsError:
                return False
            except OSError:
                # A file system without links.
                if self.holds(name):
                    return False
                os.replace(written, self.path(name))
        return True

    def discard(self, name: str) -> None:
        with _telling():
            Path(self.path(name)).unlink(missing_ok=True)

    def holds(self, name: str) -> bool:
        with _telling():
            return Path(self.path(name)).is_file()

    def files_in(self, folder: str) -> list[Stored]:
        with _telling():
            try:
                listed = sorted(os.scandir(self.path(folder)), key=lambda entry: entry.name)
            except (FileNotFoundError, NotADirectoryError):
                return []
            prefix = f"{folder}/" if folder else ""
            files = (entry for entry in listed if entry.is_file() and not entry.name.startswith(UNFINISHED))
            return [found for entry in files if (found := _stored(f"{prefix}{entry.name}", Path(entry.path)))]

    def walk(self, folder: str = "") -> Iterator[Stored]:
        yield from self.files_in(folder)
        for name in self._folders_in(folder):
            yield from self.walk(f"{folder}/{name}" if folder else name)

    def remove_folder(self, folder: str) -> int:
        """Remove it with everything in it, unfinished files too; how many bytes the files were."""
        freed = 0
        with _telling():
            for path, _, names in os.walk(self.path(folder), topdown=False):
                for name in names:
                    file = Path(path, name)
                    with suppress(FileNotFoundError):
                        freed += file.lstat().st_size
                        file.unlink()
                with suppress(OSError):  # somebody wrote a file meanwhile
                    os.rmdir(path)
        return freed

    def link(self, name: str, *, filename: str, seconds: int) -> str | None:
        return None

    def _folders_in(self, folder: str) -> list[str]:
        with _telling(), suppress(FileNotFoundError, NotADirectoryError):
            return sorted(entry.name for entry in os.scandir(self.path(folder)) if entry.is_dir(follow_symlinks=False))
        return []

    @contextmanager
    def _written(self, name: str, data: bytes) -> Iterator[str]:
        """A file beside the name with the data on disk, readable by us alone; it is gone afterwards."""
        folder = os.path.dirname(self.path(name))
        os.makedirs(folder, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield path
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)


@contextmanager
def _telling() -> Iterator[None]:
    """Errors of the system as ours, except that something is not there."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, SuspiciousFileOperation) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise StorageDown(f"The file storage cannot be used: {reason}. The operator has to look.") from error


def _stored(name: str, path: Path) -> Stored | None:
    with suppress(FileNotFoundError):
        status = path.stat()
        return Stored(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
    return None
