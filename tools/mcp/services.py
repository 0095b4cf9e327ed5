"""Changes: the MCP servers of a workspace. Adding, moving and looking again each ask a worker for a reading."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import InvalidInput
from automatos.outside.addresses import check_address, check_name, literal
from automatos.outside.errors import OutsideError
from automatos.outside.targets import parse_url
from automatos.rows import hold, locked, only_one
from tools.mcp.command import why_refused
from tools.mcp.oauth.services import forget
from tools.mcp.tasks import send_reading
from tools.models import RemoteService
from tools.remote.queries import same_name
from tools.remote.services import MOST_SERVICES, NAME_TAKEN, record, require_credential, require_name
from workspaces.models import User, Workspace

Kind, State, Transport = RemoteService.Kind, RemoteService.State, RemoteService.Transport
FIELDS = ("name", "transport", "url", "command", "credential_id")


@transaction.atomic
def create_server(*, workspace: Workspace, user: User | None, data: Mapping[str, Any]) -> RemoteService:
    """Add a server and have it read. Raises InvalidInput naming each field with its cure."""
    service = RemoteService(workspace=workspace, kind=Kind.MCP, created_by=user)
    problems = Problems()
    hold(workspace)
    if RemoteService.objects.filter(workspace=workspace).count() >= MOST_SERVICES:
        problems.add("name", f"A workspace has at most {MOST_SERVICES} servers and APIs; remove one first.")
    _apply(service, data, problems)
    problems.raise_any()
    _save(service)
    record(service, "created", after=_state(service))
    send_reading(workspace.pk, service.pk)
    return service


@transaction.atomic
def update_server(*, service: RemoteService, data: Mapping[str, Any]) -> RemoteService:
    """Change what is named in data: name, transport, url, command, credential_id, is_enabled, is_trusted."""
    # As it is by now: of two changes at once, neither puts back what the other one took away.
    service = locked(RemoteService.objects.filter(workspace=service.workspace_id), pk=service.pk)
    before = _state(service)
    problems = Problems()
    _apply(service, data, problems)
    problems.raise_any()
    service.wanted_at = service.updated_at = timezone.now()
    _save(service)
    if (before["url"], before["credential"]) != (service.url, str(service.credential_id or "")):
        forget(service)  # its tokens are for where it was
    record(service, "updated", before=before, after=_state(service))
    send_reading(service.workspace_id, service.pk)
    return service


def delete_server(*, service: RemoteService) -> None:
    """Take a server away, with its tools and what agents were given of them."""
    record(service, "deleted", before=_state(service))
    service.delete()


def request_reading(*, service: RemoteService) -> None:
    """Have it read again."""
    RemoteService.objects.filter(pk=service.pk).update(wanted_at=timezone.now())
    send_reading(service.workspace_id, service.pk)


def _apply(service: RemoteService, data: Mapping[str, Any], problems: Problems) -> None:
    for name in FIELDS:
        if name in data:
            value = data[name]
            setattr(service, name, value.strip() if isinstance(value, str) else value)
    for name in ("is_enabled", "is_trusted"):
        if name in data:
            setattr(service, name, bool(data[name]))
    if "name" in data:
        require_name(service, problems)
    problems.choice("transport", service.transport, Transport.values)
    if service.transport == Transport.STDIO:
        service.url, service.credential_id = "", None
        if problem := why_refused(service.command):
            problems.add("command", problem)
        return
    service.command = ""
    check_url("url", service.url, problems)
    require_credential(service, service.url, problems)


def check_url(field: str, text: str, problems: Problems) -> None:
    """Note why an address cannot be one of a service; names are looked up later, when it is asked."""
    if len(text) > 2000:
        problems.add(field, "The address is longer than 2,000 characters.")
        return
    try:
        url = parse_url(text)
        host, port = (url.raw_host or "").lower().rstrip("."), url.port or 0
        address = literal(host)
        if address is None:
            check_name(host, port, settings.OUTSIDE_PRIVATE_HOSTS)
        else:
            check_address(address, host, port, settings.OUTSIDE_PRIVATE_HOSTS)
    except OutsideError as refusal:
        problems.add(field, refusal.message)


def _save(service: RemoteService) -> None:
    with only_one(same_name(service), InvalidInput(f"name: {NAME_TAKEN}", fields={"name": [NAME_TAKEN]})):
        service.save()


def _state(service: RemoteService) -> dict[str, Any]:
    credential: UUID | None = service.credential_id
    return {
        "name": service.name,
        "transport": service.transport,
        "url": service.url,
        "command": service.command,
        "credential": str(credential or ""),
        "is_enabled": service.is_enabled,
        "is_trusted": service.is_trusted,
    }
