"""What of a value the audit log keeps: never a secret, long texts in short, numbers as the database gives them back."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import orjson

HIDDEN = "(secret)"
# A field whose name has one of these words holds a secret, whatever it is part of.
SECRET_WORDS = {
    "authorization", "ciphertext", "cookie", "hash", "passphrase", "passwd", "password", "pem", "secret", "token",
}  # fmt: skip
SECRET_NAMES = re.compile(r"(?:api|access|account|auth|client|encryption|master|private|shared|signing)_?key\Z")
LONGEST, KEPT = 400, 200
# A JSON number beyond this is not the same in every program, and jsonb writes it in another way.
EXACT = 2**53
# One entry's `before` or `after` at most, as JSON; past it each part of it is told in short.
MOST_BYTES = 20_000


def changes(before: Any, after: Any, fields: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What differs between two objects (or mappings) in these fields, ready for `record(**changes(…))`; else empty.

    Of values that are mappings or dataclasses only the parts that differ are kept.
    """
    names = list(fields)
    old, new = _differing(_read(before, names), _read(after, names))
    return {"before": old, "after": new} if old or new else {}


def _read(source: Any, names: Iterable[str]) -> dict[str, Any]:
    if isinstance(source, Mapping):
        return {name: source[name] for name in names if name in source}
    return {name: getattr(source, name) for name in names}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    old, new = dict[str, Any](), dict[str, Any]()
    for name in dict.fromkeys([*before, *after]):
        was, now = _opened(before.get(name)), _opened(after.get(name))
        if was == now:
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            was, now = _differing(was, now)
        if name in before:
            old[name] = was
        if name in after:
            new[name] = now
    return old, new


def _opened(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return list(value) if isinstance(value, tuple) else value


def plain(value: Mapping[str, Any] | None) -> Any:
    """As the log keeps it and as it reads from there: JSON, UUIDs and times as text, no secrets, no long texts."""
    if value is None:
        return None
    kept = orjson.loads(orjson.dumps(_kept(value), default=str))
    if len(orjson.dumps(kept)) <= MOST_BYTES:
        return kept
    share = max(KEPT, MOST_BYTES // len(kept))
    return {name[:KEPT]: shortened(orjson.dumps(part).decode(), share) for name, part in list(kept.items())[:100]}


def shortened(text: str, longest: int = LONGEST) -> str:
    """A long text's beginning, with its length and SHA-256, so that any change of it shows and it can be recognised."""
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[: longest // 2]}… ({len(text):,} characters, SHA-256 {digest})"


def is_secret(name: str) -> bool:
    """Whether a field of this name is never shown."""
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    return not SECRET_WORDS.isdisjoint(words) or bool(SECRET_NAMES.search("_".join(words)))


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): HIDDEN if is_secret(str(name)) and part else _kept(part) for name, part in value.items()}
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        # PostgreSQL has no negative zero.
        return value + 0 if -EXACT < value < EXACT else str(value)
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | memoryview):
        return [_kept(part) for part in value]
    return value
