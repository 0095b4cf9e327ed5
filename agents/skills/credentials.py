"""The credential that opens a private repository of skills: whether it fits, what it sends, who would miss it."""

from uuid import UUID

from django.urls import reverse

from agents.models import SkillSource
from automatos.checking import Problems
from workspaces.credentials import reading
from workspaces.credentials.fields import is_bound_to
from workspaces.credentials.types import HTTP_TYPES
from workspaces.credentials.uses import Use
from workspaces.models import Credential


def require_credential(workspace_id: UUID, credential_id: UUID | None, url: str, problems: Problems) -> None:
    """Note a credential that is not there, of another kind, or not for this address."""
    if credential_id is None:
        return
    found = Credential.objects.filter(workspace_id=workspace_id, deleted_at=None, pk=credential_id).first()
    if found is None:
        problems.add("credential_id", "There is no such credential in this workspace.")
    elif found.type_id not in HTTP_TYPES:
        problems.add("credential_id", "This is no credential for HTTP: take a user name and password, or a token.")
    elif url and not is_bound_to(found.values.get("hosts", ""), url):
        problems.add("credential_id", f"{found.name} is not for this host. Add the host to it, or choose another.")


def header_of(source: SkillSource) -> str:
    """What opens its repository, as git sends it; empty without a credential. Its use stands in the audit log.

    Raises NotFound or InvalidInput for a credential that is gone or not for this host any more.
    """
    if source.credential_id is None:
        return ""
    sent = reading.headers_for(source.workspace_id, source.credential_id, url=source.url, purpose="fetch skills")
    return "".join(f"{name}: {value}" for name, value in sent.items())


def sources_opened_by(credential: Credential) -> list[Use]:
    """The sources of skills that could not be fetched without it."""
    rows = SkillSource.objects.filter(
        workspace_id=credential.workspace_id, credential_id=credential.pk, deleted_at=None
    )
    return [
        Use(row.name, reverse("skill_source", args=[row.workspace.slug, row.pk]))
        for row in rows.select_related("workspace").defer("pending").order_by("name")
    ]
