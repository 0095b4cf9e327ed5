"""An uploaded ZIP file, opened in memory: nothing is written, nothing it claims is believed before it is counted."""

import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from automatos.errors import wrong_field
from automatos.paths import collisions, is_odd, is_unsafe

STARTS = (b"PK\x03\x04", b"PK\x05\x06")
# What archivers of desktops add by themselves.
CLUTTER = ("__MACOSX", ".DS_Store", "Thumbs.db")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
# Text of blanks packs better than any bomb needs to; below this size no ratio is a danger.
RATIO_FROM = 100_000
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, OSError, OverflowError, MemoryError),
)


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """How large an upload may be. Sizes are bytes; ratio: unpacked to packed."""

    packed: int = 10_000_000
    files: int = 500
    file: int = 10_000_000
    unpacked: int = 50_000_000
    ratio: int = 100


def looks_like_zip(data: bytes) -> bool:
    """Whether the bytes start as a ZIP file does."""
    return data.startswith(STARTS)


def read_zip(data: bytes, *, limits: ZipLimits | None = None, field: str = "file") -> Mapping[str, bytes]:
    """Every file of the archive by its path. Raises InvalidInput under `field`, naming the file and the limit."""
    limits = limits or ZipLimits()
    if len(data) > limits.packed:
        raise wrong_field(field, f"The ZIP file has {len(data):,} bytes; at most {limits.packed:,} are allowed.")
    if not looks_like_zip(data):
        raise wrong_field(field, "This is not a ZIP file.")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = _members(archive, limits, field)
            _check_sizes(members, len(data), limits, field)
            return {path: _content(archive, member, path, field) for path, member in members.items()}
    except UNREADABLE as error:
        raise wrong_field(field, "The ZIP file is damaged. Pack it again.") from error


def _members(archive: zipfile.ZipFile, limits: ZipLimits, field: str) -> dict[str, zipfile.ZipInfo]:
    """The files by their path with slashes, each fit to be read."""
    found: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        path = member.orig_filename.replace("\\", "/").removeprefix("./")
        if path.endswith("/") or any(part in CLUTTER for part in path.split("/")):
            continue
        if problem := _problem(member, path):
            raise wrong_field(field, f"{path[:120]!r} {problem}.")
        if path in found or len(found) == limits.files:
            more = f"holds more than {limits.files:,} files" if path not in found else f"holds {path[:120]!r} twice"
            raise wrong_field(field, f"The ZIP file {more}.")
        found[path] = member
    if doubled := collisions(found):
        raise wrong_field(
            field, f"{doubled[0][:120]!r} differs from another file only in upper and lower case. Rename one."
        )
    return found


def _problem(member: zipfile.ZipInfo, path: str) -> str:
    """Why a member is not taken, as the end of a sentence; empty if it is."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    checks = (
        (is_unsafe(path), "leads out of the archive: paths must be relative, without `..`"),
        (is_odd(path), "has a name that is too long or has characters that cannot be shown"),
        (kind == stat.S_IFLNK, "is a symbolic link; put the file itself in its place"),
        (kind not in (0, stat.S_IFREG, stat.S_IFLNK), "is neither a file nor a folder"),
        (bool(member.flag_bits & ENCRYPTED), "is encrypted; pack it without a password"),
        (
            member.compress_type not in METHODS,
            "is packed with a method other than Deflate; pack it as an ordinary ZIP file",
        ),
    )
    return next((what for wrong, what in checks if wrong), "")


def _check_sizes(members: Mapping[str, zipfile.ZipInfo], packed: int, limits: ZipLimits, field: str) -> None:
    for path, member in members.items():
        if member.file_size > limits.file:
            raise wrong_field(
                field, f"{path[:120]!r} has {member.file_size:,} bytes; at most {limits.file:,} are allowed."
            )
        if member.file_size > RATIO_FROM and member.file_size > limits.ratio * member.compress_size:
            raise wrong_field(field, f"{path[:120]!r} unpacks to more than {limits.ratio} times its packed size.")
    total = sum(member.file_size for member in members.values())
    if total > limits.unpacked:
        raise wrong_field(field, f"The files have {total:,} bytes unpacked; at most {limits.unpacked:,} are allowed.")
    if total > RATIO_FROM and total > limits.ratio * packed:
        raise wrong_field(field, f"The ZIP file unpacks to more than {limits.ratio} times its size.")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, field: str) -> bytes:
    with archive.open(member) as file:
        data = file.read(member.file_size + 1)
    if len(data) != member.file_size:
        raise wrong_field(field, f"{path[:120]!r} is not as long as the ZIP file says. Pack it again.")
    return data
