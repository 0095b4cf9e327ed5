"""Archives inside a package: opened in memory to be counted, never kept unpacked. What would burst ends the reading."""

import bz2
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from automatos.zip_directory import ArchiveRefused
from automatos.zip_files import ZipLimits, unpack
from marketplace.packages.notes import Notes, refusal, shown
from marketplace.packages.package import PackageFile

DEEPEST = 3
# Of all archives of a package together, unpacked; bytes.
MOST_BYTES = 50_000_000
MOST_MEMBERS = 2_000
RATIO, RATIO_FROM = 100, 1_000_000
LZMA_MEMORY = 64_000_000
TAR_MARK, TAR_MARK_AT = b"ustar", 257
CLOSED = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR", b"\x28\xb5\x2f\xfd": "Zstandard"}
BURSTING = ("too_many_files", "file_too_large", "unpacked_too_large", "ratio", "too_large")


class _Unreadable(Exception):
    """An archive of no known kind, encrypted or damaged."""


class _Unpacker(Protocol):
    """What gzip, bzip2 and xz have in common."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most so many bytes."""


@dataclass
class _Budget:
    """What may still be unpacked: bytes and members."""

    bytes: int = MOST_BYTES
    members: int = MOST_MEMBERS


def look_into(files: Iterable[PackageFile], notes: Notes) -> None:
    """A warning for the archives among the files. Raises PackageRefused for one that bursts a limit when unpacked."""
    budget = _Budget()
    found, closed = [], []
    for file in files:
        if kind_of(file.data):
            found.append(file.path)
            if not _is_open(file, budget):
                closed.append(file.path)
    notes.warn_of_all("nested_archive", found, "an archive; it is kept as it is and never unpacked")
    notes.warn_of_all("closed_archive", closed, "an archive that cannot be looked into")


def kind_of(data: bytes) -> str:
    """Which kind of archive or packed file the bytes begin as; "" for none."""
    starts = {b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
    for start, kind in {**starts, **CLOSED}.items():
        if data.startswith(start):
            return kind
    return "tar" if data[TAR_MARK_AT : TAR_MARK_AT + len(TAR_MARK)] == TAR_MARK else ""


def _is_open(file: PackageFile, budget: _Budget) -> bool:
    """Whether the archive could be looked into whole."""
    before = budget.bytes
    try:
        _open(file.data, file.path, budget, 1)
    except _Unreadable:
        return False
    unpacked = before - budget.bytes
    if unpacked > RATIO_FROM and unpacked > RATIO * file.size:
        raise _bomb(file.path, f"unpacks to more than {RATIO} times its size")
    return True


def _open(data: bytes, path: str, budget: _Budget, depth: int) -> None:
    """Count what is in an archive and in the archives in it."""
    if depth > DEEPEST:
        raise _bomb(path, f"holds archives in archives, more than {DEEPEST} deep")
    for content in _contents(data, path, budget):
        budget.bytes -= len(content)
        budget.members -= 1
        if budget.bytes < 0:
            raise _bomb(path, f"unpacks to more than {MOST_BYTES:,} bytes")
        if budget.members < 0:
            raise _bomb(path, f"holds more than {MOST_MEMBERS:,} files")
        if kind_of(content):
            _open(content, path, budget, depth + 1)


def _contents(data: bytes, path: str, budget: _Budget) -> Iterator[bytes]:
    kind = kind_of(data)
    if kind == "zip":
        yield from _zipped(data, path, budget).values()
    elif kind == "tar":
        yield from _tarred(data)
    elif kind == "gzip":
        yield _streamed(zlib.decompressobj(zlib.MAX_WBITS | 16), data, budget)
    elif kind == "bzip2":
        yield _streamed(bz2.BZ2Decompressor(), data, budget)
    elif kind == "xz":
        yield _streamed(lzma.LZMADecompressor(memlimit=LZMA_MEMORY), data, budget)
    else:
        raise _Unreadable


def _zipped(data: bytes, path: str, budget: _Budget) -> Mapping[str, bytes]:
    most = max(budget.bytes, 1)
    limits = ZipLimits(packed=len(data), files=MOST_MEMBERS, file=most, unpacked=most, ratio=1_000_000)
    try:
        return unpack(data, limits=limits).files
    except ArchiveRefused as error:
        if error.code in BURSTING:
            raise _bomb(path, f"bursts when it is unpacked: {error.message}") from None
        raise _Unreadable from None


def _tarred(data: bytes) -> Iterator[bytes]:
    """The files of a tar; a sparse one is counted with its holes by reading no more than the archive holds."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                yield data[member.offset_data : member.offset_data + min(member.size, len(data))]
    except (tarfile.TarError, EOFError, ValueError, OverflowError, OSError, UnicodeError):
        raise _Unreadable from None


def _streamed(unpacker: _Unpacker, data: bytes, budget: _Budget) -> bytes:
    """The first stream, up to one byte more than may be unpacked."""
    try:
        return unpacker.decompress(data, max(budget.bytes, 0) + 1)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        raise _Unreadable from None


def _bomb(path: str, what: str) -> Exception:
    return refusal("nested_bomb", path, f"{shown(path)} {what}. Leave it out.")
