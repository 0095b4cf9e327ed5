"""A workspace's MCP servers: where they are, what they are sent, and how their last reading went."""

from datetime import timedelta
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db.models import F, Q
from django.utils import timezone

from automatos.errors import AppError
from tools.mcp.client import look
from tools.mcp.oauth import tokens as sign_ins
from tools.mcp.terms import Endpoint, Listing, McpProblem
from tools.models import McpSignIn, RemoteService
from tools.remote import pins
from workspaces.credentials import reading
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

State, Kind = RemoteService.State, RemoteService.Kind
# Each server is read again so often, so that a change is known before a run needs the tool.
READ_AGAIN = timedelta(minutes=30)
# A reading that was asked for so long ago and is not done is asked for once more.
LOST = timedelta(minutes=2)
MOST_FAILURES = 5


def endpoint_of(service: RemoteService, sign_in: McpSignIn | None) -> Endpoint:
    """Where it is, with its credential opened, in the workspace's scope. InvalidInput for one of another host.

    sign_in: how the workspace signed in there, if it did.
    """
    headers = {}
    if service.credential_id is not None and service.transport != RemoteService.Transport.STDIO:
        headers = reading.headers_for(
            service.workspace_id, service.credential_id, url=service.base_url or service.url, purpose=service.origin
        )
    elif service.url:
        headers = sign_ins.headers_of(service, sign_in)
    return Endpoint(service.transport, service.url, service.command, headers)


def read_server(workspace_id: UUID, service_id: UUID) -> None:
    """Read one server and keep what it says, outside of any transaction. Does nothing for one that is gone."""
    with workspace_scope(workspace_id):
        service = RemoteService.objects.filter(
            workspace_id=workspace_id, pk=service_id, kind=Kind.MCP, is_enabled=True
        ).first()
    if service is None:
        return
    try:
        sign_ins.refresh_if_due(workspace_id, service_id)
        with workspace_scope(workspace_id):
            endpoint = endpoint_of(service, sign_ins.sign_in_of(service))
        listing = async_to_sync(look)(endpoint)
    except AppError as problem:
        with workspace_scope(workspace_id):
            note_failure(service, problem.message)
            if isinstance(problem, McpProblem):
                sign_ins.note_wanted(service_id, problem.wants)
        return
    with workspace_scope(workspace_id):
        _keep(service, listing)


def _keep(service: RemoteService, listing: Listing) -> None:
    found = RemoteService.objects.select_for_update().filter(pk=service.pk).first()
    if found is None or _place(found) != _place(service):
        return  # it was taken away or moved meanwhile; a moved one is read again
    pins.take(found, listing.documents, user=found.created_by)
    now = timezone.now()
    RemoteService.objects.filter(pk=service.pk).update(
        state=State.OK,
        protocol=listing.protocol,
        title=listing.title,
        version=listing.version,
        notes=[note[:300] for note in listing.notes],
        problem="",
        checked_at=now,
        updated_at=now,
    )


def _place(service: RemoteService) -> tuple[str, str, str]:
    return service.transport, service.url, service.command


def note_failure(service: RemoteService, text: str) -> None:
    """Keep why the server could not be read, beside the failures before. In the workspace's scope."""
    found = RemoteService.objects.select_for_update().filter(pk=service.pk).first()
    if found is None:
        return
    now = timezone.now()
    found.failures = [{"at": now.isoformat(), "text": text[:500]}, *found.failures][:MOST_FAILURES]
    found.state, found.problem, found.checked_at = State.ERROR, text[:500], now
    found.save(update_fields=["failures", "state", "problem", "checked_at"])


def note_answer(service: RemoteService) -> None:
    """Keep that a server answers which did not. In the workspace's scope."""
    failing = RemoteService.objects.filter(workspace_id=service.workspace_id, pk=service.pk, state=State.ERROR)
    failing.update(state=State.OK, problem="", checked_at=timezone.now())


def due_servers() -> list[tuple[UUID, UUID]]:
    """Servers to read now, as (workspace, server): asked for and lost, or not read for a while."""
    now = timezone.now()
    lost = Q(checked_at=None) | Q(checked_at__lt=F("wanted_at"))
    old = Q(checked_at__lt=now - READ_AGAIN)
    with system_scope(Purpose.UPKEEP):
        rows = RemoteService.objects.filter(
            (lost & Q(wanted_at__lt=now - LOST)) | old,
            kind=Kind.MCP,
            is_enabled=True,
            workspace__deleted_at=None,
        )
        found = list(rows.order_by("wanted_at").values_list("workspace_id", "pk")[:200])
        # Asked for now, so that the next sweep does not ask once more while a worker is at it.
        RemoteService.objects.filter(pk__in=[pk for _, pk in found]).update(wanted_at=now)
        return found
