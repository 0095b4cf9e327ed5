"""Archives for tests of packages: ordinary ones, and ones whose headers say what the test wants."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from marketplace.packages.archive import open_archive
from marketplace.packages.package import Package, PackageRefused, Refusal
from marketplace.packages.reading import Reading, read_packages

Files = Mapping[str, str | bytes]
SKILL = "---\nname: pdf\ndescription: Fill in PDF forms.\n---\nRead forms.md."
MANIFEST = {"slug": "pdf-tools", "name": "PDF tools", "version": "1.2.0"}


def plain(name: str, description: str = "Does something.", body: str = "Do it.") -> str:
    """A Markdown file with the two fields that skills, commands and agents share."""
    return f"---\nname: {name}\ndescription: {description}\n---\n{body}\n"


def zipped(files: Files, change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    """A ZIP file; `change` is made to every entry before it is written."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            info = zipfile.ZipInfo(path)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            archive.writestr(info, data)
    return out.getvalue()


def read(files: Files | bytes, filename: str = "package.zip") -> Reading:
    """What a ZIP file of these files holds, read in this process."""
    return read_packages(open_archive(files if isinstance(files, bytes) else zipped(files), filename))


def one(files: Files | bytes, filename: str = "package.zip") -> Package:
    """The only package in these files."""
    reading = read(files, filename)
    assert not reading.refusals, reading.refusals
    (package,) = reading.packages
    return package


def refused(files: Files | bytes, filename: str = "package.zip") -> Refusal:
    """Why these files are not taken."""
    try:
        reading = read(files, filename)
    except PackageRefused as error:
        return error.refusal
    if reading.packages:
        pytest.fail(f"It was taken: {reading.packages}")
    return reading.refusals[0]


def warned(package: Package) -> set[str]:
    """The codes of its warnings."""
    return {warning.code for warning in package.warnings}


def plugin(manifest: Mapping[str, Any] | None = None, **files: Any) -> dict[str, str | bytes]:
    """The files of a Claude Code plugin, `__` for a slash and `_md` for the ending left to the caller's own names."""
    return {".claude-plugin/plugin.json": json.dumps({"name": "demo", **(manifest or {})}), **files}


@dataclass
class RawEntry:
    """An entry of a ZIP file that is written byte by byte. What is None is as the content makes it."""

    name: bytes
    content: bytes = b""
    header_name: bytes | None = None
    flags: int = 0
    mode: int = 0o100644
    method: int = 8
    size: int | None = None
    checksum: int | None = None
    offset: int | None = None
    extra: bytes = b""
    packed: bytes = field(init=False)

    def __post_init__(self) -> None:
        squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.packed = squeezer.compress(self.content) + squeezer.flush() if self.method == 8 else self.content
        self.size = len(self.content) if self.size is None else self.size
        self.checksum = zlib.crc32(self.content) if self.checksum is None else self.checksum


def raw_zip(
    entries: Sequence[RawEntry],
    *,
    before: bytes = b"",
    between: bytes = b"",
    after: bytes = b"",
    count: int | None = None,
) -> bytes:
    """A ZIP file with exactly these entries and bytes. count: what its end says, if not the truth."""
    out, directory = bytearray(before), bytearray()
    for entry in entries:
        place = len(out) if entry.offset is None else entry.offset
        facts = struct.pack("<3L", entry.checksum, len(entry.packed), entry.size)
        raw = entry.name if entry.header_name is None else entry.header_name
        out += b"PK\x03\x04" + struct.pack("<5H", 20, entry.flags, entry.method, 0, 0) + facts
        out += struct.pack("<2H", len(raw), 0) + raw + entry.packed + between
        directory += b"PK\x01\x02" + struct.pack("<6H", 0x314, 20, entry.flags, entry.method, 0, 0) + facts
        directory += struct.pack("<5H2L", len(entry.name), len(entry.extra), 0, 0, 0, entry.mode << 16, place)
        directory += entry.name + entry.extra
    told = len(entries) if count is None else count
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, told, told, len(directory), len(out), 0)
    return bytes(out + directory + end + after)
