"""Changes and uses of credentials: what is secret is sealed on the way in, and each time it is opened is noted."""

import uuid
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from automatos.llm.registry import COMPATIBLE, LABELS
from automatos.rows import locked
from automatos.slugs import candidates
from workspaces.audit import log as audit
from workspaces.credentials import master_key
from workspaces.credentials.fields import Entered, checked
from workspaces.credentials.provider_keys import server_names
from workspaces.credentials.queries import KEPT
from workspaces.credentials.reading import headers_for, place_of, read, target_of
from workspaces.credentials.sealing import seal, unseal
from workspaces.credentials.tasks import send_check
from workspaces.credentials.types import specs_of
from workspaces.models import Credential, CredentialType, User, Workspace

__all__ = ["create", "delete", "headers_for", "read", "request_check", "restore", "update"]

LONGEST_NAME = 120
LONGEST_SERVER = 40
# What else stands in front of a colon where models are named.
OTHER_PREFIXES = ("agent", "recipe", "model")


def create(
    *, workspace: Workspace, user: User, type_slug: str, name: str, fields: Mapping[str, str | None]
) -> Credential:
    """A new credential. fields: text by field name, as the type says. Raises InvalidInput, which repeats no value."""
    problems = Problems()
    kind = CredentialType.objects.filter(slug=type_slug[:60]).first()
    if kind is None:
        problems.choice("type", type_slug, CredentialType.objects.values_list("slug", flat=True))
        problems.raise_any()
        raise NotFound()
    name = problems.text("name", name, longest=LONGEST_NAME, required=True)
    entered = checked(specs_of(kind), fields, Entered(), problems)
    with transaction.atomic():
        _check_name(workspace.pk, name, None, problems)
        problems.raise_any()
        credential = Credential(id=uuid.uuid4(), workspace=workspace, type=kind, name=name, created_by=user)
        _fill(credential, entered)
        if kind.slug == COMPATIBLE:
            credential.server = _free_server_name(workspace.pk, name)
        credential.save(force_insert=True)
        audit.record(
            "credential.created", workspace_id=workspace.pk, target=target_of(credential), after=_shown(credential)
        )
    return credential


def update(
    *, workspace_id: UUID, credential_id: UUID, name: str | None = None, fields: Mapping[str, str | None]
) -> Credential:
    """Another name, other values; what is not given stays, and so does a secret that is left empty."""
    problems = Problems()
    with transaction.atomic():
        credential = _locked(workspace_id, credential_id)
        before = _shown(credential)
        if name is not None:
            credential.name = problems.text("name", name, longest=LONGEST_NAME, required=True)
            _check_name(workspace_id, credential.name, credential.pk, problems)
        had = (
            unseal(credential.secret, credential.key_id, place_of(credential)) if _keeps_any(credential, fields) else {}
        )
        entered = checked(
            specs_of(credential.type), fields, Entered(dict(credential.values), had, dict(credential.hints)), problems
        )
        problems.raise_any()
        changed = sorted(
            name for name in had.keys() | entered.secrets.keys() if had.get(name) != entered.secrets.get(name)
        )
        _fill(credential, entered)
        # A result of before says nothing about what is entered now.
        credential.tested_at = credential.test_ok = credential.test_started_at = None
        credential.test_message, credential.offered, credential.test_works = "", [], {}
        credential.updated_at = timezone.now()
        credential.save()
        after = {**_shown(credential), "secrets_changed": changed}
        audit.record(
            "credential.updated", workspace_id=workspace_id, target=target_of(credential), before=before, after=after
        )
    return credential


def delete(*, workspace_id: UUID, credential_id: UUID) -> Credential:
    """Out of sight and out of use at once; for 30 days it can be brought back."""
    with transaction.atomic():
        credential = _locked(workspace_id, credential_id)
        credential.deleted_at = timezone.now()
        credential.save(update_fields=["deleted_at"])
        audit.record(
            "credential.deleted", workspace_id=workspace_id, target=target_of(credential), before=_shown(credential)
        )
    return credential


def restore(*, workspace_id: UUID, credential_id: UUID) -> Credential:
    """Back in use; Conflict when its name was given to another one meanwhile."""
    with transaction.atomic():
        rows = Credential.objects.select_for_update(of=("self",)).select_related("type")
        credential = rows.filter(
            workspace_id=workspace_id, pk=credential_id, deleted_at__gt=timezone.now() - KEPT
        ).first()
        if credential is None:
            raise NotFound()
        if _name_taken(workspace_id, credential.name, None):
            raise Conflict(f"There is another credential named {credential.name} now. Rename it first.")
        credential.deleted_at = None
        credential.save(update_fields=["deleted_at"])
        audit.record("credential.restored", workspace_id=workspace_id, target=target_of(credential))
    return credential


def request_check(*, workspace_id: UUID, credential_id: UUID) -> Credential:
    """Try the credential where it belongs: a worker does so in a moment, the result then stands in its row."""
    with transaction.atomic():
        credential = _locked(workspace_id, credential_id)
        credential.test_started_at = timezone.now()
        credential.save(update_fields=["test_started_at"])
        audit.record("credential.test_requested", workspace_id=workspace_id, target=target_of(credential))
        after_commit(lambda: send_check(workspace_id, credential_id))
    return credential


def _locked(workspace_id: UUID, credential_id: UUID) -> Credential:
    rows = Credential.objects.select_related("type")
    return locked(rows, workspace_id=workspace_id, pk=credential_id, deleted_at=None)


def _keeps_any(credential: Credential, fields: Mapping[str, str | None]) -> bool:
    """Whether a secret stays as it is, so that the old ones have to be opened."""
    return any(spec.is_secret and fields.get(spec.name, "") == "" for spec in specs_of(credential.type))


def _fill(credential: Credential, entered: Entered) -> None:
    master_key.check_before_sealing()
    credential.values, credential.hints = entered.values, entered.hints
    credential.key_id, credential.secret = seal(entered.secrets, place_of(credential))


def _check_name(workspace_id: UUID, name: str, own: UUID | None, problems: Problems) -> None:
    if name and "name" not in problems and _name_taken(workspace_id, name, own):
        problems.add("name", "Another credential has this name; choose one that tells them apart.")


def _name_taken(workspace_id: UUID, name: str, own: UUID | None) -> bool:
    # One after the other, so that two requests cannot both find the name free.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)
    rows = Credential.objects.filter(workspace_id=workspace_id, name=name, deleted_at=None)
    return (rows.exclude(pk=own) if own else rows).exists()


def _free_server_name(workspace_id: UUID, name: str) -> str:
    """A name for its models that no server has or had: agents of a deleted one must not reach another in its place."""
    taken = {*server_names(workspace_id, deleted=True), *LABELS, *OTHER_PREFIXES}
    names = candidates(name, longest=LONGEST_SERVER, otherwise="server")
    return next(one for one in names if one not in taken)


def _shown(credential: Credential) -> dict[str, object]:
    """What the audit log may hold of it."""
    return {"name": credential.name, "type": credential.type_id, "values": credential.values, "hints": credential.hints}
