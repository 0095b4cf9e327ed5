"""Which encoding a text is in, and the text. What does not fit is counted, never put in its place without a word."""

import codecs
import re
from dataclasses import dataclass

import chardet
import charset_normalizer

from tools.confined.child import Problem

# Bytes that are looked at; more of them do not make the answer better.
SAMPLE = 100_000
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Each of them reads all that its older or smaller name does.
WIDER = {
    "ascii": "utf-8", "utf-8-sig": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874",
    "iso8859-11": "cp874", "big5": "cp950",
}  # fmt: skip
HIGH = re.compile(rb"[\x80-\xff][^\r\n]{0,300}")
# How many of the characters that are not ASCII may be broken, as one in so many.
BROKEN = 50
LOST = "\ufffd"
HIGH_LETTER = re.compile(r"[^\x00-\x7f]")
DECLARED = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})|<\?xml[^>]{0,100}"""
                      rb"""encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""", re.I)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was read in. lost: how many characters do not fit it and stand as U+FFFD."""

    text: str
    encoding: str
    lost: int = 0

    def notes(self) -> list[str]:
        """Sentences about what is wrong with it."""
        if not self.lost:
            return []
        words = "1 character does" if self.lost == 1 else f"{self.lost:,} characters do"
        return [f"{words} not fit the encoding {self.encoding} and cannot be read."]


def decoded(data: bytes, encoding: str = "") -> Decoded:
    """The text in the encoding that is asked for, else in the one found. A few broken characters are let pass.

    Raises Problem where more bytes do not fit, or where no encoding can be found.
    """
    name = codec(encoding) if encoding else found(data)
    read = _read(data, name) if name else None
    if read is None and not encoding:
        raise Problem(
            "Its encoding cannot be found, so its letters cannot be read. Choose the encoding, or save it as UTF-8."
        )
    if read is None:
        raise Problem(f"It is not text in {name}. Choose another encoding, or have it found.")
    return read


def _read(data: bytes, name: str) -> Decoded | None:
    """The text in this encoding; None where it is another one."""
    try:
        return Decoded(data.decode(name).removeprefix("\ufeff"), name)
    except UnicodeError:
        text = data.decode(name, "replace").removeprefix("\ufeff")
    lost = text.count(LOST)
    high = sum(1 for _ in HIGH_LETTER.finditer(text))
    return Decoded(text, name, lost) if lost * BROKEN <= high else None


def codec(name: str) -> str:
    """The usual name of an encoding. Raises Problem for one that does not exist or is none of text."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        raise Problem(f"There is no encoding {name[:40]!r}.") from None
    if not info._is_text_encoding or info.name in ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"):
        raise Problem(f"{name[:40]!r} is no encoding of texts.")
    return WIDER.get(info.name, info.name)


def declared(data: bytes) -> str:
    """The encoding that a page or an XML file says it has, if there is one of this name; else empty."""
    named = DECLARED.search(data[:4096])
    if named is None or data.startswith(tuple(mark for mark, _ in MARKS)):
        return ""
    try:
        name = codec((named[1] or named[2]).decode())
    except Problem:
        return ""
    # A page cannot say it is in UTF-16 by letters of one byte.
    return "utf-8" if name.startswith(("utf-16", "utf-32")) else name


def found(data: bytes) -> str:
    """The encoding by its mark, by strict UTF-8, then by what reads like a language; empty where nothing does."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name if name != "utf-8-sig" else "utf-8"
    if _fits(data, "utf-8") and b"\x1b" not in data[:SAMPLE]:
        return "utf-8"
    # Letters of several bytes that fit are hardly ever there by chance, so one that is broken among many is a fault.
    if b"\x1b" not in data[:SAMPLE] and _looks_like_utf8(data):
        return "utf-8"
    guesses: list[str | None] = []
    for sample in _samples(data):
        for guess in (chardet.detect(sample)["encoding"], _normalized(sample)):
            if guess and _fits(data, guess):
                return codec(guess)
            guesses.append(guess)
    # None fits whole: the one that fits but for a few broken characters.
    return next((codec(name) for name in guesses if name and _nearly_fits(data, name)), "")


def _samples(data: bytes) -> list[bytes]:
    """The beginning, and pieces of lines that are not plain ASCII, wherever they are."""
    high, size = [], 0
    for piece in HIGH.finditer(data):
        high.append(data[max(0, piece.start() - 20) : piece.end()].rpartition(b"\n")[2])
        size += len(high[-1])
        if size > SAMPLE:
            break
    head = data[:SAMPLE]
    return [head, b"\n".join(high)] if high and (not head.isascii() or b"\x00" in head) else [b"\n".join(high) or head]


def _normalized(sample: bytes) -> str:
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best else ""


def _fits(data: bytes, name: str) -> bool:
    """Whether every byte is a letter of this encoding."""
    try:
        text = data.decode(codec(name))
    except (UnicodeError, Problem):
        return False
    return "\x00" not in text


def _looks_like_utf8(data: bytes) -> bool:
    first = HIGH.search(data)
    if first is None:
        return False
    sample = data[first.start() : first.start() + SAMPLE]
    # The last letter may have been cut through.
    return _nearly_fits(sample[:-3] if len(sample) == SAMPLE else sample, "utf-8") and _nearly_fits(data, "utf-8")


def _nearly_fits(data: bytes, name: str) -> bool:
    try:
        read = _read(data, codec(name))
    except (UnicodeError, Problem):
        return False
    return read is not None and "\x00" not in read.text
