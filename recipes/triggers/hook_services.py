"""A message at a trigger's address: found, verified, limited, read, and taken once."""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from redis import RedisError

from automatos.checking import unstorable_json
from automatos.errors import InvalidInput, NotSignedIn, TooMany
from recipes.models import RecipeTrigger, TriggerKind
from recipes.triggers import configs, mapping, shared_secrets, signing
from recipes.triggers.delivery_services import Taken, origin_of, resume, take
from workspaces.limits import throttling
from workspaces.limits.throttling import Bucket, Exhausted
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)


def receive(hook_id: UUID, body: bytes, headers: Mapping[str, str], wait_id: UUID | None = None) -> Taken:
    """Take a message in. headers: names in small letters. wait_id: of the step it is for, where it starts no run.

    Raises NotSignedIn for a wrong signature, and for an address that is none, so that nobody learns which there are;
    TooMany, InvalidInput for a body that is no JSON or has no name, and whatever keeps its recipe from cooking
    or its step from going on.
    """
    kind = TriggerKind.WEBHOOK if wait_id is None else TriggerKind.WAIT
    with system_scope(Purpose.SIGN_IN):
        rows = RecipeTrigger.objects.filter(kind=kind, deleted_at=None, workspace__deleted_at=None)
        trigger = rows.filter(pk=hook_id).first()
    if trigger is None:
        raise NotSignedIn(signing.UNSIGNED)
    signing.verify(trigger.config, shared_secrets.known(trigger), body, headers)
    limit(f"hook:{trigger.pk}", trigger.per_minute)
    message = _read(body)
    key = _key(trigger.config, body, message, headers)
    with workspace_scope(trigger.workspace_id):
        # Once more, in the scope of its workspace: it may be gone or changed since.
        found = rows.filter(workspace_id=trigger.workspace_id).select_related("recipe", "workspace", "owner")
        trigger = found.filter(pk=hook_id).first()
        if trigger is None:
            raise NotSignedIn(signing.UNSIGNED)
        if wait_id is None:
            taken = take(trigger, key, message, origins=[origin_of(trigger)])
        else:
            taken = resume(trigger, wait_id, key, message)
    if taken.error is not None:
        raise taken.error
    return taken


def limit(name: str, per_minute: int) -> None:
    """Count one; TooMany when there were as many in the last minute. While Redis is away, everything passes."""
    try:
        throttling.take([Bucket(name, per_minute, 60)], patience=0.25)
    except Exhausted as exhausted:
        text = f"This takes {per_minute:,} a minute. Try again in {exhausted.retry_after} s."
        raise TooMany(text, retry_after=exhausted.retry_after) from None
    except RedisError as error:
        logger.warning("%s is not counted because Redis does not answer: %s", name, error)


def _read(body: bytes) -> Any:
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidInput("The body is not JSON.") from None
    for place, problem in unstorable_json(message):
        name = place or "body"
        raise InvalidInput(f"{name}: {problem}", fields={name: [problem]})
    return message


def _key(config: Mapping[str, Any], body: bytes, message: Any, headers: Mapping[str, str]) -> str:
    """By what the message is known."""
    by, name = config.get("known_by", configs.BY_BODY), str(config.get("known_name", ""))
    if by == configs.BY_BODY:
        return f"body:{hashlib.sha256(body).hexdigest()}"
    if by == configs.BY_FIELD:
        value = mapping.find(message, name)
        value = "" if value is mapping.MISSING or value is None else value
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
    else:
        name = "webhook-id" if by == configs.BY_ID else name
        text = headers.get(name.lower(), "")
    if not text.strip():
        raise InvalidInput(f"The message has no {name}, by which it is known. Send one.")
    return f"{by}:{text}"
