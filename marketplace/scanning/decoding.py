"""Other readings of a text: without what no reader sees, with what is encoded decoded. Lines keep their numbers."""

import base64
import binascii
import codecs
import gzip
import html
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-"
    "\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e01ef]"
)
# What is fine as it stands: emoji joined or varied, marks of direction between words, a mark at the beginning.
TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]{4,}")
VARIED = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}")
ZERO_BITS = re.compile("[\u200b\u200c\u200d\u2060\u2062\u2063\u2064\ufeff]{8,}")
INSIDE_WORD = re.compile("(?<=[A-Za-z])[\u00ad\u200b-\u200d\u2060-\u2064\u180e\ufeff](?=[A-Za-z])")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd]{6,}")
TERMINAL = re.compile(r"\x1b\[[0-9;]{0,12}[A-Za-z]|\x1b\][^\x07]{0,200}\x07|\x08{3,}|[^\r\n]\r(?!\n|$)[^\r\n]")
PADDED = re.compile(r"[ \t\u00a0]{1000,}\S")
LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝґʏɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧοριαν",
    "ABESIJKMHOPCTYXaesijopcyxhdqwrygABEZHIKMNOPTYXopiav",
)
MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0370-\u03ff\u0400-\u04ff])[A-Za-z\u0370-\u03ff\u0400-\u04ff]{3,}\b")
# Words wholly in look-alike letters, with an ASCII neighbour.
ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\[0-3][0-7]{2}){3,}")
ONE_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\u\{?([0-9a-fA-F]{1,6})\}?|\\([0-3][0-7]{2})")
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){3,}|(?:[\w./:-]*%[0-9a-fA-F]{2}){6,}")
ENTITY = re.compile(r"&(?:#\d{2,7}|#x[0-9a-fA-F]{2,6}|[a-z]{2,8});")
BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}={0,2}")
BASE32 = re.compile(r"(?<![A-Z2-7])[A-Z2-7]{32,}={0,6}")
HEX = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2}){16,}(?![0-9a-fA-F])|(?:\b[0-9a-fA-F]{2} ){12,}[0-9a-fA-F]{2}\b")
BASE85 = re.compile(r"(?<=['\"])[!-~]{40,}(?=['\"])")
DEPTH, LONGEST = 4, 1_000_000


@dataclass(frozen=True)
class Hidden:
    """What no reader sees. how: for people; text: what it says, decoded; line: counted from 1."""

    how: str
    text: str
    line: int


def cleaned(line: str) -> str:
    """The line as a model reads it: plain letters, no invisible ones, escapes and entities decoded."""
    if not line.isascii():
        line = INVISIBLE.sub("", line)
        line = "".join(char if char < "\x80" else _plain(char) for char in line)
        line = MIXED.sub(lambda match: match.group().translate(LOOKALIKES), line)
    if "\x1b" in line or "\x08" in line:
        line = TERMINAL.sub(" ", line)
    if "&" in line and ENTITY.search(line):
        line = html.unescape(line)
    if "\\" in line:
        line = ESCAPED.sub(_unescaped, line)
    if "%" in line:
        line = PERCENT.sub(lambda match: unquote(match.group()), line)
    return line


@lru_cache(maxsize=8192)
def _plain(char: str) -> str:
    if "\u3000" < char < "\ufb00":
        return char
    return unicodedata.normalize("NFKC", char)


def _unescaped(match: re.Match[str]) -> str:
    def one(found: re.Match[str]) -> str:
        number = int(found.group(1) or found.group(2) or "0", 16) if not found.group(3) else int(found.group(3), 8)
        return chr(number) if 31 < number < 0x110000 and not 0xD7FF < number < 0xE000 else " "

    return ONE_ESCAPE.sub(one, match.group())


def differs(raw: str, clean: str) -> bool:
    """Whether the plain reading has letters that the line does not show as such."""
    return raw != clean and _letters(raw) != _letters(clean)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isalnum())


