"""Reads: a workspace's credentials, never what is sealed in them, and the types there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from automatos.errors import NotFound
from workspaces.credentials.types import FieldSpec, specs_of
from workspaces.models import Credential, CredentialType, Workspace

# How long a deleted credential can be brought back.
KEPT = timedelta(days=30)
# A test takes 50 seconds at most, four calls of a model among them; a worker that is gone does not keep its page busy.
TEST_SECONDS = 75


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field of a credential as it may be shown. value: of a secret, its hint. is_set: whether there is one."""

    spec: FieldSpec
    value: str
    is_set: bool


def credential_types() -> QuerySet[CredentialType]:
    """In the order of the page."""
    return CredentialType.objects.order_by("position", "name")


def credential_type(slug: str) -> CredentialType:
    """The type; NotFound when there is none."""
    found = CredentialType.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound()
    return found


def credentials_of(workspace: Workspace) -> QuerySet[Credential]:
    """Those in use, newest first."""
    rows = Credential.objects.filter(workspace=workspace, deleted_at=None).defer("secret")
    return rows.select_related("type", "created_by").order_by("-created_at", "id")


def deleted_credentials_of(workspace: Workspace) -> QuerySet[Credential]:
    """Those that can still be brought back, the last one first."""
    rows = Credential.objects.filter(workspace=workspace, deleted_at__gt=timezone.now() - KEPT)
    return rows.defer("secret").select_related("type").order_by("-deleted_at", "id")[:50]


def credential(*, workspace: Workspace, credential_id: UUID) -> Credential:
    """One of them; NotFound when it is not there, or another workspace's."""
    found = credentials_of(workspace).filter(pk=credential_id).first()
    if found is None:
        raise NotFound()
    return found


def shown_fields(row: Credential) -> Sequence[ShownField]:
    """Its fields in order, secrets as their hint."""
    return [
        ShownField(
            spec,
            row.hints.get(spec.name, "") if spec.is_secret else row.values.get(spec.name, ""),
            spec.name in (row.hints if spec.is_secret else row.values),
        )
        for spec in specs_of(row.type)
    ]


def is_testing(row: Credential) -> bool:
    """Whether a test is under way."""
    started = row.test_started_at
    return started is not None and started > timezone.now() - timedelta(seconds=TEST_SECONDS)
