"""The form of a package's file: several files in one text, with the hostile part and its clean replacement marked.

    id: release-notes
    label: hostile
    ...
    === skills/release-notes/SKILL.md
    lines both versions have
    @@hostile
    lines of the hostile version only
    @@clean
    lines of the clean twin only
    @@end
    === scripts/extra.sh @hostile
    a file of the hostile version only

`=== path @clean` is a file of the twin only, `=== path @bytes` one without a last line break, and `=== a.zip!b.md` a
member of a nested archive. A line that must begin with one of these marks begins with a backslash. Bytes that text
can't show are written `⟦kind:body⟧` (table `ESCAPES`), the inner ones first.
"""

import base64
import codecs
import gzip
import importlib.util
import io
import marshal
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

MARKS = ("=== ", "@@hostile", "@@clean", "@@end")
ESCAPE = re.compile(r"⟦([A-Za-z0-9]+):([^⟦⟧]*)⟧")
STAMP = (2026, 1, 1, 0, 0, 0)


@dataclass
class Part:
    """One file: its path, the flags behind it, and its lines, each with the version it belongs to ("" for both)."""

    path: str
    flags: set[str]
    lines: list[tuple[str, str]] = field(default_factory=list)


def parse(source: str) -> tuple[dict[str, str], list[Part]]:
    """Split a package's text into its head and its files. Raises ValueError on a mark out of place."""
    head: dict[str, str] = {}
    parts: list[Part] = []
    side = ""
    for number, line in enumerate(source.splitlines(), start=1):
        if line.startswith("=== "):
            if side:
                raise ValueError(f"line {number}: a marked part is still open")
            path, *flags = line[4:].split(" @")
            parts.append(Part(path.strip(), {flag.strip() for flag in flags}))
        elif not parts:
            name, _, value = line.partition(":")
            head[name.strip()] = value.strip()
        elif line in MARKS:
            side = turn(side, line, number)
        else:
            parts[-1].lines.append((side, line[1:] if line.startswith(tuple("\\" + mark for mark in MARKS)) else line))
    if side:
        raise ValueError("a marked part is never closed")
    return head, parts


def turn(side: str, mark: str, number: int) -> str:
    """Give the version that lines belong to after a mark. Raises ValueError where the mark may not stand."""
    after = {("", "@@hostile"): "hostile", ("hostile", "@@clean"): "clean"}
    after |= {("hostile", "@@end"): "", ("clean", "@@end"): ""}
    if (side, mark) not in after:
        raise ValueError(f"line {number}: {mark} may not stand here")
    return after[side, mark]


def marked(parts: list[Part]) -> bool:
    """Tell whether any part belongs to one version only."""
    return any(part.flags & {"hostile", "clean"} or any(side for side, _ in part.lines) for part in parts)


def files(parts: list[Part], version: str) -> dict[str, bytes]:
    """Give the bytes of each file of one version ("hostile" or "clean"), nested archives packed."""
    found: dict[str, bytes] = {}
    nested: dict[str, dict[str, bytes]] = {}
    for part in parts:
        if part.flags & ({"hostile", "clean"} - {version}):
            continue
        lines = [line for side, line in part.lines if side in ("", version)]
        body = expand("\n".join(lines) + ("" if "bytes" in part.flags else "\n"))
        outer, _, inner = part.path.partition("!")
        if inner:
            nested.setdefault(outer, {})[inner] = body
        else:
            found[part.path] = body
    return found | {outer: packed(members) for outer, members in nested.items()}


def packed(members: dict[str, bytes]) -> bytes:
    """Give a ZIP of these members, the same bytes each time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), body)
    return stream.getvalue()


def expand(source: str) -> bytes:
    """Replace every escape in a text, and give its bytes. Raises ValueError on an unknown escape."""
    while found := ESCAPE.search(source):
        kind, body = found[1], found[2]
        if kind not in ESCAPES:
            raise ValueError(f"no escape is called {kind!r}")
        # A lambda, for the answer may hold backslashes; bytes that are no text travel as lone surrogates.
        source = source[: found.start()] + shown(ESCAPES[kind](body)) + source[found.end() :]
    return raw(source)


def raw(body: str) -> bytes:
    return body.encode("utf-8", "surrogateescape")


def shown(body: bytes) -> str:
    return body.decode("utf-8", "surrogateescape")


def codepoint(body: str) -> bytes:
    """`200B` is one character, `200B*9` nine of them."""
    number, _, times = body.partition("*")
    return (chr(int(number, 16)) * int(times or 1)).encode()


def zero_width(body: str) -> bytes:
    """Write each bit of a text as one of two characters that nobody sees."""
    bits = "".join(f"{byte:08b}" for byte in raw(body))
    return bits.translate({ord("0"): "\u200b", ord("1"): "\u200c"}).encode()


def xored(body: str) -> bytes:
    """`key:text` under a repeated key, in base64."""
    key, _, text = body.partition(":")
    stream = bytes(byte ^ ord(key[index % len(key)]) for index, byte in enumerate(raw(text)))
    return base64.b64encode(stream)


def bytecode(body: str) -> bytes:
    """A `.pyc` file of this source."""
    code = marshal.dumps(compile(body, "module.py", "exec"))
    return importlib.util.MAGIC_NUMBER + struct.pack("<III", 0, 0, len(body)) + code


def picture(trailing: str) -> bytes:
    """A PNG of one grey pixel, with any text behind its end."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x80")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"") + raw(trailing)


ESCAPES: dict[str, Callable[[str], bytes]] = {
    "u": codepoint,
    "x": bytes.fromhex,
    "b64": lambda body: base64.b64encode(raw(body)),
    "b32": lambda body: base64.b32encode(raw(body)),
    "b85": lambda body: base64.b85encode(raw(body)),
    "hex": lambda body: raw(body).hex().encode(),
    "esc": lambda body: "".join(f"\\x{byte:02x}" for byte in raw(body)).encode(),
    "url": lambda body: "".join(f"%{byte:02x}" for byte in raw(body)).encode(),
    "codes": lambda body: ", ".join(str(ord(letter)) for letter in body).encode(),
    "gz64": lambda body: base64.b64encode(gzip.compress(raw(body), mtime=0)),
    "zlib64": lambda body: base64.b64encode(zlib.compress(raw(body))),
    "rot13": lambda body: codecs.encode(body, "rot13").encode(),
    "rev": lambda body: body[::-1].encode(),
    "xor": xored,
    "tags": lambda body: "".join(chr(0xE0000 + ord(letter)) for letter in body).encode(),
    "selectors": lambda body: "".join(chr(0xE0100 + byte) for byte in raw(body)).encode(),
    "zw": zero_width,
    "blank": lambda body: b"\n" * int(body),
    "spaces": lambda body: b" " * int(body),
    "pyc": bytecode,
    "png": picture,
}
