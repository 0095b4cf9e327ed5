"""Who calls the MCP server: an API key, judged as everywhere, with its workspace, role and scopes."""

import asyncio
import io
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from automatos.api import understood
from automatos.errors import NotFound, NotSignedIn
from workspaces.doors.auth import ApiKeyAuthentication
from workspaces.doors.sockets import SocketCaller
from workspaces.limits import rates
from workspaces.models import User
from workspaces.queries import access_by_id
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.client_address import client_ip
from workspaces.scope.permissions import Access
from workspaces.scope.presented import Presented
from workspaces.scope.resolution import resolve
from workspaces.scope.tenancy import person_scope, workspace_scope

T = TypeVar("T")


class Told(ToolError, ResourceError):
    """A refusal in our words, as the client of a tool or of a resource reads it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent the request. access: their workspace, and what the key is good for in it."""

    user: User
    presented: Presented
    access: Access
    actor: Actor

    def still_may(self, action: str) -> Callable[[], bool]:
        """What a long answer asks again and again: whether the key is still good for this."""
        watcher, workspace_id = SocketCaller(self.user.pk, key_id=self.presented.key_id), self.access.workspace.pk
        return lambda: workspace_id in watcher.readable_workspaces(action)


current: ContextVar[Caller] = ContextVar("mcp_caller")


def let_in(scope: dict[str, Any]) -> Caller:
    """The caller of an HTTP request. Raises NotSignedIn, TooMany, NotFound or what a wrong key raises."""
    request = Request(ASGIRequest(scope, io.BytesIO()))
    found = ApiKeyAuthentication().find(request)
    if found is None:
        raise NotSignedIn("Send an API key of the workspace: Authorization: Bearer atm_…")
    user, presented = found
    if allowance := rates.count(user, presented):
        allowance.require()
    workspace_id = resolve(
        header=request.headers.get("X-Workspace-ID"),
        query=None,
        bound=presented.bound_to,
        configured=settings.WORKSPACE_ID,
        personal=lambda: presented.workspace_id,
        default=settings.DEFAULT_TENANT_ID or UUID(int=0),
    )
    if presented.bound_to not in (None, workspace_id):
        raise NotFound()
    with person_scope(user.pk):
        access = access_by_id(user=user, workspace_id=workspace_id)
    actor = Actor(user.pk, user.email, presented.via, presented.credential, client_ip(request))
    return Caller(user, presented, access.narrowed(presented.role, presented.scopes), actor)


async def in_thread(work: Callable[..., T], *arguments: Any) -> T:
    """What a synchronous function gives; its database connection goes back to the pool."""

    def done() -> T:
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    return await asyncio.shield(asyncio.ensure_future(sync_to_async(done, thread_sensitive=False)()))


async def as_caller(action: str, work: Callable[..., T], *arguments: Any) -> T:
    """What `work(caller, …)` gives in the caller's scope, who has to be allowed `resource:action`.

    A refusal is told to the client as the tool's or the resource's error, in the words people get.
    """
    caller = current.get()

    def inside() -> T:
        caller.access.require(action)
        with acting_as(caller.actor), workspace_scope(caller.access.workspace.pk, caller.user.pk):
            return work(caller, *arguments)

    try:
        return await in_thread(partial(inside))
    except Exception as error:
        known = understood(error)
        if known.http_status >= 500 and not isinstance(error, APIException):
            raise
        raise Told(known.message) from None
