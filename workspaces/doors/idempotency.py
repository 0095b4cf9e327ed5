"""The same POST sent twice does its work once: `Idempotency-Key`."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import orjson
from django.db import transaction

from automatos.errors import Conflict, InvalidInput
from workspaces.models import IdempotentRequest, User, Workspace

LONGEST_KEY = 255
HEADER = "Idempotency-Key"


def once(
    *,
    workspace: Workspace,
    user: User,
    route: str,
    key: str | None,
    body: Any,
    act: Callable[[], tuple[int, dict[str, Any]]],
) -> tuple[int, dict[str, Any]]:
    """What `act` answers, as status and body; to the same person's same route, key and body what it did the first time.

    The key's row and the work are one transaction: a second request with the key waits at the unique index until the
    first is over, then reads its answer. Work that is refused leaves no row, so the key can be used again.
    Raises Conflict for the same key with another body, InvalidInput for a key that is too long.
    """
    if key is None:
        return act()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        text = f"Send 1 to {LONGEST_KEY} printable characters."
        raise InvalidInput(f"{HEADER}: {text}", fields={HEADER: [text]})
    # Two people who happen on the same key do not get each other's answers.
    route = f"{route}:{user.pk}"
    digest = hashlib.sha256(_as_text(body)).hexdigest()
    kept = IdempotentRequest.objects.filter(workspace=workspace, route=route, key=key)
    with transaction.atomic():
        if found := kept.first():
            return _answered(found, digest)
        fresh = IdempotentRequest(workspace=workspace, route=route, key=key, body_hash=digest)
        IdempotentRequest.objects.bulk_create([fresh], ignore_conflicts=True)
        row = kept.get()
        if row.status is not None:  # of whoever was first, with its answer
            return _answered(row, digest)
        row.status, answer = act()
        # Kept as text: PostgreSQL would sort the names of an object, and the second answer would not equal the first.
        row.body = orjson.dumps(answer).decode()
        row.save(update_fields=["status", "body"])
    return row.status, answer


def _as_text(body: Any) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # numbers past 64 bits, which whoever acts takes or refuses by name
        return json.dumps(body, sort_keys=True, default=str).encode()


def _answered(row: IdempotentRequest, digest: str) -> tuple[int, dict[str, Any]]:
    if row.body_hash != digest:
        raise Conflict(f"This {HEADER} was used with another body. Use a new key.", code="idempotency_key_reused")
    return row.status or 200, orjson.loads(str(row.body))
