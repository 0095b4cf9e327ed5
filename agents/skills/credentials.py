"""The credential that opens a private repository of skills: whether it fits, what it sends, who would miss it."""

from dataclasses import dataclass, field
from uuid import UUID

from django.urls import reverse

from agents.models import SkillSource
from automatos.checking import Problems
from automatos.errors import wrong_field
from automatos.skill_format import secure_shell
from automatos.skill_format.secure_shell import SshKey
from workspaces.credentials import reading
from workspaces.credentials.fields import is_bound_to
from workspaces.credentials.types import HTTP_TYPES, SSH_KEY
from workspaces.credentials.uses import Use
from workspaces.models import Credential

PURPOSE = "fetch skills"


def require_credential(workspace_id: UUID, credential_id: UUID | None, url: str, problems: Problems) -> None:
    """Note a credential that is not there, of another kind, or not for this address."""
    over_ssh = bool(url) and secure_shell.is_ssh(url)
    if credential_id is None:
        if over_ssh:
            problems.add("credential_id", secure_shell.needs_key(url))
        return
    found = Credential.objects.filter(workspace_id=workspace_id, deleted_at=None, pk=credential_id).first()
    if found is None:
        problems.add("credential_id", "There is no such credential in this workspace.")
    elif over_ssh and found.type_id != SSH_KEY:
        problems.add("credential_id", "This address is one of SSH: take a credential of the type SSH key.")
    elif over_ssh:
        if not secure_shell.knows(found.values.get("host_keys", ""), url):
            server = secure_shell.server_of(url)
            problems.add("credential_id", f"{found.name} holds no key of {server}. Add the server's own key to it.")
    elif found.type_id not in HTTP_TYPES:
        problems.add("credential_id", "This is no credential for HTTP: take a user name and password, or a token.")
    elif url and not is_bound_to(found.values.get("hosts", ""), url):
        problems.add("credential_id", f"{found.name} is not for this host. Add the host to it, or choose another.")


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a repository: a header as git sends it, or a key; neither for a public one."""

    header: str = field(default="", repr=False)
    key: SshKey | None = None


def opening_of(source: SkillSource) -> Opening:
    """What opens its repository. Its use stands in the audit log.

    Raises InvalidInput for a credential that is gone or not for this host any more.
    """
    if source.credential_id is None:
        return Opening()
    own = Credential.objects.filter(workspace_id=source.workspace_id, deleted_at=None, pk=source.credential_id)
    if not own.exists():
        raise wrong_field("credential_id", "The credential that opened it was deleted. Choose another one.")
    if secure_shell.is_ssh(source.url):
        problems = Problems()
        require_credential(source.workspace_id, source.credential_id, source.url, problems)
        problems.raise_any()
        opened = reading.read(source.workspace_id, source.credential_id, PURPOSE)
        return Opening(key=SshKey(opened["private_key"], opened["host_keys"]))
    sent = reading.headers_for(source.workspace_id, source.credential_id, url=source.url, purpose=PURPOSE)
    return Opening("".join(f"{name}: {value}" for name, value in sent.items()))


def sources_opened_by(credential: Credential) -> list[Use]:
    """The sources of skills that could not be fetched without it."""
    rows = SkillSource.objects.filter(
        workspace_id=credential.workspace_id, credential_id=credential.pk, deleted_at=None
    )
    return [
        Use(row.name, reverse("skill_source", args=[row.workspace.slug, row.pk]))
        for row in rows.select_related("workspace").defer("pending").order_by("name")
    ]
