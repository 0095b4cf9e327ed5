"""The bytes of packages' files, kept once under their SHA-256 and never changed."""

import hashlib
from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from automatos.errors import Unavailable
from marketplace.packages.package import PackageFile

FOLDER = "plugins"


def keep(files: Iterable[PackageFile]) -> None:
    """Store each content that is not there yet. What a killed upload left half-written is written again."""
    for sha256, data in {file.sha256: file.data for file in files}.items():
        name = _name(sha256)
        if default_storage.exists(name):
            if default_storage.size(name) == len(data):
                continue
            default_storage.delete(name)
        default_storage.save(name, ContentFile(data))


def read(sha256: str) -> bytes:
    """The content under this hash. Raises Unavailable when storage has lost or changed it: no other bytes are given."""
    try:
        with default_storage.open(_name(sha256)) as file:
            data: bytes = file.read()
    except FileNotFoundError:
        data = b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Unavailable("A file of this package is damaged in the storage; the operator has to look.")
    return data


def _name(sha256: str) -> str:
    return f"{FOLDER}/{sha256[:2]}/{sha256[2:]}"
