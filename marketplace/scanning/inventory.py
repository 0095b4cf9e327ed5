"""What there is to read: every file, opened archives and the texts inside documents. Nothing is run or written."""

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from marketplace.packages.package import Package
from marketplace.scanning.report import CoverageRow
from marketplace.scanning.scale import TEXT_LIMIT

Kind = Literal[
    "markdown", "python", "javascript", "shell", "powershell", "json", "yaml", "html", "code", "text", "binary"
]
DEPTH, MEMBERS, UNPACKED = 3, 1_000, 25_000_000
READ = 60_000_000
# Beginnings of files, and what they are called.
MAGIC = (
    (b"\x7fELF", "Linux program"),
    (b"MZ", "Windows program"),
    (b"\xcf\xfa\xed\xfe", "macOS program"),
    (b"\xce\xfa\xed\xfe", "macOS program"),
    (b"\xca\xfe\xba\xbe", "Java class or macOS program"),
    (b"\x00asm", "WebAssembly"),
    (b"dex\n", "Android program"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"\x00\x00\x01\x00", "image"),
    (b"BM", "image"),
    (b"wOFF", "font"),
    (b"wOF2", "font"),
    (b"\x00\x01\x00\x00", "font"),
    (b"OTTO", "font"),
    (b"ID3", "sound"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"SQLite format 3", "database"),
)
PROGRAMS = frozenset(
    (
        "Linux program",
        "Windows program",
        "macOS program",
        "Java class or macOS program",
        "WebAssembly",
        "Android program",
        "Python bytecode",
        "7z",
        "rar",
        "encrypted archive",
        "serialised objects",
    )
)
HARMLESS = frozenset(("image", "font", "sound", "video", "database", "pdf"))
KINDS: dict[str, Kind] = {
    "md": "markdown",
    "mdx": "markdown",
    "markdown": "markdown",
    "mdc": "markdown",
    "rst": "markdown",
    "py": "python",
    "pyw": "python",
    "pyi": "python",
    "pth": "python",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "jsx": "javascript",
    "ts": "javascript",
    "tsx": "javascript",
    "mts": "javascript",
    "cts": "javascript",
    "sh": "shell",
    "bash": "shell",
    "zsh": "shell",
    "fish": "shell",
    "ksh": "shell",
    "command": "shell",
    "ps1": "powershell",
    "psm1": "powershell",
    "psd1": "powershell",
    "bat": "powershell",
    "cmd": "powershell",
    "json": "json",
    "jsonc": "json",
    "json5": "json",
    "ipynb": "json",
    "webmanifest": "json",
    "yml": "yaml",
    "yaml": "yaml",
    "toml": "yaml",
    "ini": "yaml",
    "cfg": "yaml",
    "conf": "yaml",
    "env": "yaml",
    "properties": "yaml",
    "npmrc": "yaml",
    "html": "html",
    "htm": "html",
    "svg": "html",
    "xml": "html",
    "vue": "html",
    "svelte": "html",
    "xhtml": "html",
    "txt": "text",
    "csv": "text",
    "tsv": "text",
    "log": "text",
    "license": "text",
}
CODE = frozenset(
    "rb pl php lua go rs java kt swift c h cpp hpp cc cs scala r jl dart ex exs erl hs clj "
    "groovy gradle sql vbs applescript "
    "scpt tf hcl nix proto graphql css scss less sol move zig nim v mk makefile dockerfile containerfile rake".split()
)
SHEBANGS: tuple[tuple[str, Kind], ...] = (
    ("python", "python"),
    ("node", "javascript"),
    ("deno", "javascript"),
    ("bun", "javascript"),
    ("pwsh", "powershell"),
    ("sh", "shell"),
    ("bash", "shell"),
    ("zsh", "shell"),
)
SHELL_NAMES = frozenset("makefile justfile dockerfile containerfile .bashrc .zshrc .profile .envrc procfile".split())
PDF_STREAM = re.compile(rb"stream\r?\n(.{0,400000}?)\r?\nendstream", re.DOTALL)
PDF_TEXT = re.compile(rb"\(((?:\\.|[^\\()]){1,2000})\)")
TAG = re.compile(r"<[^>]{0,2000}>")
UNSHOWN = re.compile(
    r"<w:r[ >](?:(?!</w:r>).){0,600}?"
    r"(?:<w:vanish|w:color w:val=\"(?:FFFFFF|ffffff)\"|<w:sz w:val=\"[1-4]\")"
    r"(?:(?!</w:r>).){0,8000}?</w:r>",
    re.DOTALL,
)
OFFICE = (".docx", ".pptx", ".xlsx", ".odt", ".odp", ".ods", ".docm")
PARAGRAPH = re.compile(r"</(?:w:p|a:p|p|text:p|si|row)>")


