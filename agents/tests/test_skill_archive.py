"""Uploads: a ZIP file or a SKILL.md, within limits, each refusal naming the file and the limit."""

import io
import stat
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

import pytest

from automatos.errors import InvalidInput
from automatos.skill_format.archive import uploaded
from automatos.skill_format.discovery import discover
from automatos.zip_files import ZipLimits

PDF = "---\nname: pdf\ndescription: Fill in PDF forms.\n---\nRead forms.md."
Change = Callable[[zipfile.ZipInfo], None]


def packed(files: Mapping[str, str | bytes], change: Change | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP file; `change` is made to every entry before it is written."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in files.items():
            info = zipfile.ZipInfo(path)
            info.compress_type = method
            if change:
                change(info)
            archive.writestr(info, data)
    return out.getvalue()


def refused(data: bytes, filename: str = "pdf.zip", limits: ZipLimits | None = None) -> str:
    with pytest.raises(InvalidInput) as caught:
        uploaded(data, filename, limits=limits)
    assert caught.value.fields == {"file": [caught.value.message]}
    return caught.value.message


def test_a_zip_of_a_folder_is_read() -> None:
    data = packed({"pdf/": "", "pdf/SKILL.md": PDF, "pdf/forms.md": "F", "__MACOSX/pdf/._x": "", "pdf/.DS_Store": ""})
    (skill,) = discover(uploaded(data, "x.zip")).skills
    assert (skill.name, skill.path, [file.path for file in skill.resources]) == ("pdf", "pdf", ["forms.md"])
    assert skill.warnings == ()


def test_a_zip_with_the_skill_at_its_top_is_called_after_the_file() -> None:
    unnamed = PDF.replace("name: pdf\n", "")
    (skill,) = discover(uploaded(packed({"./SKILL.md": unnamed, "a\\b.md": ""}), "C:\\Docs\\My Forms.zip")).skills
    assert (skill.name, [file.path for file in skill.resources]) == ("my-forms", ["a/b.md"])


def test_a_skill_file_alone_is_enough() -> None:
    assert discover(uploaded(PDF.encode(), "SKILL.md")).skills[0].name == "pdf"
    assert discover(uploaded(PDF.replace("name: pdf\n", "").encode(), "Tax.md")).skills[0].name == "tax"
    assert refused(b"\x89PNG", "logo.png") == "Upload a ZIP file or a SKILL.md; logo.png is neither."
    assert refused(b"x" * 300_000, "SKILL.md") == "SKILL.md has 300,000 bytes; at most 262,144 are allowed."


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "a//b", "C:/x", "..\\x", "./../x", "a/./b", "C:x", "\\\\host\\x"]
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    assert "leads out of the archive" in refused(packed({"SKILL.md": PDF, path: "x"}))


def test_what_is_no_plain_file_is_refused() -> None:
    def as_kind(kind: int) -> Change:
        return lambda info: setattr(info, "external_attr", (kind | 0o777) << 16)

    link = packed({"SKILL.md": "/etc/passwd"}, as_kind(stat.S_IFLNK))
    assert refused(link) == "'SKILL.md' is a symbolic link out of the archive or to itself; put the file in its place."
    assert "neither a file nor a folder" in refused(packed({"x": ""}, as_kind(stat.S_IFIFO)))
    assert "characters that cannot be shown" in refused(packed({"a\nb": ""}))
    assert "characters that cannot be shown" in refused(packed({"x" * 300: ""}))
    assert "method other than Deflate" in refused(packed({"x": "x"}, method=zipfile.ZIP_LZMA))
    encrypted = bytearray(packed({"SKILL.md": PDF}))
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        encrypted[encrypted.index(mark) + place] |= 1
    assert "is encrypted; pack it without a password" in refused(bytes(encrypted))


def test_the_same_name_twice_is_refused() -> None:
    double = packed({"a.md": "1", "b.md": "2"}).replace(b"b.md", b"a.md")
    assert refused(double) == "The ZIP file holds 'a.md' twice."
    assert "only in upper and lower case" in refused(packed({"a.md": "1", "A.md": "2"}))


def test_sizes_are_limited() -> None:
    noise = Random(1).randbytes(10_000_001)
    assert refused(noise) == "The ZIP file has 10,000,001 bytes; at most 10,000,000 are allowed."
    many = packed({f"{number}.md": "" for number in range(501)})
    assert refused(many) == "The ZIP file holds more than 500 files."
    large = ZipLimits(ratio=10**6)
    assert refused(packed({"a": bytes(10_000_001)}), limits=large) == (
        "'a' has 10,000,001 bytes; at most 10,000,000 are allowed."
    )
    six = packed({f"{number}": bytes(9_000_000) for number in range(6)})
    assert refused(six, limits=large) == "The files have 54,000,000 bytes unpacked; at most 50,000,000 are allowed."
    assert refused(packed({"a": bytes(9_000_000)})) == "'a' unpacks to more than 100 times its packed size."
    small = packed({f"{number}": bytes(99_000) for number in range(20)})
    assert refused(small) == "The ZIP file unpacks to more than 100 times its size."


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    honest = packed({"SKILL.md": PDF * 100})
    at = honest.index(b"PK\x01\x02") + 24
    for size in (10, 100_000):
        lying = honest[:at] + size.to_bytes(4, "little") + honest[at + 4 :]
        assert "other facts in its header" in refused(lying)


def test_damaged_archives_are_refused_and_never_raise_otherwise() -> None:
    assert refused(b"not a zip") == "This is not a ZIP file."
    assert refused(b"PK\x03\x04 and no more") == "The ZIP file is damaged. Pack it again."
    chance, good = Random(3), packed({"pdf/SKILL.md": PDF, "pdf/forms.md": "F" * 50})
    for _ in range(1_000):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(4, len(data))] = chance.randrange(256)
        with suppress(InvalidInput):
            discover(uploaded(bytes(data), "x.zip"))
