"""What is wrong with an archive is said, with the entry to blame, and within a second; what is only untidy is taken."""

import gzip
import io
import os
import stat
import tarfile
import time
import zipfile
from collections.abc import Callable

import pytest

from marketplace.packages.tests.kit import SKILL, Files, RawEntry, one, raw_zip, refused, warned, zipped

GOOD = RawEntry(b"SKILL.md", SKILL.encode())


def bomb(size: int = 20_000_000) -> bytes:
    return zipped({"zeros": bytes(size)})


def quine_like(depth: int) -> bytes:
    data = zipped({"x": "x"})
    for level in range(depth):
        data = zipped({f"{level}.zip": data})
    return data


def tar_of(files: Files) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, data in files.items():
            content = data.encode() if isinstance(data, str) else data
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "absolute path": (lambda: zipped({"SKILL.md": SKILL, "/etc/cron.d/x": "x"}), "unsafe_path", "/etc/cron.d/x"),
    "parent path": (lambda: zipped({"SKILL.md": SKILL, "a/../../x": "x"}), "unsafe_path", "a/../../x"),
    "parent path with backslashes": (lambda: zipped({"SKILL.md": SKILL, "..\\x": "x"}), "unsafe_path", "..\\x"),
    "drive": (lambda: zipped({"SKILL.md": SKILL, "C:x": "x"}), "unsafe_path", "C:x"),
    "parent folder": (lambda: zipped({"SKILL.md": SKILL, "../x/": ""}), "unsafe_path", "../x/"),
    "absolute folder": (lambda: zipped({"SKILL.md": SKILL, "/x/": ""}), "unsafe_path", "/x/"),
    "zero byte in a name": (lambda: raw_zip([GOOD, RawEntry(b"a\x00.md", b"x")]), "odd_name", "a.md"),
    "line end in a name": (lambda: zipped({"SKILL.md": SKILL, "a\nb": "x"}), "odd_name", "a b"),
    "name that is not UTF-8": (
        lambda: raw_zip([GOOD, RawEntry(b"\xff.md", b"x", flags=0x800)]),
        "bad_name",
        "\ufffd.md",
    ),
    "device": (lambda: raw_zip([GOOD, RawEntry(b"null", mode=stat.S_IFCHR | 0o666)]), "device", "null"),
    "pipe": (lambda: raw_zip([GOOD, RawEntry(b"pipe", mode=stat.S_IFIFO | 0o666)]), "device", "pipe"),
    "folder with content": (lambda: raw_zip([GOOD, RawEntry(b"d/", b"content", mode=0o040755)]), "device", "d/"),
    "link out of the archive": (
        lambda: raw_zip([GOOD, RawEntry(b"x", b"../../etc/passwd", mode=0o120777)]),
        "link",
        "x",
    ),
    "absolute link": (lambda: raw_zip([GOOD, RawEntry(b"x", b"/etc/passwd", mode=0o120777)]), "link", "x"),
    "file under a link": (
        lambda: raw_zip([GOOD, RawEntry(b"d", b"other", mode=0o120777), RawEntry(b"d/x", b"x")]),
        "under_a_file",
        "d/x",
    ),
    "file under a file": (lambda: zipped({"SKILL.md": SKILL, "a": "1", "a/b": "2"}), "under_a_file", "a/b"),
    "encrypted": (lambda: raw_zip([GOOD, RawEntry(b"x", b"x", flags=1)]), "encrypted", "x"),
    "same name twice": (lambda: raw_zip([GOOD, GOOD]), "duplicate_name", "SKILL.md"),
    "names that differ in case": (
        lambda: zipped({"SKILL.md": SKILL, "a.md": "", "A.md": ""}),
        "colliding_names",
        "A.md",
    ),
    "names that differ in code points": (
        lambda: zipped({"SKILL.md": SKILL, "\u00e9": "", "e\u0301": ""}),
        "colliding_names",
        "e\u0301",
    ),
    "another name in the header": (
        lambda: raw_zip([GOOD, RawEntry(b"harmless.md", b"x", header_name=b"x/SKILL.md")]),
        "header_mismatch",
        "harmless.md",
    ),
    "another size than it has": (lambda: raw_zip([GOOD, RawEntry(b"x", b"xxx", size=2)]), "header_mismatch", "x"),
    "another checksum than it has": (lambda: raw_zip([GOOD, RawEntry(b"x", b"x", checksum=1)]), "damaged", "x"),
    "unusual packing": (lambda: raw_zip([GOOD, RawEntry(b"x", b"x", method=12)]), "packing", "x"),
    "overlapping entries": (
        lambda: raw_zip([GOOD, RawEntry(b"SKILL.md", SKILL.encode(), offset=0)]),
        "overlap",
        "SKILL.md",
    ),
    "data before": (lambda: raw_zip([GOOD], before=b"#!/bin/sh\n"), "not_zip", ""),
    "an archive before": (lambda: zipped({"a": "b"}) + raw_zip([GOOD]), "leading_data", ""),
    "data behind": (lambda: raw_zip([GOOD], after=b"more"), "trailing_data", ""),
    "data between": (lambda: raw_zip([GOOD, RawEntry(b"x", b"x")], between=b"hidden"), "hidden_data", "x"),
    "fewer entries than it holds": (lambda: raw_zip([GOOD, RawEntry(b"x", b"x")], count=1), "hidden_data", ""),
    "more entries than it holds": (lambda: raw_zip([GOOD], count=65_000), "damaged", ""),
    "501 files": (
        lambda: zipped({"SKILL.md": SKILL, **{f"{number}": "" for number in range(501)}}),
        "too_many_files",
        "",
    ),
    "flat bomb": (lambda: zipped({"SKILL.md": SKILL, "x": bytes(9_000_000)}), "ratio", "x"),
    "large file": (lambda: zipped({"SKILL.md": SKILL, "x": os.urandom(1) * 10_000_001}), "file_too_large", "x"),
    "nested bomb": (lambda: zipped({"SKILL.md": SKILL, "x.zip": bomb()}), "nested_bomb", "x.zip"),
    "bomb in a bomb": (lambda: zipped({"SKILL.md": SKILL, "x.zip": zipped({"y": bomb()})}), "nested_bomb", "x.zip"),
    "gzip bomb": (
        lambda: zipped({"SKILL.md": SKILL, "x.gz": gzip.compress(bytes(60_000_000))}),
        "nested_bomb",
        "x.gz",
    ),
    "archives without end": (lambda: zipped({"SKILL.md": SKILL, "q.zip": quine_like(6)}), "nested_bomb", "q.zip"),
    "cut off": (lambda: zipped({"SKILL.md": SKILL})[:-30], "damaged", ""),
    "no archive": (lambda: b"\x89PNG", "not_zip", ""),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_within_a_second(what: str) -> None:
    make, code, entry = HOSTILE[what]
    data = make()
    started = time.monotonic()
    refusal = refused(data)
    assert time.monotonic() - started < 1
    assert (refusal.code, refusal.entry) == (code, entry), refusal
    assert refusal.sentence.endswith(".")


