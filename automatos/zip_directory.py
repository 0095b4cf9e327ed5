"""What a ZIP file says of its entries, believed only where its two accounts agree and every byte has one owner.

The standard library reads the directory at the end and trusts it. Other programs read the headers before each entry, so
a file whose accounts differ is one thing to a scanner and another to a person. Here such a file is refused, entries are
counted before they are read, and no byte may lie before, between, under or behind them.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from automatos.errors import InvalidInput

END, ENTRY, HEADER, DESCRIPTOR = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
END_SIZE, ENTRY_SIZE, HEADER_SIZE = 22, 46, 30
LONGEST_COMMENT = 0xFFFF
ENCRYPTED, DESCRIBED, STRONG, UTF8 = 0x1, 0x8, 0x40, 0x800
SAME_FLAGS = ENCRYPTED | DESCRIBED | STRONG | UTF8
SIZES_ELSEWHERE, ELSEWHERE = 0x0001, 0xFFFFFFFF
UNICODE_PATH = 0x7075
# Version 4.5 of the format has all that is read here.
NEWEST = 45
STORED, DEFLATED = 0, 8


class ArchiveRefused(InvalidInput):
    """An archive that is not taken. code: what kind of fault; entry: the name to blame, "" for the whole."""

    def __init__(self, code: str, sentence: str, entry: str = "", *, field: str = "file") -> None:
        super().__init__(sentence, code=code, fields={field: [sentence]})
        self.entry = entry


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry. name: as written, with `/` at a folder's end; packed, size: bytes; start: where its data begins."""

    name: str
    mode: int
    method: int
    flags: int
    packed: int
    size: int
    checksum: int
    start: int

    @property
    def is_folder(self) -> bool:
        """Whether it only names a folder."""
        return self.name.endswith("/")


def directory(data: bytes, *, most: int, field: str) -> list[ZipEntry]:
    """Every entry, folders too. most: how many there may be. Raises ArchiveRefused under `field`."""
    try:
        count, size, start = _end(data)
        if count > most:
            raise ArchiveRefused("too_many_files", f"The ZIP file holds {count:,} entries; at most {most:,} are read.")
        return _checked(data, list(_entries(data, count, start, size)), start)
    except struct.error as error:
        raise damaged(field) from error
    except ArchiveRefused as refused:
        raise ArchiveRefused(refused.code, refused.message, refused.entry, field=field) from None


def damaged(field: str = "file", entry: str = "") -> ArchiveRefused:
    """The refusal of what no program could read."""
    what = f"{entry[:120]!r} is damaged." if entry else "The ZIP file is damaged."
    return ArchiveRefused("damaged", f"{what} Pack it again.", entry, field=field)


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry as the directory has it. offset: where its header begins; raw: its name's bytes."""

    raw: bytes
    mode: int
    method: int
    flags: int
    packed: int
    size: int
    checksum: int
    offset: int
    extra: bytes


def _end(data: bytes) -> tuple[int, int, int]:
    """How many entries there are, how long their directory is and where it begins."""
    at = data.rfind(END, max(len(data) - LONGEST_COMMENT - END_SIZE, 0))
    if at < 0:
        raise damaged()
    disk, first, here, count, size, start, comment = struct.unpack_from("<4H2LH", data, at + 4)
    if at + END_SIZE + comment != len(data):
        raise ArchiveRefused("trailing_data", "The ZIP file has data behind its end. Pack it again.")
    if 0xFFFF in (disk, count) or ELSEWHERE in (size, start):
        raise ArchiveRefused("zip64", "This is a ZIP64 file, which is for larger archives. Pack an ordinary ZIP file.")
    if disk or first or here != count:
        raise ArchiveRefused("split", "This is one part of a split archive. Pack it as one file.")
    if start + size < at:
        more = "leading_data" if data[start : start + 4] != ENTRY and count else "hidden_data"
        raise ArchiveRefused(more, "The ZIP file has data that belongs to none of its entries. Pack it again.")
    if start + size > at or count * ENTRY_SIZE > size:
        raise damaged()
    return count, size, start


def _entries(data: bytes, count: int, start: int, size: int) -> Iterator[_Listed]:
    at = start
    for _ in range(count):
        if data[at : at + 4] != ENTRY:
            raise damaged()
        fixed = struct.unpack_from("<6H3L5H2L", data, at + 4)
        flags, method, checksum, packed, unpacked = fixed[2], fixed[3], fixed[6], fixed[7], fixed[8]
        name, extra, comment, attributes, offset = fixed[9], fixed[10], fixed[11], fixed[14], fixed[15]
        needed, disk = fixed[1] & 0xFF, fixed[12]
        at += ENTRY_SIZE
        more = data[at + name : at + name + extra]
        packed, unpacked, offset = _sizes(more, unpacked, packed, offset)
        raw = data[at : at + name]
        shown = raw.decode(errors="replace")
        if disk:
            raise ArchiveRefused("split", f"{shown[:120]!r} is in another part of a split archive.", shown)
        if needed > NEWEST and method in (STORED, DEFLATED):
            what = "needs a newer version of the ZIP format; pack it as an ordinary ZIP file"
            raise ArchiveRefused("packing", f"{shown[:120]!r} {what}.", shown)
        yield _Listed(raw, attributes >> 16, method, flags, packed, unpacked, checksum, offset, more)
        at += name + extra + comment
    if at != start + size:
        raise ArchiveRefused("hidden_data", "The ZIP file's directory holds more than its entries. Pack it again.")


