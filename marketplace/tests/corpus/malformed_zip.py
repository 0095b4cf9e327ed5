"""Write ZIP archives that no honest tool writes: every field of every header can be set to a lie."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value", int, str | bytes, bytes)

STORED, DEFLATED = 0, 8
UTF8, ENCRYPTED, DESCRIPTOR = 0x800, 0x1, 0x8
FILE, FOLDER, LINK, CHARACTER, BLOCK, PIPE, SOCKET = (
    0o100644,
    0o040755,
    0o120777,
    0o020666,
    0o060660,
    0o010644,
    0o140755,
)


@dataclass
class Entry:
    """One member. What is None is written as it should be; anything else replaces the true value."""

    name: str | bytes
    data: bytes = b""
    method: int = DEFLATED
    flags: int = UTF8
    mode: int = FILE
    system: int = 3
    extra: bytes = b""
    packed: bytes | None = None
    crc: int | None = None
    size: int | None = None
    packed_size: int | None = None
    local_name: str | bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_size: int | None = None
    local_crc: int | None = None
    offset: int | None = None
    disk: int = 0
    needs: int = 20


def raw(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode()


def either(lie: Value | None, truth: Value) -> Value:
    return truth if lie is None else lie


def deflated(data: bytes, level: int = 6) -> bytes:
    """Give raw deflate data, without a zlib header."""
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15)
    return squeeze.compress(data) + squeeze.flush()


def archive(
    entries: Iterable[Entry],
    *,
    leading: bytes = b"",
    trailing: bytes = b"",
    comment: bytes = b"",
    gap: bytes = b"",
    count: int | None = None,
    directory_offset: int | None = None,
    directory_size: int | None = None,
    end: bool = True,
) -> bytes:
    """Give an archive of these members.

    `leading` stands before the first member without being counted in any offset, `gap` between the members and the
    directory, `trailing` behind the end; `count`, `directory_offset` and `directory_size` replace what the end record
    says; without `end` there is none.
    """
    body, directory, number = b"", b"", 0
    for entry in entries:
        local, central = headers(entry, len(body))
        body, directory, number = body + local, directory + central, number + 1
    body += gap
    record = struct.pack(
        "<4sHHHHIIH",
        b"PK\x05\x06",
        0,
        0,
        either(count, number) & 0xFFFF,
        either(count, number) & 0xFFFF,
        either(directory_size, len(directory)),
        either(directory_offset, len(body)),
        len(comment),
    )
    return leading + body + directory + (record + comment if end else b"") + trailing


def headers(entry: Entry, offset: int) -> tuple[bytes, bytes]:
    """Give the local header with the data, and the entry of the directory."""
    name, local_name = raw(entry.name), raw(either(entry.local_name, entry.name))
    packed = either(entry.packed, deflated(entry.data) if entry.method == DEFLATED else entry.data)
    crc, size = either(entry.crc, zlib.crc32(entry.data)), either(entry.size, len(entry.data))
    packed_size = either(entry.packed_size, len(packed))
    local = struct.pack(
        "<4sHHHHHIIIHH",
        b"PK\x03\x04",
        entry.needs,
        either(entry.local_flags, entry.flags),
        either(entry.local_method, entry.method),
        0,
        0x5C21,
        either(entry.local_crc, crc),
        packed_size,
        either(entry.local_size, size),
        len(local_name),
        len(entry.extra),
    )
    central = struct.pack(
        "<4sBBHHHHHIIIHHHHHII",
        b"PK\x01\x02",
        20,
        entry.system,
        entry.needs,
        entry.flags,
        entry.method,
        0,
        0x5C21,
        crc,
        packed_size,
        size,
        len(name),
        len(entry.extra),
        0,
        entry.disk,
        0,
        entry.mode << 16,
        either(entry.offset, offset),
    )
    return local + local_name + entry.extra + packed, central + name + entry.extra
