"""Constants calculated as the language would: pieces joined, turned round, decoded."""

import base64
import binascii
import codecs
import zlib
from collections.abc import Sequence

Constant = str | bytes | int | None
LONGEST = 200_000


def joined(op: str, left: Constant, right: Constant) -> Constant:
    """left op right, as far as both are known."""
    if op == "+" and (isinstance(left, str) or isinstance(right, str)):
        # What is unknown becomes a gap, so that the rest is still read.
        known = ["\x01" if part is None else _text(part) for part in (left, right)]
        whole = "".join(known)
        worth = (left is not None and right is not None) or len(whole) > 4
        return whole if worth and len(whole) < LONGEST else None
    if op == "+" and isinstance(left, bytes) and isinstance(right, bytes):
        return left + right
    if isinstance(left, int) and isinstance(right, int) and not isinstance(left, bool):
        if op in ("+", "-", "^", "&", "|"):
            return {"+": left + right, "-": left - right, "^": left ^ right, "&": left & right, "|": left | right}[op]
        if op == "*" and abs(left) < 1e6 and abs(right) < 1e6:
            return left * right
    if op == "%" and isinstance(left, str):
        return left.replace("%s", _text(right) if right is not None else "\x01")
    return None


def concatenated(parts: Sequence[Constant]) -> str | None:
    """A filled-in text; what is unknown becomes a gap."""
    if all(part is None for part in parts):
        return None
    text = "".join("\x01" if part is None else _text(part) for part in parts)
    return text if len(text) < LONGEST else None


def _text(value: Constant) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def decoded(name: str, value: Constant, extra: Sequence[Constant] = ()) -> Constant:
    """What a decoding function gives for a constant, or None."""
    if not isinstance(value, str | bytes) or not value or len(value) > LONGEST:
        return None
    data = value.encode("latin-1", "ignore") if isinstance(value, str) else value
    last = name.rpartition(".")[2]
    try:
        if (
            "b64" in last
            or last == "atob"
            or (last == "from" and "base64" in extra)
            or (last == "decode" and "base64" in extra)
        ):
            return _whole(base64.b64decode(data.replace(b"-", b"+").replace(b"_", b"/") + b"=="))
        if "b32" in last:
            return _whole(base64.b32decode(data))
        if "b85" in last or "a85" in last:
            return _whole(base64.b85decode(data) if "b85" in last else base64.a85decode(data))
        if last in ("fromhex", "unhexlify", "a2b_hex") or (last == "from" and "hex" in extra):
            return _whole(bytes.fromhex(data.decode("ascii").replace(" ", "")))
        if last == "decompress" or "inflate" in last.lower() or "unzip" in last.lower():
            return _whole(zlib.decompressobj(47).decompress(data, LONGEST))
        if last == "decode" and name.startswith("codecs") and isinstance(value, str):
            kind = next((str(item) for item in extra if isinstance(item, str)), "rot13")
            return codecs.decode(value, "rot13") if "rot" in kind else None
    except (ValueError, binascii.Error, zlib.error, LookupError, UnicodeDecodeError):
        return None
    return None


def _whole(data: bytes) -> Constant:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def method(name: str, value: Constant, args: Sequence[Constant], items: Sequence[Constant] = ()) -> Constant:
    """A method of a constant text: join, replace, upper, decode, split …"""
    if name == "join":
        parts = items
        if parts and all(isinstance(part, str) for part in parts):
            return _text(value if value is not None else ",").join(str(part) for part in parts)
        return None
    if not isinstance(value, str | bytes):
        return None
    if name in (
        "decode",
        "encode",
        "toString",
        "strip",
        "trim",
        "format",
        "valueOf",
        "concat",
        "expanduser",
        "resolve",
        "absolute",
    ):
        if name == "concat" and args and isinstance(args[0], str):
            return _text(value) + args[0]
        return value
    text = _text(value)
    if name in ("lower", "toLowerCase"):
        return text.lower()
    if name in ("upper", "toUpperCase"):
        return text.upper()
    if name in ("replace", "replaceAll") and len(args) > 1 and isinstance(args[0], str) and isinstance(args[1], str):
        return text.replace(args[0], args[1])
    if name in ("translate", "swapcase"):
        return text.swapcase() if name == "swapcase" else None
    return None


def characters(items: Sequence[Constant], shift: Constant = 0) -> str | None:
    """A text from its character codes."""
    if not items or not all(isinstance(item, int) and 0 < item < 0x110000 for item in items):
        return None
    return "".join(chr(item) for item in items if isinstance(item, int))