@dataclass
class Source:
    """One text to read. path: where it is, `outer.zip!inner` inside archives. data: its bytes; text: decoded.

    executable: its mode says so; nested: from inside an archive or a document; packed: how, for people.
    """

    path: str
    kind: Kind
    text: str
    size: int
    executable: bool = False
    nested: str = ""
    lines: list[str] = field(default_factory=list)


@dataclass
class Inventory:
    """The texts, a coverage row for every file, and what could not be read, by path."""

    sources: list[Source] = field(default_factory=list)
    coverage: list[CoverageRow] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    members: int = 0
    unpacked: int = 0


def take_inventory(package: Package) -> Inventory:
    """Read every file of the package and whatever is inside archives."""
    inventory = Inventory()
    for file in package.files:
        _take(inventory, file.path, file.data, executable=file.executable, depth=0, nested="")
    return inventory


def _take(inventory: Inventory, path: str, data: bytes, *, executable: bool, depth: int, nested: str) -> None:
    what = sniff(path, data)
    row = CoverageRow(path, what, len(data), "read")
    if what == "text":
        text = decode(data) or ""
        if len(text) > TEXT_LIMIT:
            row = CoverageRow(path, what, len(data), "read", "read in part: longer than 1,000,000 characters", gap=True)
        kind = kind_of(path, text)
        inventory.sources.append(Source(path, kind, text[: TEXT_LIMIT * 4], len(data), executable, nested))
    elif what in ("zip", "gzip", "bzip2", "xz", "tar"):
        row = _open_archive(inventory, path, data, what, depth)
    elif what == "pdf":
        inventory.sources.append(Source(path, "text", pdf_text(data), len(data), executable, "text of a PDF"))
    else:
        row = _unread(inventory, path, data, what, executable)
    inventory.coverage.append(row)


def _unread(inventory: Inventory, path: str, data: bytes, what: str, executable: bool) -> CoverageRow:
    """A file that holds no text; what is legible in pictures is taken all the same."""
    if what == "image" and (words := image_text(data)):
        inventory.sources.append(Source(path, "text", words, len(data), False, "text inside a picture"))
    if what in HARMLESS:
        return CoverageRow(path, what, len(data), "passed_over", "holds no text that an agent would read")
    inventory.unread[path] = what
    gap = what in PROGRAMS or executable
    return CoverageRow(path, what, len(data), "unread", "cannot be read as text", gap)


def sniff(path: str, data: bytes) -> str:
    """What a file is, by its content first."""
    name = path.rpartition("/")[2].lower()
    if name.endswith((".pyc", ".pyo")):
        return "Python bytecode"
    if data[257:262] == b"ustar":
        return "tar"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image"
    if data[4:8] == b"ftyp":
        return "video"
    for start, what in MAGIC:
        if data.startswith(start) and not (
            len(start) < 4 and decode(data) is not None and what in ("image", "Windows program", "sound", "bzip2")
        ):
            return what
    if name.endswith((".pkl", ".pickle", ".joblib", ".pt")) and data[:1] == b"\x80":
        return "serialised objects"
    return "text" if decode(data) is not None else "binary"