def _sizes(extra: bytes, unpacked: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Packed and unpacked size and offset, from the field for large ones where they stand there."""
    given = [unpacked, packed, offset]
    if ELSEWHERE in given:
        found = next((body for kind, body in _extras(extra) if kind == SIZES_ELSEWHERE), b"")
        for place, number in enumerate(given):
            if number == ELSEWHERE:
                (given[place],) = struct.unpack_from("<Q", found)
                found = found[8:]
    return given[1], given[0], given[2]


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _checked(data: bytes, listed: Sequence[_Listed], end: int) -> list[ZipEntry]:
    """The entries with their data's places, if header and directory agree and they fill the file up to `end`."""
    names = [_name(entry) for entry in listed]
    found: dict[int, ZipEntry] = {}
    filled = 0
    for place in sorted(range(len(listed)), key=lambda place: listed[place].offset):
        entry, name = listed[place], names[place]
        if entry.offset != filled:
            raise _misplaced(entry.offset, filled, name)
        start = _agreed(data, entry, name)
        if start + entry.packed > end:
            raise ArchiveRefused("overlap", f"{name[:120]!r} reaches beyond the entries. Pack it again.", name)
        filled = start + entry.packed + _description(data, entry, start + entry.packed)
        facts = (entry.mode, entry.method, entry.flags, entry.packed, entry.size, entry.checksum)
        found[place] = ZipEntry(name, *facts, start)
    if filled != end:
        raise _misplaced(end, filled, "")
    return [found[place] for place in range(len(listed))]


def _misplaced(offset: int, filled: int, name: str) -> ArchiveRefused:
    blamed = f"{name[:120]!r}" if name else "The directory"
    if offset < filled:
        return ArchiveRefused("overlap", f"{blamed} overlaps another entry. Pack the ZIP file again.", name)
    code, where = ("hidden_data", f"before {blamed}") if filled else ("leading_data", "at its beginning")
    return ArchiveRefused(code, f"The ZIP file has data {where} that belongs to no entry. Pack it again.", name)


def _agreed(data: bytes, entry: _Listed, name: str) -> int:
    """Where the data begins. Raises ArchiveRefused if the header before it tells another story."""
    if data[entry.offset : entry.offset + 4] != HEADER:
        raise damaged(entry=name)
    fixed = struct.unpack_from("<5H3L2H", data, entry.offset + 4)
    flags, method, checksum, packed, unpacked, length, extra = fixed[1], fixed[2], *fixed[5:8], fixed[8], fixed[9]
    at = entry.offset + HEADER_SIZE
    packed, unpacked, _ = _sizes(data[at + length : at + length + extra], unpacked, packed, 0)
    said, listed = (checksum, packed, unpacked), (entry.checksum, entry.packed, entry.size)
    later = bool(flags & DESCRIBED)  # the sizes may stand behind the data then
    sizes_agree = said == listed or (later and not any(said))
    if data[at : at + length] != entry.raw:
        raise _mismatch(name, "another name")
    if (flags ^ entry.flags) & SAME_FLAGS or method != entry.method or not sizes_agree:
        raise _mismatch(name, "other facts")
    return int(at + length + extra)


def _mismatch(name: str, what: str) -> ArchiveRefused:
    sentence = f"{name[:120]!r} has {what} in its header than in the archive's directory. Pack the ZIP file again."
    return ArchiveRefused("header_mismatch", sentence, name)


def _description(data: bytes, entry: _Listed, at: int) -> int:
    """How many bytes behind the data repeat its sizes."""
    if not entry.flags & DESCRIBED:
        return 0
    facts = (entry.checksum, entry.packed, entry.size)
    short, long = b"".join(fact.to_bytes(4, "little") for fact in facts), struct.pack("<L2Q", *facts)
    said = (DESCRIPTOR + short, DESCRIPTOR + long, short, long)
    return next((len(each) for each in said if data[at : at + len(each)] == each), 0)


def _name(entry: _Listed) -> str:
    """The name as text: UTF-8 where it says so or can be, else as DOS wrote it."""
    try:
        name = entry.raw.decode()
    except UnicodeDecodeError:
        if entry.flags & UTF8:
            shown = entry.raw.decode(errors="replace")
            raise ArchiveRefused("bad_name", f"The name {shown[:120]!r} is not UTF-8.", shown) from None
        name = entry.raw.decode("cp437")
    for kind, body in _extras(entry.extra):
        if kind == UNICODE_PATH and body[1:5] == zlib.crc32(entry.raw).to_bytes(4, "little"):
            other = body[5:].decode(errors="replace")
            if other != name and entry.raw.isascii():
                raise _mismatch(name, "another name")
            name = other
    return name
