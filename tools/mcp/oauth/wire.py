"""OAuth 2.1 as MCP servers want it, on the wire: metadata, registration, tokens; all of it through the guard."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import orjson
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
    get_client_metadata_scopes,
    issuers_match,
)
from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata
from pydantic import BaseModel, ValidationError

from automatos.outside.client import Answer, Limits
from automatos.outside.client import Client as Outside
from automatos.outside.errors import OutsideError
from tools.mcp.oauth.terms import Authority, Client, Grant, SignInProblem, Tokens, challenged, printable

LIMITS = Limits(seconds=15.0, max_bytes=200_000, redirects=2)
# A code or a token is sent to the address that was named, and to no other one.
STRAIGHT = Limits(seconds=15.0, max_bytes=200_000, redirects=0)
FORM = "application/x-www-form-urlencoded"
PROBE = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
LONGEST_TOKEN = 20_000
M = TypeVar("M", bound=BaseModel)


async def discover(url: str) -> Authority:
    """Where tokens for the server at this address are had. Raises SignInProblem, or OutsideError."""
    scope, named = await _challenge(url)
    about = await _first(build_protected_resource_metadata_discovery_urls(named, url), ProtectedResourceMetadata)
    resource = str(about.resource) if about else url
    if about is not None and not _covers(resource, url):
        raise SignInProblem("The server names another resource than itself, so no token is asked for.")
    issuer = str(about.authorization_servers[0]) if about and about.authorization_servers else None
    found = await _first(build_oauth_authorization_server_metadata_discovery_urls(issuer, url), OAuthMetadata)
    if found is None:
        raise SignInProblem("The server does not say where to sign in. Choose a credential for it instead.")
    if issuer is not None and not issuers_match(str(found.issuer), issuer):
        raise SignInProblem("The authorization server calls itself by another name than the server does.")
    if "S256" not in (found.code_challenge_methods_supported or []):
        raise SignInProblem("The authorization server does not say that it takes PKCE with S256, which is needed.")
    wanted = get_client_metadata_scopes(scope, about, found, ["authorization_code", "refresh_token"])
    methods = found.token_endpoint_auth_methods_supported or []
    return Authority(
        issuer=str(found.issuer),
        authorize_url=_web(found.authorization_endpoint),
        token_url=_web(found.token_endpoint),
        registration_url=_web(found.registration_endpoint) if found.registration_endpoint else "",
        takes_documents=bool(found.client_id_metadata_document_supported),
        sends_issuer=bool(found.authorization_response_iss_parameter_supported),
        is_basic="client_secret_post" not in methods,
        resource=resource,
        scope=printable(wanted or ""),
    )


async def register(authority: Authority, document: Mapping[str, Any]) -> Client:
    """Make ourselves known there (RFC 7591). document: what we say of us."""
    if not authority.registration_url:
        raise SignInProblem("The authorization server takes only clients it knows. Choose a credential instead.")
    body = {**document, **({"scope": authority.scope} if authority.scope else {})}
    answer = await _post(authority.registration_url, orjson.dumps(body), "application/json", {})
    said = _json(answer)
    if answer.status not in (200, 201) or not isinstance(said.get("client_id"), str):
        raise SignInProblem(f"The authorization server did not take us as a client. {_reason(said, answer)}")
    method = said.get("token_endpoint_auth_method")
    is_basic = method == "client_secret_basic" or (method is None and authority.is_basic)
    return Client(printable(said["client_id"])[:2000], str(said.get("client_secret") or ""), is_basic)


async def tokens(grant: Grant) -> Tokens:
    """Ask for tokens. Raises SignInProblem, which is final where the grant itself is refused."""
    form = {**grant.form, "resource": grant.resource}
    headers: dict[str, str] = {}
    if grant.client.secret and grant.client.is_basic:
        login = f"{quote(grant.client.id, safe='')}:{quote(grant.client.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    else:
        form |= {"client_id": grant.client.id}
        form |= {"client_secret": grant.client.secret} if grant.client.secret else {}
    answer = await _post(grant.token_url, urlencode(form).encode(), FORM, headers)
    said = _json(answer)
    access = said.get("access_token")
    if (
        answer.status != 200
        or not isinstance(access, str)
        or not (access.isascii() and access.isprintable())
        or not 0 < len(access) < LONGEST_TOKEN
    ):
        is_final = 400 <= answer.status < 500 and answer.status != 429
        raise SignInProblem(f"The authorization server gave no token. {_reason(said, answer)}", is_final=is_final)
    if str(said.get("token_type", "Bearer")).lower() != "bearer":
        raise SignInProblem("The authorization server gave a token of a kind that is not known.", is_final=True)
    lasts = said.get("expires_in")
    seconds = int(lasts) if isinstance(lasts, (int, float)) and 0 <= lasts < 10**9 else None
    return Tokens(
        access,
        str(said.get("refresh_token") or "")[:LONGEST_TOKEN],
        seconds,
        printable(said.get("scope") or "")[:2000],
    )


async def _challenge(url: str) -> tuple[str | None, str | None]:
    """What the server says to a request without a token: the scope it wants, and where its metadata is."""
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    answer = await Outside().request("POST", url, headers=headers, body=PROBE, limits=STRAIGHT)
    said = answer.headers.get("www-authenticate", "") if answer.status in (401, 403) else ""
    return challenged(said, "scope"), challenged(said, "resource_metadata")


async def _first(urls: Iterable[str], model: type[M]) -> M | None:
    """The first of these documents that is there and reads as such."""
    for url in urls:
        try:
            answer = await Outside().get(url, headers={"Accept": "application/json"}, limits=LIMITS)
            if answer.status == 200:
                return model.model_validate_json(answer.content)
        except (OutsideError, ValidationError, ValueError):
            continue
    return None


def _covers(resource: str, url: str) -> bool:
    """Whether the named resource is the server's own origin, and its path leads to the server."""
    named, own = urlsplit(resource), urlsplit(url)
    same = (named.scheme, named.netloc.lower()) == (own.scheme, own.netloc.lower())
    # A whole part of the path: /mcp leads to /mcp/tools and not to /mcp-of-others.
    return same and f"{own.path.rstrip('/')}/".startswith(f"{named.path.rstrip('/')}/")


def _web(url: Any) -> str:
    text = str(url)
    if not text.startswith(("https://", "http://")) or len(text) > 2000:
        raise SignInProblem("The authorization server names an address that is none of the web.")
    return text


async def _post(url: str, body: bytes, kind: str, secrets: Mapping[str, str]) -> Answer:
    headers = {"Content-Type": kind, "Accept": "application/json"}
    return await Outside().request("POST", url, headers=headers, secrets=secrets, body=body, limits=STRAIGHT)


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(said: Mapping[str, Any], answer: Answer) -> str:
    clean = printable(said.get("error_description") or said.get("error") or f"HTTP {answer.status}")[:200]
    return f"It says: {clean.rstrip('.')}."
