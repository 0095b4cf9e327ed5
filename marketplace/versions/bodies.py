"""The bytes of packages' files, kept once under their SHA-256 and never changed."""

import hashlib
from collections.abc import Iterable

from automatos.errors import Unavailable
from automatos.storage import objects
from marketplace.packages.package import PackageFile

FOLDER = "plugins"


def keep(files: Iterable[PackageFile]) -> None:
    """Store each content; writing the same once more changes nothing, and mends what was damaged."""
    for sha256, data in {file.sha256: file.data for file in files}.items():
        objects.write(_name(sha256), data)


def read(sha256: str) -> bytes:
    """The content under this hash. Raises Unavailable when storage has lost or changed it: no other bytes are given."""
    try:
        data = objects.read(_name(sha256))
    except FileNotFoundError:
        data = b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Unavailable("A file of this package is damaged in the storage; the operator has to look.")
    return data


def _name(sha256: str) -> str:
    return f"{FOLDER}/{sha256[:2]}/{sha256[2:]}"
