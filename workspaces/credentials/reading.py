"""Credentials in use: opened for one purpose, and each opening noted in the audit log."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.errors import InvalidInput, NotFound
from workspaces.audit import log as audit
from workspaces.credentials.fields import is_bound_to
from workspaces.credentials.sealing import Place, unseal
from workspaces.credentials.types import HTTP_TYPES
from workspaces.models import Credential

# Writing down each use would be a row's update for each call.
NOTE_USE_EVERY = timedelta(minutes=1)


def place_of(credential: Credential) -> Place:
    """What its sealed value is bound to."""
    return Place(credential.workspace_id, credential.pk, credential.type_id)


def target_of(credential: Credential) -> tuple[str, UUID, str]:
    """Its name in the audit log."""
    return "credential", credential.pk, credential.name


def http_headers(credential: Credential, url: str) -> dict[str, str]:
    """The header it adds to a request of this URL; InvalidInput when it is not bound to the URL's host."""
    if credential.type_id not in HTTP_TYPES:
        raise InvalidInput(f"{credential.name} is not a credential for HTTP requests.")
    if not is_bound_to(credential.values.get("hosts", ""), url):
        raise InvalidInput(
            f"{credential.name} is not sent to this host. Add the host to it, or use another credential."
        )
    opened = unseal(credential.secret, credential.key_id, place_of(credential))
    return http_headers_of(credential.type_id, {**credential.values, **opened}, url)


def http_headers_of(type_slug: str, fields: Mapping[str, str], url: str) -> dict[str, str]:
    """The header an HTTP credential with these opened fields is; refused for a host it is not bound to."""
    if not is_bound_to(fields.get("hosts", ""), url):
        raise InvalidInput("This credential is not sent to this host.")
    if type_slug == "http_header":
        return {fields["header"]: fields["value"]}
    if type_slug == "bearer_token":
        return {"Authorization": f"Bearer {fields['token']}"}
    login = f"{fields['username']}:{fields['password']}"
    return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def read(workspace_id: UUID, credential_id: UUID, purpose: str) -> dict[str, str]:
    """Every field with its value, secrets opened. purpose: a few words for the audit log, such as `test`.

    Raises NotFound with the cure, or Unreadable when the sealed value does not open.
    """
    with transaction.atomic():
        credential = _used(workspace_id, credential_id)
        opened = unseal(credential.secret, credential.key_id, place_of(credential))
        note_use(credential, purpose)
    return {**credential.values, **opened}


def headers_for(workspace_id: UUID, credential_id: UUID, *, url: str, purpose: str) -> dict[str, str]:
    """The header a credential of an HTTP type adds to a request of this URL.

    Raises InvalidInput for a host the credential is not bound to, before anything is opened, and NotFound for one that
    was deleted.
    """
    with transaction.atomic():
        credential = _used(workspace_id, credential_id)
        headers = http_headers(credential, url)
        note_use(credential, purpose)
    return headers


def _used(workspace_id: UUID, credential_id: UUID) -> Credential:
    credential = Credential.objects.filter(workspace_id=workspace_id, pk=credential_id).first()
    if credential is None:
        raise NotFound("The credential was deleted for good. Choose another one.")
    if credential.deleted_at is not None:
        raise NotFound(f"The credential {credential.name} was deleted. Choose another one, or bring it back.")
    return credential


def note_use(credential: Credential, purpose: str) -> None:
    """Say in the audit log that it was opened, and when it was last used."""
    now = timezone.now()
    if credential.last_used_at is None or credential.last_used_at < now - NOTE_USE_EVERY:
        Credential.objects.filter(pk=credential.pk).update(last_used_at=now)
    audit.record(
        "credential.read",
        workspace_id=credential.workspace_id,
        target=target_of(credential),
        after={"purpose": purpose},
    )