def hidden_texts(lines: list[str]) -> Iterator[Hidden]:
    """Text that is written in characters without a shape, and the ways to keep text from a reader."""
    for number, line in enumerate(lines, 1):
        if line.isascii():
            if "\x1b" in line and TERMINAL.search(line):
                yield Hidden("terminal escapes", TERMINAL.sub("", line), number)
            continue
        for match in TAGS.finditer(line):
            yield Hidden("tag characters", "".join(chr(ord(char) - 0xE0000) for char in match.group()), number)
        for match in VARIED.finditer(line):
            yield Hidden("variation selectors", _bytes_text(_variations(match.group())), number)
        for match in ZERO_BITS.finditer(line):
            yield Hidden("zero-width characters", _bits_text(match.group()), number)


def marks(line: str) -> Iterator[str]:
    """How a line keeps something from its reader, whatever it says."""
    if line.isascii():
        return
    if len(INSIDE_WORD.findall(line)) > 1:
        yield "invisible characters inside words"
    if BIDI.search(line) and not re.search("[\u0590-\u08ff]", line):
        yield "marks that turn the direction of text"
    if PRIVATE.search(line):
        yield "characters of private use"
    if len(MIXED.findall(line)) > 0:
        yield "letters of two alphabets in a word"


def _variations(text: str) -> bytes:
    numbers = (ord(char) - 0xFE00 if char < "\U000e0000" else ord(char) - 0xE0100 + 16 for char in text)
    return bytes(number for number in numbers if 0 <= number < 256)


def _bits_text(text: str) -> str:
    kinds = sorted(set(text))
    if len(kinds) > 3:
        return ""
    for one in kinds[:2]:
        bits = "".join("1" if char == one else "0" for char in text if char in kinds[:2])
        whole = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
        if found := _bytes_text(whole):
            return found
    return ""


def _bytes_text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if legible(text) else ""


def legible(text: str, share: float = 0.85) -> bool:
    """Whether this is text rather than chance."""
    if len(text) < 4:
        return False
    good = sum(char.isprintable() or char in "\n\t\r" for char in text)
    return good >= share * len(text)


# --- encoded ----------------------------------------------------------------------------------------------------------


def decoded_texts(text: str, depth: int = DEPTH) -> Iterator[tuple[int, str, str]]:
    """(offset, how, decoded text) of what is encoded in a text, to a depth of four."""
    for pattern, how in ((BASE64, "base64"), (HEX, "hexadecimal"), (BASE32, "base32"), (BASE85, "base85")):
        for match in pattern.finditer(text):
            if len(match.group()) <= LONGEST and (found := decode_blob(match.group(), how, depth)):
                yield match.start(), found[0], found[1]


def decode_blob(blob: str, how: str, depth: int = DEPTH) -> tuple[str, str] | None:
    """(how, text) of an encoded literal, or None. Goes on while what comes out is encoded again."""
    for reading, label in _readings(blob, how):
        data = _inflated(reading)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            continue
        if not legible(text, 0.95) or not re.search(r"[a-z]{3}", text):
            continue
        whole = text.strip()
        if depth > 1 and BASE64.fullmatch(whole) and (deeper := decode_blob(whole, "base64", depth - 1)):
            return f"{label}, {deeper[0]}", deeper[1]
        return label, text
    return None


def _readings(blob: str, how: str) -> Iterator[tuple[bytes, str]]:
    try:
        if how == "hexadecimal":
            yield bytes.fromhex(blob.replace(" ", "")), how
        elif how == "base32":
            yield base64.b32decode(blob.rstrip("=") + "=" * (-len(blob.rstrip("=")) % 8)), how
        elif how == "base85":
            yield base64.b85decode(blob), how
        elif not (blob.isdigit() or (blob.islower() and len(blob) < 60) or "__" in blob or "--" in blob):
            for reading, label in (
                (blob, how),
                (blob[::-1].lstrip("="), f"reversed {how}"),
                (codecs.encode(blob, "rot13"), f"rot13 {how}"),
            ):
                plain = reading.rstrip("=").replace("-", "+").replace("_", "/")
                yield base64.b64decode(plain + "=" * (-len(plain) % 4)), label
    except (binascii.Error, ValueError):
        return


def _inflated(data: bytes) -> bytes:
    try:
        if data[:2] == b"\x1f\x8b":
            return gzip.GzipFile(fileobj=__import__("io").BytesIO(data)).read(LONGEST)
        if data[:1] == b"\x78":
            return zlib.decompressobj().decompress(data, LONGEST)
    except (OSError, zlib.error, EOFError):
        pass
    return data
