"""An uploaded ZIP file, opened in memory: nothing is written, nothing it claims is believed before it is counted."""

import stat
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from automatos.paths import collisions, is_odd, is_unsafe, leads_out
from automatos.zip_directory import (
    DEFLATED,
    ENCRYPTED,
    END,
    HEADER,
    STORED,
    STRONG,
    ArchiveRefused,
    ZipEntry,
    damaged,
    directory,
)

STARTS = (HEADER, END)
# What archivers of desktops add by themselves.
CLUTTER = ("__MACOSX", ".DS_Store", "Thumbs.db")
# Folders and clutter that come with the files, for each file that may come.
ENTRIES_A_FILE = 4
LONGEST_TARGET = 1_000
# Text of blanks packs better than any bomb needs to; below this size no ratio is a danger.
RATIO_FROM = 100_000


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """How large an upload may be. Sizes are bytes; ratio: unpacked to packed."""

    packed: int = 10_000_000
    files: int = 500
    file: int = 10_000_000
    unpacked: int = 50_000_000
    ratio: int = 100


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was in an archive. executable: paths with the mode bit; links: where each leads; none is followed."""

    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)


def looks_like_zip(data: bytes) -> bool:
    """Whether the bytes start as a ZIP file does."""
    return data.startswith(STARTS)


def read_zip(
    data: bytes,
    *,
    limits: ZipLimits | None = None,
    field: str = "file",
    wanted: Callable[[str], bool] | None = None,
) -> Mapping[str, bytes]:
    """Files of the archive by their paths: every one, or those that `wanted` says yes to; the others stay packed.

    Raises ArchiveRefused under `field`, naming the file and the limit.
    """
    return _opened(data, limits or ZipLimits(), field, wanted).files


def unpack(data: bytes, *, limits: ZipLimits | None = None, field: str = "file") -> Unpacked:
    """Everything in the archive. Raises ArchiveRefused under `field`, naming the file and the limit."""
    return _opened(data, limits or ZipLimits(), field, None)


def names_of(data: bytes, *, limits: ZipLimits | None = None, field: str = "file") -> frozenset[str]:
    """The paths of the archive's files, nothing of it unpacked. Raises ArchiveRefused as `read_zip` does."""
    seen: list[str] = []

    def note(path: str) -> bool:
        seen.append(path)
        return False

    _opened(data, limits or ZipLimits(), field, note)
    return frozenset(seen)


def _opened(data: bytes, limits: ZipLimits, field: str, wanted: Callable[[str], bool] | None) -> Unpacked:
    if len(data) > limits.packed:
        sentence = f"The ZIP file has {len(data):,} bytes; at most {limits.packed:,} are allowed."
        raise ArchiveRefused("too_large", sentence, field=field)
    if not looks_like_zip(data):
        raise ArchiveRefused("not_zip", "This is not a ZIP file.", field=field)
    entries = directory(data, most=ENTRIES_A_FILE * limits.files, field=field)
    try:
        return _unpacked(data, entries, limits, wanted)
    except ArchiveRefused as refused:
        raise ArchiveRefused(refused.code, refused.message, refused.entry, field=field) from None


def _unpacked(
    data: bytes, entries: Sequence[ZipEntry], limits: ZipLimits, wanted: Callable[[str], bool] | None
) -> Unpacked:
    members = _members(entries, limits)
    _check_sizes(members, len(data), limits)
    taken = {path: member for path, member in members.items() if wanted is None or wanted(path)}
    contents = {path: _content(data, member, path) for path, member in taken.items()}
    links = {path: contents.pop(path) for path, member in taken.items() if _is_link(member)}
    executable = frozenset(path for path in contents if members[path].mode & stat.S_IXUSR)
    targets = {path: _target(path, target) for path, target in links.items()}
    return Unpacked(contents, executable, targets)


def _members(entries: Iterable[ZipEntry], limits: ZipLimits) -> dict[str, ZipEntry]:
    """The files and links by their path with slashes, each fit to be read."""
    found: dict[str, ZipEntry] = {}
    for entry in entries:
        path = entry.name.replace("\\", "/").removeprefix("./")
        is_folder = path.endswith("/")
        if is_folder and not path.strip("./"):
            continue
        _check_entry(entry, path.rstrip("/") if is_folder and not path.startswith("/") else path, is_folder)
        if is_folder or any(part in CLUTTER for part in path.split("/")):
            continue
        if path in found:
            raise ArchiveRefused("duplicate_name", f"The ZIP file holds {path[:120]!r} twice.", path)
        if len(found) == limits.files:
            raise ArchiveRefused("too_many_files", f"The ZIP file holds more than {limits.files:,} files.")
        found[path] = entry
    _check_names(found)
    return found


