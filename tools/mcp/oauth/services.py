"""Changes: signing in at an MCP server, coming back from there, and signing out.

Whatever waits for the other side is done outside of transactions; what came of it is written in one.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone

from automatos.errors import AppError, Conflict, NotFound
from tools.mcp import client as servers
from tools.mcp.oauth.terms import Authority, Client, SignInProblem, joined
from tools.mcp.oauth.tokens import grant_of, keep, opened_of, seal_into
from tools.mcp.tasks import send_reading
from tools.models import McpSignIn, RemoteService
from tools.remote.services import record
from workspaces.models import User
from workspaces.scope.tenancy import workspace_scope

State = McpSignIn.State
# How long a person has for the other page.
PATIENCE = timedelta(minutes=15)
DOCUMENT_PATH = "/mcp-client.json"


@dataclass(frozen=True, slots=True)
class Returned:
    """What a browser came back with."""

    state: str
    code: str = ""
    issuer: str = ""
    error: str = ""


def client_document(redirect_uri: str) -> dict[str, Any]:
    """What we say of ourselves to authorization servers."""
    return {
        "client_name": "Automatos AI",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }


def begin(service: RemoteService, user: User, redirect_uri: str, workspace_slug: str) -> str:
    """Find out where to sign in, and keep what was begun; the address to send the browser to. Blocks."""
    if not service.url or service.credential_id is not None:
        raise Conflict("A server with an address and without a credential can be signed in to.")
    with workspace_scope(service.workspace_id, user.pk):
        before = McpSignIn.objects.filter(service=service).exclude(wants="").first()
    more = joined(before.scope, before.wants) if before else ""
    authority, known = async_to_sync(_prepared)(service.url, redirect_uri, more)
    state, verifier = f"{workspace_slug}.{secrets.token_urlsafe(32)}", secrets.token_urlsafe(64)
    with workspace_scope(service.workspace_id, user.pk):
        row = McpSignIn.objects.select_for_update().filter(service=service).first()
        row = row or McpSignIn(workspace_id=service.workspace_id, service=service)
        row.issuer, row.token_url, row.resource = authority.issuer, authority.token_url, authority.resource
        row.scope, row.sends_issuer = authority.scope[:2000], authority.sends_issuer
        row.client_id, row.is_basic, row.redirect_uri = known.id, known.is_basic, redirect_uri
        row.state, row.state_hash, row.pending_until = State.PENDING, _hash(state), timezone.now() + PATIENCE
        row.signed_in_by, row.problem, row.updated_at = user, "", timezone.now()
        seal_into(row, {"client_secret": known.secret, "verifier": verifier})
        row.save()
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": known.id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": authority.resource,
        **({"scope": authority.scope} if authority.scope else {}),
    }
    return f"{authority.authorize_url}{'&' if '?' in authority.authorize_url else '?'}{urlencode(asked)}"


async def _prepared(url: str, redirect_uri: str, more: str) -> tuple[Authority, Client]:
    """more: scopes to ask for besides: what was allowed before, and what the server wanted since."""
    found = await servers.discover(url)
    authority = replace(found, scope=joined(found.scope, more))
    if authority.takes_documents and settings.PUBLIC_URL.startswith("https://"):
        return authority, Client(f"{settings.PUBLIC_URL.rstrip('/')}{DOCUMENT_PATH}")
    return authority, await servers.register(authority, client_document(redirect_uri))


def finish(workspace_id: UUID, user: User, returned: Returned) -> RemoteService:
    """The person's browser came back: change the code for tokens. NotFound for a state that is not theirs. Blocks."""
    with workspace_scope(workspace_id, user.pk):
        rows = McpSignIn.objects.select_related("service").filter(workspace_id=workspace_id, signed_in_by=user)
        row = rows.filter(state_hash=_hash(returned.state), pending_until__gt=timezone.now()).first()
        # A state is good once, whatever comes of it.
        if row is None or not McpSignIn.objects.filter(pk=row.pk, state_hash=row.state_hash).update(state_hash=""):
            raise NotFound()
        opened = opened_of(row)
    try:
        _check(row, returned)
        form = {
            "grant_type": "authorization_code",
            "code": returned.code,
            "redirect_uri": row.redirect_uri,
            "code_verifier": opened.get("verifier", ""),
        }
        found = async_to_sync(servers.tokens)(grant_of(row, opened, form))
    except AppError as problem:
        with workspace_scope(workspace_id, user.pk):
            McpSignIn.objects.filter(pk=row.pk).update(state=State.ERROR, problem=problem.message[:500])
        raise
    with workspace_scope(workspace_id, user.pk):
        keep(row, opened, found)
        record(row.service, "signed_in", after={"issuer": row.issuer})
        RemoteService.objects.filter(pk=row.service_id).update(wanted_at=timezone.now())
        send_reading(workspace_id, row.service_id)
    return row.service


def _check(row: McpSignIn, returned: Returned) -> None:
    if (returned.issuer and returned.issuer != row.issuer) or (row.sends_issuer and not returned.issuer):
        raise SignInProblem("The answer is of another authorization server than was asked.", is_final=True)
    if returned.error or not returned.code:
        raise SignInProblem("The access was not allowed on the other page.", is_final=True)


def forget(service: RemoteService) -> None:
    """Give the tokens up. In the workspace's scope."""
    if McpSignIn.objects.filter(service=service).delete()[0]:
        record(service, "signed_out")


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
