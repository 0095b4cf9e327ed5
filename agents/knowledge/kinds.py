"""What a document may be: its kinds of file, how large, and what is wrong with one that is not taken."""

from dataclasses import dataclass
from pathlib import PurePath

from automatos.checking import unstorable_text
from automatos.errors import wrong_field
from automatos.zip_files import ZipLimits, looks_like_zip, read_zip
from workspaces.limits.plans import size

LARGEST = 20 * 1024 * 1024
LONGEST = 2_000_000
LONGEST_TITLE = 200
MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
PDF, DOCX = MEDIA_TYPES[".pdf"], MEDIA_TYPES[".docx"]
TAKEN = "text, Markdown, CSV, HTML, PDF or DOCX (.txt, .md, .csv, .html, .pdf, .docx)"
DOCX_LIMITS = ZipLimits(packed=LARGEST, files=2000, file=50_000_000, unpacked=100_000_000)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent. name: as its sender calls it."""

    name: str
    data: bytes


def media_type_of(upload: Upload) -> str:
    """The media type of a file that can be taken; raises InvalidInput naming `file`, the limit and the cure."""
    kind = MEDIA_TYPES.get(PurePath(upload.name).suffix.lower())
    if kind is None:
        raise wrong_field("file", f"{upload.name[:80]!r} is of no kind that can be read. Send {TAKEN}.")
    check_size(len(upload.data))
    if not upload.data:
        raise wrong_field("file", "The file is empty. Choose another one.")
    if kind == PDF and not upload.data.startswith(b"%PDF-"):
        raise wrong_field("file", "This is not a PDF, although its name says so. Save it again as a PDF.")
    if kind == DOCX:
        _check_docx(upload.data)
    elif kind != PDF and b"\x00" in upload.data and not upload.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise wrong_field("file", "This is not a text file: it contains NUL characters. Save it as UTF-8 text.")
    return kind


def check_size(number: int) -> None:
    """Pass, or raise InvalidInput for a file of so many bytes."""
    if number > LARGEST:
        raise wrong_field("file", f"The file has {size(number)}; at most {size(LARGEST)} are taken. Split it.")


def check_length(text: str, field: str = "text") -> None:
    """Pass, or raise InvalidInput for a text too long to be kept, or one that cannot be stored."""
    if len(text) > LONGEST:
        raise wrong_field(
            field, f"The text has {len(text):,} characters; at most {LONGEST:,} are kept. Split it into several."
        )
    if problem := unstorable_text(text):
        raise wrong_field(field, problem)


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252, which reads any byte."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _check_docx(data: bytes) -> None:
    if not looks_like_zip(data):
        raise wrong_field("file", "This is not a DOCX file, although its name says so. Save it again as .docx.")
    if "word/document.xml" not in read_zip(data, limits=DOCX_LIMITS):
        raise wrong_field("file", "This file holds no Word document. Save it again as .docx.")
