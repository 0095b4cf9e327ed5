"""The keys that seal what a workspace keeps secret (CREDENTIALS_KEYS): read, checked, and made once for a laptop."""

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from automatos import env

NAME = "CREDENTIALS_KEYS"
KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
MAKE_ONE = "python -c 'import base64, os; print(\"k1:\" + base64.b64encode(os.urandom(32)).decode())'"
CURE = f"Write id:key, newest first, separated by commas. This prints one: {MAKE_ONE}"


@dataclass(frozen=True, slots=True)
class MasterKey:
    """256 bits that seal, and the name they are known by."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The keys in use, newest first: the first one seals, each can open. source: where they come from, for people."""

    keys: tuple[MasterKey, ...]
    source: str

    @property
    def newest(self) -> MasterKey:
        return self.keys[0]

    def get(self, key_id: str) -> MasterKey | None:
        """The key of this name, if it is here."""
        return next((key for key in self.keys if key.id == key_id), None)


def read(path: Path, *, make: bool) -> MasterKeys:
    """The keys of CREDENTIALS_KEYS, or the one in the file at `path`, made when missing and `make` allows it.

    Nonsense stops the start with an EnvError, which never repeats a key.
    """
    given = env.text(NAME)
    if given:
        return MasterKeys(parse(given, NAME), NAME)
    if not make:
        raise env.EnvError(NAME, "is not set", f"Set it to the same value for every process. {CURE}")
    if not path.exists():
        _make(path)
    return MasterKeys(parse(path.read_text(encoding="ascii", errors="replace").strip(), str(path)), str(path))


def parse(text: str, source: str) -> tuple[MasterKey, ...]:
    """The keys in `id:base64,id:base64`; EnvError names the source and the entry's place."""
    entries = [part.strip() for part in text.split(",") if part.strip()]
    if not entries:
        raise env.EnvError(source, "holds no key", CURE)
    keys = tuple(_key(entry, place, source) for place, entry in enumerate(entries, 1))
    ids = [key.id for key in keys]
    if len(set(ids)) < len(ids):
        raise env.EnvError(source, "names two keys the same", "Give each key an id of its own.")
    return keys


def _key(entry: str, place: int, source: str) -> MasterKey:
    key_id, colon, encoded = entry.partition(":")
    if not colon or not KEY_ID.fullmatch(key_id):
        # What stands here may be a key without its id, so it is not repeated.
        raise env.EnvError(
            source, f"has no id of 1 to 16 letters, digits, - or _ in front of key {place}, then a colon", CURE
        )
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise env.EnvError(source, f"holds key {key_id!r}, which is not base64", CURE) from None
    if len(secret) != KEY_BYTES:
        raise env.EnvError(source, f"holds key {key_id!r} of {len(secret)} bytes; it takes {KEY_BYTES}", CURE)
    return MasterKey(key_id, secret)


def _make(path: Path) -> None:
    """A new key, complete from the first moment it is seen; when two processes make one at once, one of them stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
    own = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    file = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