def test_entries_are_counted_before_they_are_read() -> None:
    crowd = raw_zip([GOOD, *(RawEntry(f"{number}".encode()) for number in range(60_000))])
    started = time.monotonic()
    assert refused(crowd).code == "too_many_files"
    assert time.monotonic() - started < 0.1


def test_nested_archives_are_looked_into_and_kept_as_they_are() -> None:
    inner = zipped({"a.txt": "a"})
    files: Files = {"SKILL.md": SKILL, "a.zip": inner, "b.tar": tar_of({"b": "b"}), "c.gz": gzip.compress(b"c")}
    package = one({**files, "d.7z": b"7z\xbc\xaf\x27\x1c rest", "e.zip": b"PK\x03\x04 damaged"})
    assert warned(package) == {"nested_archive", "closed_archive"}
    assert [file.data for file in package.files if file.path == "a.zip"] == [inner]
    closed = next(warning for warning in package.warnings if warning.code == "closed_archive")
    assert closed.sentence == "2 files, for example d.7z: an archive that cannot be looked into."


def test_links_inside_the_archive_are_left_out_with_a_warning() -> None:
    package = one(raw_zip([GOOD, RawEntry(b"docs/AGENTS.md", b"../SKILL.md", mode=0o120777)]))
    assert [file.path for file in package.files] == ["SKILL.md"]
    assert [(warning.code, warning.entry) for warning in package.warnings] == [("link", "docs/AGENTS.md")]


def test_untidy_archives_of_ordinary_programs_are_taken() -> None:
    streamed = io.BytesIO()

    class Pipe(io.RawIOBase):
        """What cannot be wound back makes the writer put sizes behind the data."""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return streamed.write(data)  # type: ignore[arg-type]

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pdf/", "")
        archive.writestr("pdf/SKILL.md", SKILL)
        archive.writestr("__MACOSX/pdf/._SKILL.md", "x")
        archive.writestr("pdf/über.txt", "x")
        archive.comment = b"made by hand"
    assert [file.path for file in one(streamed.getvalue()).files] == ["SKILL.md", "über.txt"]
    dos = raw_zip([GOOD, RawEntry("über.txt".encode("cp437"), b"x"), RawEntry(b"a\\b.txt", b"x", mode=0)])
    assert [file.path for file in one(dos).files] == ["SKILL.md", "a/b.txt", "über.txt"]


def test_the_mode_bit_of_programs_is_kept() -> None:
    package = one(raw_zip([GOOD, RawEntry(b"run.sh", b"#!/bin/sh", mode=0o100755)]))
    assert {file.path: file.executable for file in package.files} == {"SKILL.md": False, "run.sh": True}
    assert warned(package) == {"executables"}
