"""Changes: the APIs of a workspace, made of a document that is uploaded or read at its address."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import wrong_field
from automatos.rows import hold, locked, only_one
from tools.mcp.services import check_url
from tools.models import RemoteService, RemoteTool
from tools.openapi.loading import load
from tools.openapi.reading import Document, read
from tools.remote import pins
from tools.remote.queries import same_name
from tools.remote.services import MOST_SERVICES, NAME_TAKEN, record, require_credential, require_name
from workspaces.models import User, Workspace

Kind, State = RemoteService.Kind, RemoteService.State


@transaction.atomic
def create_api(*, workspace: Workspace, user: User | None, data: Mapping[str, Any]) -> RemoteService:
    """Add an API. data: name, document, and perhaps url, base_url, credential_id, operations, is_trusted.

    document: the text. operations: names of those that agents may be given; all without it.
    Raises InvalidInput naming each field with its cure.
    """
    problems = Problems()
    service = RemoteService(workspace=workspace, kind=Kind.OPENAPI, created_by=user, state=State.OK)
    hold(workspace)
    if RemoteService.objects.filter(workspace=workspace).count() >= MOST_SERVICES:
        problems.add("name", f"A workspace has at most {MOST_SERVICES} servers and APIs; remove one first.")
    document = read(load(str(data.get("document") or "")), url=str(data.get("url") or ""))
    if not document.operations:
        problems.add("document", "The document has no operation that can be used.")
    service.url = str(data.get("url") or "")
    _apply(service, {"base_url": document.base_url, **{k: v for k, v in data.items() if v not in ("", None)}}, problems)
    problems.raise_any()
    _save(service)
    _take(service, document, user)
    _choose(service, data.get("operations"))
    record(service, "created", after=_state(service))
    return service


@transaction.atomic
def update_api(*, service: RemoteService, user: User | None, data: Mapping[str, Any]) -> RemoteService:
    """Change what is named in data: name, document, base_url, credential_id, operations, is_enabled, is_trusted.

    A new document is compared with what was accepted: operations that read otherwise wait for a person. url: where it
    was read.
    """
    # As it is by now: of two changes at once, neither puts back what the other one took away.
    service = locked(RemoteService.objects.filter(workspace=service.workspace_id), pk=service.pk)
    before, problems = _state(service), Problems()
    if data.get("document") and data.get("url"):
        service.url = str(data["url"])
    _apply(service, data, problems)
    problems.raise_any()
    document = read(load(str(data["document"])), url=service.url) if data.get("document") else None
    _save(service)
    if document is not None:
        _take(service, document, user)
    if data.get("operations") is not None:
        _choose(service, data["operations"])
    record(service, "updated", before=before, after=_state(service))
    return service


def delete_api(*, service: RemoteService) -> None:
    """Take an API away, with its operations and what agents were given of them."""
    record(service, "deleted", before=_state(service))
    service.delete()


def _apply(service: RemoteService, data: Mapping[str, Any], problems: Problems) -> None:
    for name in ("name", "base_url", "credential_id", "is_enabled", "is_trusted"):
        if name in data:
            setattr(service, name, data[name])
    if "name" in data or not service.name:
        require_name(service, problems)
    check_url("base_url", service.base_url, problems)
    require_credential(service, service.base_url, problems)


def _take(service: RemoteService, document: Document, user: User | None) -> None:
    pins.take(service, document.operations, user=user)
    RemoteService.objects.filter(pk=service.pk).update(
        title=document.title,
        version=document.version,
        protocol="OpenAPI",
        notes=[note[:300] for note in document.notes],
        checked_at=timezone.now(),
        wanted_at=service.created_at,
    )


def _choose(service: RemoteService, names: Any) -> None:
    """Which operations agents may be given; all where nobody chose."""
    if names is None:
        return
    rows = RemoteTool.objects.filter(service=service)
    known = set(rows.values_list("name", flat=True))
    problems = Problems()
    for place, name in enumerate(names):
        if name not in known:
            problems.add(f"operations.{place}", f"The document has no operation {str(name)[:80]!r}.")
    problems.raise_any()
    rows.update(is_offered=False)
    rows.filter(name__in=list(names)).update(is_offered=True)


def _save(service: RemoteService) -> None:
    service.updated_at = timezone.now()
    with only_one(same_name(service), wrong_field("name", NAME_TAKEN)):
        service.save()


def _state(service: RemoteService) -> dict[str, Any]:
    return {
        "name": service.name,
        "base_url": service.base_url,
        "credential": str(service.credential_id or ""),
        "is_enabled": service.is_enabled,
        "is_trusted": service.is_trusted,
    }
