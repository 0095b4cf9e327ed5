"""Messages from Composio: verified by the secret of the project they come from, taken in once.

A message says which workspace it is for. It is verified with the secret of that workspace's own project, or with the
installation's when it has none; so whoever owns a project can speak for their own workspace only.
"""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from automatos.checking import unstorable_json
from automatos.errors import InvalidInput, NotSignedIn
from automatos.rows import added
from tools.composio.access import key_state
from tools.composio.connections import break_account
from tools.composio.problems import text_of
from tools.composio.triggers import KIND
from tools.models import ComposioConnection, ComposioEvent, ComposioTrigger, ComposioWebhook, in_catalogue
from workspaces.credentials.sealing import INSTALLATION, Place, unseal
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

LONGEST_ID = 100
UNSIGNED = "The signature of this message is missing, wrong, or older than five minutes."
KINDS = {
    "composio.trigger.message": ComposioEvent.Kind.TRIGGER,
    "composio.connected_account.expired": ComposioEvent.Kind.EXPIRED,
    "composio.trigger.disabled": ComposioEvent.Kind.DISABLED,
}


def receive(body: bytes, headers: Mapping[str, str]) -> str:
    """Take a message in: `applied`, `again` or `ignored`. Raises NotSignedIn, or InvalidInput."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidInput("This message is not JSON.") from None
    if not isinstance(message, dict):
        raise InvalidInput("This message is no JSON object.")
    about = _about(message)
    workspace_id = _workspace_of(about)
    message_id = _verified_id(body, headers, workspace_id)
    kind = KINDS.get(text_of(message.get("type")))
    if workspace_id is None or kind is None:
        return "ignored"
    if any(True for _ in unstorable_json(message)):
        raise InvalidInput("This message holds text that cannot be stored.")
    return _taken(workspace_id, message_id, kind, about, message)


def _about(message: Mapping[str, Any]) -> dict[str, str]:
    """What the message says it is about; older ones say it in their data."""
    found: dict[str, str] = {}
    for part in (message.get("metadata"), message.get("data")):
        if isinstance(part, dict):
            for name in ("user_id", "connected_account_id", "trigger_id", "trigger_slug", "id"):
                found.setdefault(name, text_of(part.get(name)))
                found[name] = found[name] or text_of(part.get(name))
    return found


def _workspace_of(about: Mapping[str, str]) -> UUID | None:
    try:
        return UUID(about.get("user_id", ""))
    except ValueError:
        pass
    account = about.get("connected_account_id") or about.get("id", "")
    if not account:
        return None
    with system_scope(Purpose.SIGN_IN):
        rows = ComposioConnection.objects.filter(account_id=account).order_by("workspace_id")
        found = list(rows.values_list("workspace_id", flat=True).distinct()[:2])
    # An own server may name any account: what two workspaces claim says nothing of whom the message is for.
    return found[0] if len(found) == 1 else None


def _verified_id(body: bytes, headers: Mapping[str, str], workspace_id: UUID | None) -> str:
    """The message's id; NotSignedIn unless it is signed with the right project's secret in the last five minutes."""
    given = {f"webhook-{part}": headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature")}
    secret = _secret_of(workspace_id)
    if not secret:
        raise NotSignedIn(UNSIGNED)
    try:
        # The key is the text of the secret itself, which this library wants in base64.
        Webhook(base64.b64encode(secret.encode()).decode()).verify(body, given, json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise NotSignedIn(UNSIGNED) from None
    if not 0 < len(given["webhook-id"]) <= LONGEST_ID:
        raise InvalidInput("The id of this message is missing or too long.")
    return given["webhook-id"]


def _secret_of(workspace_id: UUID | None) -> str:
    """What messages for this workspace are signed with; empty when none is expected."""
    with system_scope(Purpose.SIGN_IN):
        has_own_key = workspace_id is not None and key_state(workspace_id).is_own
        owner = workspace_id if has_own_key else None
        row = ComposioWebhook.objects.filter(in_catalogue(owner)).first()
    return secret_of(row) if row else ""


def secret_of(row: ComposioWebhook) -> str:
    """The project's secret; empty where it was given up with its master key."""
    if not row.key_id:
        return ""
    return unseal(row.secret, row.key_id, Place(row.workspace_id or INSTALLATION, row.pk, KIND))["secret"]


def _taken(
    workspace_id: UUID, message_id: str, kind: ComposioEvent.Kind, about: Mapping[str, str], message: dict[str, Any]
) -> str:
    """Keep the message once, then do what it says."""
    account = about.get("connected_account_id") or about.get("id", "")
    with workspace_scope(workspace_id):
        trigger = ComposioTrigger.objects.filter(
            workspace_id=workspace_id, trigger_id=about.get("trigger_id", "")
        ).first()
        connection = ComposioConnection.objects.filter(workspace_id=workspace_id, account_id=account).first()
        if kind != ComposioEvent.Kind.EXPIRED and trigger is None:
            return "ignored"
        if kind == ComposioEvent.Kind.EXPIRED and (connection is None or not account):
            return "ignored"
        if ComposioEvent.objects.filter(workspace_id=workspace_id, message_id=message_id).exists():
            return "again"
        row = ComposioEvent(
            workspace_id=workspace_id,
            message_id=message_id,
            kind=kind,
            trigger=trigger,
            app=trigger.connection.app if trigger else connection.app if connection else "",
            slug=about.get("trigger_slug", "")[:200],
            data=message.get("data") if isinstance(message.get("data"), dict) else {},
        )
        event = added(row)
        if event is None:
            return "again"
        if trigger is not None:
            columns = {"status": "disabled"} if kind == ComposioEvent.Kind.DISABLED else {}
            ComposioTrigger.objects.filter(pk=trigger.pk).update(last_event_at=timezone.now(), **columns)
    if kind == ComposioEvent.Kind.EXPIRED:
        break_account(workspace_id, account, "Composio says that it expired.")
    return "applied" if event else "ignored"
