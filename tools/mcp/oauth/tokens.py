"""The tokens of sign-ins: opened for a request, renewed before they end, and written down."""

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.utils import timezone

from automatos.errors import AppError
from tools.mcp import client as servers
from tools.mcp.oauth.terms import Client, Grant, SignInProblem, Tokens, joined
from tools.models import McpSignIn, RemoteService
from workspaces.credentials.sealing import Place, seal, unseal
from workspaces.scope.tenancy import workspace_scope

State = McpSignIn.State
KIND = "mcp_sign_in"
# How long before its end a token is renewed, and how long one process may be at it.
EARLY, AT_IT = timedelta(minutes=2), timedelta(seconds=40)


def sign_in_of(service: RemoteService) -> McpSignIn | None:
    """How the workspace signed in there; None where nobody did. In its scope."""
    return McpSignIn.objects.filter(service=service).exclude(state=State.PENDING).first()


def is_ending(row: McpSignIn) -> bool:
    """Whether its access token is to be renewed before its next use."""
    return row.state == State.ACTIVE and row.expires_at is not None and row.expires_at <= timezone.now() + EARLY


def headers_of(service: RemoteService, row: McpSignIn | None) -> dict[str, str]:
    """The header that signs in there; empty where nobody did."""
    if row is None:
        return {}
    token = opened_of(row).get("access", "")
    if row.state == State.ERROR or not token:
        raise SignInProblem(f"The sign-in at {service.name} ended. Connect it again, under MCP servers.", is_final=True)
    return {"Authorization": f"Bearer {token}"}


def refresh_if_due(workspace_id: UUID, service_id: UUID) -> None:
    """Renew the access token where it ends soon; one process at a time. Blocks, outside of any transaction."""
    until = time.monotonic() + AT_IT.total_seconds()
    while True:
        with workspace_scope(workspace_id):
            row = McpSignIn.objects.filter(workspace_id=workspace_id, service_id=service_id, state=State.ACTIVE).first()
            now = timezone.now()
            if row is None or row.expires_at is None or not is_ending(row):
                return
            free = McpSignIn.objects.filter(pk=row.pk).exclude(refreshing_until__gt=now)
            is_mine = bool(free.update(refreshing_until=now + AT_IT))
            opened = opened_of(row)
        if is_mine:
            _refresh(row, opened)
            return
        if row.expires_at > now or time.monotonic() > until:
            return  # somebody is at it, and the old one is still good
        time.sleep(0.2)


def _refresh(row: McpSignIn, opened: dict[str, str]) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": opened.get("refresh", "")}
    try:
        if not form["refresh_token"]:
            raise SignInProblem("The access ended, and cannot be renewed without a person.", is_final=True)
        found = async_to_sync(servers.tokens)(grant_of(row, opened, form))
    except AppError as problem:
        changes: dict[str, Any] = {"refreshing_until": None}
        if isinstance(problem, SignInProblem) and problem.is_final:
            changes |= {"state": State.ERROR, "problem": problem.message[:500]}
        with workspace_scope(row.workspace_id):
            McpSignIn.objects.filter(pk=row.pk, updated_at=row.updated_at).update(**changes)
        return
    with workspace_scope(row.workspace_id):
        keep(row, opened, found)


def grant_of(row: McpSignIn, opened: dict[str, str], form: dict[str, str]) -> Grant:
    """A request for tokens at the authorization server of this sign-in."""
    known = Client(row.client_id, opened.get("client_secret", ""), row.is_basic)
    return Grant(row.token_url, known, row.resource, form)


def keep(row: McpSignIn, opened: dict[str, str], found: Tokens) -> None:
    """Write the tokens down; a new refresh token takes the old one's place. Not where somebody began anew meanwhile."""
    kept = {
        "client_secret": opened.get("client_secret", ""),
        "access": found.access,
        "refresh": found.refresh or opened.get("refresh", ""),
    }
    seal_into(row, kept)
    now = timezone.now()
    ends: datetime | None = now + timedelta(seconds=found.seconds) if found.seconds is not None else None
    McpSignIn.objects.filter(pk=row.pk, updated_at=row.updated_at).update(
        state=State.ACTIVE,
        secret=row.secret,
        key_id=row.key_id,
        expires_at=ends,
        refreshing_until=None,
        scope=found.scope or row.scope,
        wants="",
        problem="",
        updated_at=now,
    )


def note_wanted(service_id: UUID, scopes: str) -> None:
    """Keep what the server wants besides, until a person allows it. In the workspace's scope."""
    row = McpSignIn.objects.select_for_update().filter(service_id=service_id, state=State.ACTIVE).first()
    if row is None or not scopes:
        return
    row.wants = joined(row.wants, scopes)
    row.problem = f"It wants more access than was allowed: {row.wants}"[:500]
    row.save(update_fields=["wants", "problem"])


def seal_into(row: McpSignIn, opened: dict[str, str]) -> None:
    """Put these secrets into the row, which is not saved."""
    row.key_id, row.secret = seal(opened, Place(row.workspace_id, row.pk, KIND))


def opened_of(row: McpSignIn) -> dict[str, str]:
    """The secrets of the row; none where they were given up with their master key."""
    return unseal(row.secret, row.key_id, Place(row.workspace_id, row.pk, KIND)) if row.key_id else {}