def _check_entry(entry: ZipEntry, path: str, is_folder: bool) -> None:
    kind = stat.S_IFMT(entry.mode)
    checks = (
        (is_unsafe(path), "unsafe_path", "leads out of the archive: paths must be relative, without `..`"),
        (
            is_odd(path),
            "odd_name",
            "has a name that is too long or has characters that cannot be shown or kept",
        ),
        (kind not in (0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR), "device", "is neither a file nor a folder"),
        ((kind == stat.S_IFDIR) != is_folder and kind != 0, "device", "is a folder and a file at once"),
        (is_folder and entry.size > 0, "device", "is a folder with content"),
        (bool(entry.flags & (ENCRYPTED | STRONG)), "encrypted", "is encrypted; pack it without a password"),
        (
            entry.method not in (STORED, DEFLATED),
            "packing",
            "is packed with a method other than Deflate; pack it as an ordinary ZIP file",
        ),
    )
    for wrong, code, what in checks:
        if wrong:
            raise ArchiveRefused(code, f"{path[:120]!r} {what}.", entry.name)


def _check_names(found: Mapping[str, ZipEntry]) -> None:
    if doubled := collisions(found):
        sentence = (
            f"{doubled[0][:120]!r} differs from another file only in upper and lower case, or in how its letters are "
            "encoded. Rename one."
        )
        raise ArchiveRefused("colliding_names", sentence, doubled[0])
    for path in found:
        folder = path.rpartition("/")[0]
        while folder:
            if folder in found:
                what = "lies under a symbolic link" if _is_link(found[folder]) else "lies under another file"
                raise ArchiveRefused("under_a_file", f"{path[:120]!r} {what}. Pack the ZIP file again.", path)
            folder = folder.rpartition("/")[0]


def _check_sizes(members: Mapping[str, ZipEntry], packed: int, limits: ZipLimits) -> None:
    for path, member in members.items():
        if member.size > limits.file:
            sentence = f"{path[:120]!r} has {member.size:,} bytes; at most {limits.file:,} are allowed."
            raise ArchiveRefused("file_too_large", sentence, path)
        if member.size > RATIO_FROM and member.size > limits.ratio * member.packed:
            sentence = f"{path[:120]!r} unpacks to more than {limits.ratio} times its packed size."
            raise ArchiveRefused("ratio", sentence, path)
    total = sum(member.size for member in members.values())
    if total > limits.unpacked:
        sentence = f"The files have {total:,} bytes unpacked; at most {limits.unpacked:,} are allowed."
        raise ArchiveRefused("unpacked_too_large", sentence)
    if total > RATIO_FROM and total > limits.ratio * packed:
        raise ArchiveRefused("ratio", f"The ZIP file unpacks to more than {limits.ratio} times its size.")


def _content(data: bytes, member: ZipEntry, path: str) -> bytes:
    """The bytes of one entry, which end where its packed data ends and are as many, and those, that it promised."""
    packed = memoryview(data)[member.start : member.start + member.packed]
    if member.method == STORED:
        content, complete = bytes(packed), True
    else:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = unpacker.decompress(packed, member.size + 1)
        except zlib.error as error:
            raise damaged(entry=path) from error
        complete = unpacker.eof and not unpacker.unused_data
    if len(content) != member.size or not complete:
        sentence = f"{path[:120]!r} is not as long as the ZIP file says. Pack it again."
        raise ArchiveRefused("header_mismatch", sentence, path)
    if zlib.crc32(content) != member.checksum:
        raise damaged(entry=path)
    return content


def _is_link(member: ZipEntry) -> bool:
    return stat.S_ISLNK(member.mode)


def _target(path: str, content: bytes) -> str:
    """Where a link leads, if that is inside the archive."""
    target = content[:LONGEST_TARGET].decode(errors="replace")
    if leads_out(path, target):
        sentence = f"{path[:120]!r} is a symbolic link out of the archive or to itself; put the file in its place."
        raise ArchiveRefused("link", sentence, path)
    return target
