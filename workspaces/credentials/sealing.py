"""Seals secrets with AES-256-GCM (NIST SP 800-38D), each bound to the row it belongs to.

A sealed value is one byte for the format, 12 random bytes of nonce, then ciphertext and tag. Random nonces are good for
2^32 values under one key (section 8.3), far more than an installation has.
"""

import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from automatos.errors import AppError
from automatos.master_keys import MasterKey, MasterKeys

FORMAT = b"\x01"
# Nobody's workspace: what a secret of the installation is bound to.
INSTALLATION = UUID(int=0)
NONCE_BYTES = 12


class Unreadable(AppError):
    """A sealed value cannot be opened: its key is not here, or it was changed, or it was copied from elsewhere."""

    code = "credential_unreadable"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Place:
    """The row a sealed value belongs to. It opens in no other one."""

    workspace_id: UUID
    row_id: UUID
    kind: str

    def bound(self, key_id: str) -> bytes:
        """The associated data."""
        return f"automatos/1|{self.workspace_id}|{self.row_id}|{self.kind}|{key_id}".encode()


def master_keys() -> MasterKeys:
    """The keys this process was started with."""
    keys: MasterKeys = settings.CREDENTIALS_KEYS
    return keys


def seal(secrets: dict[str, str], place: Place) -> tuple[str, bytes]:
    """The newest key's id, and the secrets sealed under it."""
    key = master_keys().newest
    return key.id, seal_under(key, orjson.dumps(secrets), place.bound(key.id))


def unseal(sealed: bytes | memoryview, key_id: str, place: Place) -> dict[str, str]:
    """The secrets; raises Unreadable, whose text says which of the causes it is and what to do."""
    key = master_keys().get(key_id)
    if key is None:
        raise Unreadable(
            f"This credential is sealed under the master key {key_id!r}, which this process does not have. "
            "Put that key back into CREDENTIALS_KEYS, or enter the secrets again."
        )
    try:
        opened: Any = orjson.loads(unseal_under(key, bytes(sealed), place.bound(key_id)))
    except (InvalidTag, ValueError):
        raise Unreadable(
            "This credential's sealed value does not belong to this row: it was changed, or copied from another row "
            "or workspace. Enter its secrets again."
        ) from None
    return dict(opened)


def seal_under(key: MasterKey, plain: bytes, bound_to: bytes) -> bytes:
    """The bytes, sealed."""
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key.secret).encrypt(nonce, plain, bound_to)


def unseal_under(key: MasterKey, sealed: bytes, bound_to: bytes) -> bytes:
    """The bytes again; InvalidTag when key or binding are others, ValueError when it is no sealed value at all."""
    if sealed[:1] != FORMAT or len(sealed) <= 1 + NONCE_BYTES:
        raise ValueError("not a sealed value")
    return AESGCM(key.secret).decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], bound_to)
