"""Hooks that call an address: what is sent, how it is signed, and what an answer may say.

`X-Automatos-Signature: t=<seconds>,v1=<hex>` is HMAC-SHA256 over "<t>.<body>" under the secret that the workspace's
admins see on the plugin's page. An answer may add text, refuse or ask; it never allows what the platform would not.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from automatos import outside
from automatos.errors import AppError
from marketplace.hooks.deciding import Happening, Hook, Ruling
from marketplace.hooks.reading import LONGEST_TEXT

LONGEST_SENT = 20_000
FIELDS = ("tool_name", "tool_input", "tool_output", "prompt", "answer", "agent")


def secret_of(workspace_id: UUID, plugin_id: UUID) -> str:
    """What calls of this plugin's hooks are signed with in this workspace, as long as SECRET_KEY stays."""
    told = b"hooks\0" + workspace_id.bytes + plugin_id.bytes
    return hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).hexdigest()


def signature_of(secret: str, moment: int, body: bytes) -> str:
    """The header's value. moment: seconds since 1970."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


async def call(hook: Hook, happening: Happening, *, workspace_id: UUID, execution_id: UUID, key: str) -> Ruling:
    """Ask the hook's address. An address that does not answer in time stops nothing: it has said nothing.

    key: the same when the same call is made again.
    """
    body = json.dumps(_told(hook, happening, execution_id), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Automatos-Signature": signature_of(secret_of(workspace_id, hook.plugin_id), int(time.time()), body),
    }
    limits = outside.Limits(seconds=float(hook.row.get("seconds") or 10), max_bytes=100_000, redirects=0)
    try:
        answer = await outside.request("POST", str(hook.row["url"]), secrets=headers, body=body, limits=limits)
    except AppError:
        return Ruling()
    if not 200 <= answer.status < 300:
        return Ruling()
    try:
        said = json.loads(answer.text() or "{}")
    except (ValueError, RecursionError):
        return Ruling()
    return answered(hook, said) if isinstance(said, Mapping) else Ruling()


def answered(hook: Hook, said: Mapping[str, Any]) -> Ruling:
    """What an answer means, in Claude Code's shape. `allow` and changed arguments are not heard."""
    specific = said.get("hookSpecificOutput")
    more: Mapping[str, Any] = specific if isinstance(specific, Mapping) else {}
    word = str(more.get("permissionDecision") or said.get("decision") or "")
    why = _text(more.get("permissionDecisionReason") or said.get("reason") or said.get("stopReason"))
    refused = word in ("deny", "block") or said.get("continue") is False
    note = _text(more.get("additionalContext") or said.get("additionalContext"))
    return Ruling(
        notes=((hook.origin, note),) if note else (),
        refused=(why or "It gives no reason.") if refused else "",
        asks=(why or "It gives no reason.") if word == "ask" and not refused else "",
        by=hook.origin if refused or word == "ask" else "",
    )


def _told(hook: Hook, happening: Happening, execution_id: UUID) -> dict[str, Any]:
    told: dict[str, Any] = {
        "hook_event_name": hook.row.get("said") or happening.event,
        "event": happening.event,
        "session_id": str(execution_id),
        "plugin": hook.slug,
    }
    return told | {name: text[:LONGEST_SENT] for name in FIELDS if (text := happening.value(name))}


def _text(value: Any) -> str:
    return str(value or "").replace("\x00", "")[:LONGEST_TEXT] if isinstance(value, str) else ""