def decode(data: bytes) -> str | None:
    """The text in these bytes, or None if they hold none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    sample = data[:65536]
    if b"\x00" in sample:
        # A few zero bytes between letters hide a text from simpler readers; a program has other odd bytes besides.
        data = data.replace(b"\x00", b"")
        rest = data[:65536]
        odd = sum(byte > 127 or (byte < 32 and byte not in (9, 10, 12, 13, 27)) for byte in rest)
        if not rest or odd * 50 > len(rest) or sample.count(b"\x00") * 5 > len(sample) * 3:
            return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        odd = sum(byte > 127 or (byte < 32 and byte not in (9, 10, 12, 13, 27)) for byte in sample)
        return data.decode("utf-8", "replace") if odd * 10 <= len(sample) else None


def kind_of(path: str, text: str) -> Kind:
    """How a text is to be read, by its first line and its name."""
    name = path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2]
    if text.startswith("#!"):
        first = text[:120].partition("\n")[0]
        for word, kind in SHEBANGS:
            if re.search(rf"\b{word}[\d.]*\b", first):
                return kind
    if name in SHELL_NAMES:
        return "shell"
    if ending in KINDS and ("." in name or name == "license"):
        return KINDS[ending]
    if ending in CODE:
        return "code"
    if re.match(r"\s*(?:---\s*\n|#{1,3} \S)", text):
        return "markdown"
    return "text"


# --- archives and documents -------------------------------------------------------------------------------------------


def _open_archive(inventory: Inventory, path: str, data: bytes, what: str, depth: int) -> CoverageRow:
    if depth >= DEPTH:
        return CoverageRow(path, what, len(data), "unread", f"archives in archives, more than {DEPTH} deep", gap=True)
    try:
        for name, content in _members(data, what):
            inventory.members += 1
            inventory.unpacked += len(content)
            if inventory.members > MEMBERS or inventory.unpacked > UNPACKED:
                return CoverageRow(path, what, len(data), "unread", "holds too much to open", gap=True)
            if name.endswith(".xml") and path.lower().endswith(OFFICE):
                name, content = f"{name[:-4]}.md", document_text(content).encode()  # noqa: PLW2901
            _take(
                inventory, f"{path}!{name}", content, executable=False, depth=depth + 1, nested=f"inside a {what} file"
            )
    except RuntimeError:
        inventory.unread[path] = "encrypted archive"
        return CoverageRow(path, what, len(data), "unread", "encrypted", gap=True)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        OSError,
        EOFError,
        ValueError,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
    ):
        return CoverageRow(path, what, len(data), "unread", "damaged, or packed in a way that is not known", gap=True)
    return CoverageRow(path, what, len(data), "unpacked")


def _members(data: bytes, what: str) -> Iterator[tuple[str, bytes]]:
    if what == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as member:
                        yield info.filename, member.read(UNPACKED + 1)
        return
    opened = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
    if what in opened:
        with opened[what](io.BytesIO(data)) as stream:  # type: ignore[operator]
            data = stream.read(UNPACKED + 1)
        if data[257:262] != b"ustar":
            yield "content", data
            return
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for item in tar:
            if item.isfile() and (file := tar.extractfile(item)):
                yield item.name, file.read(UNPACKED + 1)


def document_text(data: bytes) -> str:
    """The words in the XML of an office document, a paragraph a line; those that are not shown become comments."""
    text = UNSHOWN.sub(lambda match: f"\n\x00{TAG.sub('', match.group())}\x01\n", data.decode("utf-8", "replace"))
    plain = TAG.sub("", PARAGRAPH.sub("\n", text))
    return plain.replace("\x00", "<!-- ").replace("\x01", " -->")


def pdf_text(data: bytes) -> str:
    """The words that stand plainly in a PDF or in its deflated streams; roughly, and never more than asked for."""
    pieces, budget = [data[:READ]], 4_000_000
    for match in PDF_STREAM.finditer(data[:READ]):
        try:
            inflated = zlib.decompressobj().decompress(match.group(1), min(budget, TEXT_LIMIT))
        except zlib.error:
            continue
        budget -= len(inflated)
        pieces.append(inflated)
        if budget <= 0:
            break
    words = (match.group(1) for piece in pieces for match in PDF_TEXT.finditer(piece))
    return "\n".join(word.decode("latin-1") for word in words)[:TEXT_LIMIT]


def image_text(data: bytes) -> str:
    """Comments of a PNG or JPEG, and text that was put behind its end."""
    found = [bytes(match.group(1)) for match in re.finditer(rb"tEXt([\x20-\x7e\x00]{8,4000})", data[:200_000])]
    found += [bytes(match.group(1)) for match in re.finditer(rb"\xff\xfe..([\x20-\x7e\n]{8,4000})", data[:200_000])]
    end = data.rfind(b"IEND\xaeB`\x82")
    if end >= 0 and len(data) - end > 16:
        found.append(data[end + 8 : end + 200_000])
    return "\n".join(text for piece in found if (text := decode(piece.replace(b"\x00", b": "))) and len(text) > 7)
