"""Files of people as text: which kinds there are, and how each is read, in a process of its own without network."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from automatos.errors import InvalidInput
from automatos.zip_files import ZipLimits, looks_like_zip, names_of
from tools import confinement
from tools.contract import ToolProblem

PDF = "application/pdf"
TEXT, CSV, HTML = "text/plain", "text/csv", "text/html"
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{OFFICE}wordprocessingml.document", f"{OFFICE}spreadsheetml.sheet"
PPTX = f"{OFFICE}presentationml.presentation"
XLS, XLSB = "application/vnd.ms-excel", "application/vnd.ms-excel.sheet.binary.macroenabled.12"
ODT, ODS, ODP = (f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation"))
EPUB, EML, NOTEBOOK = "application/epub+zip", "message/rfc822", "application/x-ipynb+json"
MEDIA_TYPES = {
    ".txt": TEXT, ".md": "text/markdown", ".markdown": "text/markdown", ".csv": CSV, ".tsv": CSV, ".html": HTML,
    ".htm": HTML, ".xhtml": HTML, ".pdf": PDF, ".docx": DOCX, ".docm": DOCX, ".dotx": DOCX, ".json": "application/json",
    ".xlsx": XLSX, ".xlsm": XLSX, ".xlsb": XLSB, ".xls": XLS, ".ods": ODS, ".pptx": PPTX, ".pptm": PPTX, ".ppsx": PPTX,
    ".odt": ODT, ".ott": ODT, ".odp": ODP, ".epub": EPUB, ".eml": EML, ".ipynb": NOTEBOOK,
}  # fmt: skip
# Which job reads what is not text; files of all other kinds are taken for text.
JOBS = {
    DOCX: "docx_text", HTML: "html", XLSX: "sheets", XLSB: "sheets", XLS: "sheets", ODS: "sheets", PPTX: "slides",
    ODT: "odf_text", ODP: "odf_text", EPUB: "epub_text", EML: "mail_text", NOTEBOOK: "notebook_text",
}  # fmt: skip
# A part that only a file of this kind holds, for those that are packed as ZIP files.
PARTS = {
    XLSB: "xl/workbook.bin", DOCX: "word/", XLSX: "xl/", PPTX: "ppt/", EPUB: "META-INF/container.xml",
    ODT: "content.xml", ODS: "content.xml", ODP: "content.xml",
}  # fmt: skip
PACKED_IN_ONE_WAY = (ODT, ODS, ODP)
# How files of Word, Excel and PowerPoint begin that are older than 2007, or protected with a password.
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
TAKEN = "text, Markdown, HTML, PDF, CSV, Office and LibreOffice documents, EPUB, mail (.eml), notebooks or source code"
# Endings of what holds no text, with what a person can save it as instead.
NO_TEXT = {
    ".doc": "Save it as .docx.", ".rtf": "Save it as .docx.", ".pages": "Export it as PDF.",
    ".ppt": "Save it as .pptx.",
    ".key": "Export it as PDF.", ".numbers": "Export it as CSV.", ".msg": "Save it as .eml.",
    ".mobi": "Save it as EPUB.",
    **dict.fromkeys((".zip", ".gz", ".7z", ".rar", ".tar", ".xz", ".bz2"), "Unpack it and send the files."),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp", ".heic"),
                    "Pictures go into a message to an agent."),
    **dict.fromkeys((".exe", ".dll", ".so", ".dylib", ".bin", ".iso", ".mp3", ".mp4", ".wav", ".mov", ".sqlite"), ""),
}  # fmt: skip
# What a person can say that the letters of a file are in, by the names of the codecs.
ENCODINGS = {
    "utf-8": "Unicode (UTF-8)", "utf-16": "Unicode (UTF-16)", "utf-16-le": "Unicode (UTF-16, little-endian)",
    "utf-16-be": "Unicode (UTF-16, big-endian)", "cp1252": "Western European (Windows-1252)",
    "iso8859-15": "Western European (ISO 8859-15)", "mac-roman": "Western European (Mac)",
    "cp850": "Western European (DOS 850)", "cp437": "American (DOS 437)", "cp1250": "Central European (Windows-1250)",
    "iso8859-2": "Central European (ISO 8859-2)", "cp852": "Central European (DOS 852)",
    "cp1257": "Baltic (Windows-1257)", "cp1251": "Cyrillic (Windows-1251)", "koi8-r": "Cyrillic (KOI8-R)",
    "koi8-u": "Cyrillic (KOI8-U)", "cp866": "Cyrillic (DOS 866)", "iso8859-5": "Cyrillic (ISO 8859-5)",
    "cp1253": "Greek (Windows-1253)", "iso8859-7": "Greek (ISO 8859-7)", "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)", "cp1256": "Arabic (Windows-1256)", "cp874": "Thai (Windows-874)",
    "cp1258": "Vietnamese (Windows-1258)", "gb18030": "Chinese, simplified (GB 18030, GBK)",
    "cp950": "Chinese, traditional (Big5)", "cp932": "Japanese (Shift JIS)", "euc_jp": "Japanese (EUC)",
    "iso2022_jp": "Japanese (ISO 2022)", "cp949": "Korean (EUC-KR, CP949)",
}  # fmt: skip
DOCUMENT_LIMITS = ZipLimits(packed=50_000_000, files=5_000, file=60_000_000, unpacked=150_000_000, ratio=300)
# How much of a file is looked at to see whether it is text.
HEAD = 4096
LONGEST = 2_000_000
# After how long a job begins no further page, and how long one page may take besides.
PART_SECONDS, LONGEST_PART_SECONDS = 10.0, 60.0


@dataclass(frozen=True, slots=True)
class DocumentText:
    """title: what the document calls itself, or empty. encoding: of a file of letters, else empty.

    notes: sentences about what was left out or is not certain. pages: of a PDF, else 0.
    """

    text: str
    title: str = ""
    encoding: str = ""
    notes: tuple[str, ...] = ()
    pages: int = 0


@dataclass(frozen=True, slots=True)
class PdfPart:
    """Some pages of a PDF. pages: how many there are; next: the first that is not here; texts: of each page here."""

    title: str
    pages: int
    next: int
    texts: list[str]


def media_type_of(name: str, data: bytes) -> str:
    """What a file is, by its content, then by its name. Raises ToolProblem with the cure for what holds no text."""
    ending = PurePath(name).suffix.lower()
    if data.startswith(b"%PDF-"):
        return PDF
    kind = MEDIA_TYPES.get(ending)
    if kind == PDF:
        raise ToolProblem("This is not a PDF, although its name says so. Save it again as a PDF.")
    if looks_like_zip(data):
        return _packed_kind(name, kind, data)
    if data.startswith(OLD_OFFICE):
        return _old_kind(name, kind)
    if kind in PARTS or kind == XLS:
        raise ToolProblem(f"This is no {ending[1:].upper()} file, although its name says so. Save it again.")
    if kind is None and ending in NO_TEXT:
        raise _no_kind(name, NO_TEXT[ending])
    if not _may_be_text(data[:HEAD]):
        raise ToolProblem(f"{name[:80]!r} is not a text file: it holds NUL characters. Send {TAKEN}.")
    return kind or TEXT


def has_encoding(media_type: str) -> bool:
    """Whether files of this kind are letters, which may be in one encoding or another."""
    return media_type != PDF and JOBS.get(media_type, "html") == "html"


def _packed_kind(name: str, kind: str | None, data: bytes) -> str:
    """The kind of a file that is packed; nothing of it is unpacked, and its entries are counted before."""
    try:
        names = names_of(data, limits=DOCUMENT_LIMITS)
    except InvalidInput as refused:
        raise ToolProblem(refused.message) from None
    fitting = [one for one, part in PARTS.items() if any(path.startswith(part) for path in names)]
    if kind in fitting:
        return str(kind)
    if fitting and fitting[0] not in PACKED_IN_ONE_WAY:
        return fitting[0]
    raise _no_kind(name, NO_TEXT.get(PurePath(name).suffix.lower(), NO_TEXT[".zip"]))


def _old_kind(name: str, kind: str | None) -> str:
    if kind == XLS:
        return XLS
    if kind in PARTS:
        raise ToolProblem(f"{name[:80]!r} is protected with a password. Save it without one.")
    raise _no_kind(name, NO_TEXT.get(PurePath(name).suffix.lower(), ""))


def _no_kind(name: str, cure: str) -> ToolProblem:
    return ToolProblem(
        " ".join([f"{name[:80]!r} is of no kind that can be read.", *([cure] if cure else []), f"Send {TAKEN}."])
    )


def _may_be_text(head: bytes) -> bool:
    """Whether there are no NUL characters but those of UTF-16 and UTF-32."""
    if b"\x00" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        try:
            text = head.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(letter.isprintable() or letter.isspace() for letter in text):
            return True
    return False


async def text_of(media_type: str, data: bytes, *, seconds: float, encoding: str = "", url: str = "") -> DocumentText:
    """The text of a file. seconds: of reading; encoding: empty to find it; url: what a page's links stand under.

    Raises ToolProblem with the reason.
    """
    if media_type == PDF:
        return await _pdf_text(data, seconds)
    job = JOBS.get(media_type, "text")
    task = {"encoding": encoding, "charset": encoding, "url": url}
    found, _ = await confinement.run(job, task, data, seconds=seconds)
    return DocumentText(
        str(found["text"]), str(found.get("title", "")), str(found.get("encoding", "")), tuple(found.get("notes", ()))
    )


async def pdf_part(data: bytes, first: int) -> PdfPart:
    """The texts of some pages of a PDF from this one on (from 0), as many as a short job reads."""
    task = {"first": first, "seconds": PART_SECONDS}
    found, _ = await confinement.run("pdf_text", task, data, seconds=LONGEST_PART_SECONDS)
    return PdfPart(str(found["title"]), int(found["pages"]), int(found["next"]), list(map(str, found["texts"])))


async def _pdf_text(data: bytes, seconds: float) -> DocumentText:
    ends = time.monotonic() + seconds
    texts: list[str] = []
    while True:
        part = await pdf_part(data, len(texts))
        texts += part.texts
        if part.next >= part.pages or sum(map(len, texts)) > LONGEST:
            break
        if time.monotonic() > ends:
            raise ToolProblem(f"Of its {part.pages:,} pages {part.next:,} were read in {seconds:g} seconds. Split it.")
    text = "\n\n".join(f"[Page {number} of {part.pages}]\n{text}" for number, text in enumerate(texts, 1))
    empty = [number for number, text in enumerate(texts, 1) if not text]
    notes = (without_text(empty),) if empty else ()
    return DocumentText(text if any(texts) else "", part.title, notes=notes, pages=part.pages)


def without_text(pages: Sequence[int]) -> str:
    """A sentence that names pages without text."""
    shown = ", ".join(map(str, pages[:10])) + (f" and {len(pages) - 10} more" if len(pages) > 10 else "")
    return f"There is no text on page {shown}." if len(pages) == 1 else f"There is no text on the pages {shown}."
