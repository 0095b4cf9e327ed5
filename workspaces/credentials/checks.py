"""Tries a credential with one cheap, real request. What comes back is told in our words, never in the server's.

A server may answer with the very key it was sent, so no text of an answer is kept, but for the names of its models.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import psycopg
from django.conf import settings
from django.utils import timezone

from automatos.errors import AppError
from automatos.llm.errors import ModelNotConfigured
from automatos.llm.registry import DEFAULT_URLS
from automatos.llm.registry import Credential as ModelCredential
from automatos.outside.client import Answer, Client, Limits
from automatos.outside.errors import TooSlow
from automatos.outside.targets import find_host
from automatos.private_hosts import PrivateHosts, parse
from workspaces.budgets.reserving import BudgetReached
from workspaces.credentials.model_trials import try_model
from workspaces.credentials.offered_models import is_model_list, told_models
from workspaces.credentials.provider_keys import usual_url
from workspaces.credentials.reading import http_headers_of, read
from workspaces.credentials.types import PROVIDERS
from workspaces.models import Credential
from workspaces.scope.tenancy import workspace_scope

logger = logging.getLogger(__name__)

SECONDS = 10.0
LIMITS = Limits(seconds=SECONDS, max_bytes=5_000_000, redirects=3)
COMPOSIO = "https://backend.composio.dev"
ANTHROPIC_VERSION = "2023-06-01"
S3_CODES = {
    "InvalidAccessKeyId": "The store does not know this access key ID.",
    "SignatureDoesNotMatch": "The secret access key does not belong to the access key ID.",
    "NoSuchBucket": "There is no bucket of this name.",
    "AccessDenied": "The keys are right, but may not list this bucket.",
    "PermanentRedirect": "The bucket is in another region; write that one.",
    "AuthorizationHeaderMalformed": "The bucket is in another region; write that one.",
}
SSH_PORT = 22
# Bytes of what a server says before it says who it is.
MOST_GREETING = 8192
CHECK_URL = "Check the base URL; most end in /v1."
# Which model of a vendor is tried: a cheap one that every account has.
TRIED = {"openai": "gpt-4.1-mini", "anthropic": "claude-haiku-4-5"}
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """Whether it works, and a sentence. ok: None when it could not be found out. models: what the server offers.

    works: what a model there did when it was tried, see model_trials.
    """

    ok: bool | None
    message: str
    models: tuple[str, ...] = ()
    works: Mapping[str, bool] = field(default_factory=dict)


def run_check(workspace_id: UUID, credential_id: UUID) -> None:
    """Open it, try it, write the result into its row. The request is made outside of any transaction."""
    with workspace_scope(workspace_id):
        own = Credential.objects.filter(workspace_id=workspace_id, pk=credential_id)
        rows = own.filter(deleted_at=None, test_started_at__isnull=False)
        row = rows.only("id", "type_id", "name", "test_started_at").first()
        if row is None:
            return
        try:
            fields: Fields | None = read(workspace_id, credential_id, "test")
        except AppError as error:
            fields, result = None, Result(ok=False, message=error.message)
    if fields is not None:
        result = asyncio.run(check(row.type_id, fields))
        if row.type_id in PROVIDERS.values():
            result = _tried(workspace_id, row.type_id, fields, row.name, result)
    with workspace_scope(workspace_id):
        # Not for a credential that was changed meanwhile.
        own.filter(test_started_at=row.test_started_at).update(
            test_started_at=None,
            tested_at=timezone.now(),
            test_ok=result.ok,
            test_message=result.message[:300],
            test_works=dict(result.works),
            # A server that does not answer just now still has the models it had.
            **({"offered": list(result.models)} if result.ok or result.models else {}),
        )


async def check(type_slug: str, fields: Fields) -> Result:
    """One request with this credential, at most ten seconds."""
    try:
        async with asyncio.timeout(SECONDS):
            return await CHECKS[type_slug](fields)
    except (TimeoutError, TooSlow):
        return Result(ok=False, message=f"There was no answer within {SECONDS:.0f} seconds.")
    except AppError as error:
        return Result(ok=False, message=error.message)
    except Exception as error:
        logger.error("The test of a credential of type %s broke: %s", type_slug, type(error).__name__)
        return Result(ok=None, message="The test itself failed. It was noted for the operator.")


async def _openai(fields: Fields) -> Result:
    base = settings.OPENAI_BASE_URL or DEFAULT_URLS["openai"]
    answer = await _get(f"{base.rstrip('/')}/models", {"Authorization": f"Bearer {fields['api_key']}"}, own=base)
    return _judged(answer, "OpenAI")


async def _anthropic(fields: Fields) -> Result:
    base = settings.ANTHROPIC_BASE_URL or DEFAULT_URLS["anthropic"]
    headers = {"x-api-key": fields["api_key"], "anthropic-version": ANTHROPIC_VERSION}
    return _judged(await _get(f"{base.rstrip('/')}/v1/models?limit=1", headers, own=base), "Anthropic")


async def _openai_compatible(fields: Fields) -> Result:
    key = fields.get("api_key")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = await _get(f"{fields['base_url'].rstrip('/')}/models", headers)
    found = _judged(answer, _host(fields["base_url"]))
    if not found.ok:
        return found
    models = told_models(answer.content, key or "")
    if not models and not is_model_list(answer.content):
        host = _host(fields["base_url"])
        return Result(ok=False, message=f"{host} answers, but not with a list of models. {CHECK_URL}")
    told = f"It offers {len(models)} model{'' if len(models) == 1 else 's'}." if models else "It names no models."
    return Result(found.ok, f"{found.message} {told}", models)


def _tried(workspace_id: UUID, kind: str, fields: Fields, name: str, listed: Result) -> Result:
    """What a model does with this key. Not tried where the key was refused, or where no model is known."""
    model = fields.get("test_model") or TRIED.get(kind) or next(iter(listed.models), "")
    if not model or (listed.ok is not True and not fields.get("test_model")):
        return listed
    provider = next(provider for provider, slug in PROVIDERS.items() if slug == kind)
    url = fields.get("base_url") or usual_url(provider)
    own = ModelCredential(
        fields.get("api_key") or "none", url, label=name or _host(url), preset=fields.get("preset", "")
    )
    try:
        trial = try_model(workspace_id, f"{provider}:{model}", {provider: own})
    except (ModelNotConfigured, BudgetReached) as error:
        return replace(listed, message=f"{listed.message} {error.message}")
    except Exception as error:
        logger.error("The trial of a model with a credential of type %s broke: %s", kind, type(error).__name__)
        return Result(ok=None, message="The test itself failed. It was noted for the operator.")
    found = trial.sentence if trial.problem else f"Tried {model}. {trial.sentence}"
    accepted = f"{listed.message} " if listed.ok else ""
    return replace(listed, ok=not trial.problem, message=f"{accepted}{found}", works=trial.works)


async def _composio(fields: Fields) -> Result:
    named = fields.get("base_url", "")
    base = named or settings.COMPOSIO_BASE_URL or COMPOSIO
    url, secrets = f"{base.rstrip('/')}/api/v3.1/toolkits?limit=1", {"x-api-key": fields["api_key"]}
    answer = await _get(url, secrets, own="" if named else base)
    return _judged(answer, "Composio")


async def _s3(fields: Fields) -> Result:
    region = fields["region"]
    base = fields.get("endpoint_url") or f"https://s3.{region}.amazonaws.com"
    query = urlencode({"list-type": "2", "max-keys": "1"})
    url = f"{base.rstrip('/')}/{quote(fields['bucket'], safe='-_.~')}?{query}"
    answer = await _get(url, _signed(url, fields["access_key_id"], fields["secret_access_key"], region))
    if answer.status == 200 and b"<ListBucketResult" in answer.content[:2000]:
        return Result(ok=True, message="The bucket can be listed.")
    code = re.search(rb"<Code>(\w+)</Code>", answer.content[:10_000])
    if known := S3_CODES.get(code[1].decode() if code else ""):
        return Result(ok=False, message=known)
    if 200 <= answer.status < 300:
        return Result(ok=False, message=f"{_host(base)} answers, but not with a list of a bucket. Check the endpoint.")
    return _judged(answer, _host(base), strict=True)


def _signed(url: str, key_id: str, secret: str, region: str) -> dict[str, str]:
    """The headers of a GET as S3 wants them. botocore signs; the request goes through our own door to the outside."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest(method="GET", url=url)
    S3SigV4Auth(Credentials(key_id, secret), "s3", region).add_auth(request)
    return dict(request.headers.items())


async def _postgresql(fields: Fields) -> Result:
    port = int(fields["port"])
    addresses = await find_host(fields["host"], port)
    verify = fields.get("sslmode") == "verify-full"
    try:
        connection = await psycopg.AsyncConnection.connect(
            host=fields["host"], hostaddr=str(addresses[0]), port=port, dbname=fields["database"],
            user=fields["user"], password=fields["password"], sslmode=fields.get("sslmode", "require"),
            sslrootcert="system" if verify else "", connect_timeout=int(SECONDS), autocommit=True,
        )  # fmt: skip
    except psycopg.OperationalError as error:
        return Result(ok=False, message=_why_no_connection(str(error)))
    async with connection:
        await connection.execute("SELECT 1")
    return Result(ok=True, message="The database answered.")


def _why_no_connection(text: str) -> str:
    unknown = "role" in text and "does not exist" in text
    if unknown or "password authentication failed" in text or "no password supplied" in text or "pg_hba" in text:
        return "The server refuses this user name or password."
    if "SSL" in text or "certificate" in text:
        return "No connection with this kind of encryption; try another one."
    if "database" in text and "does not exist" in text:
        return "There is no database of this name."
    return "The server does not answer at this host and port, or refuses the connection."


async def _http(type_slug: str, fields: Fields) -> Result:
    url = fields.get("test_url", "")
    if not url:
        return Result(ok=None, message="There is no address for the test. Add one to find out.")
    answer = await _get(url, http_headers_of(type_slug, fields, url))
    return _judged(answer, _host(url), strict=True)


async def _http_header(fields: Fields) -> Result:
    return await _http("http_header", fields)


async def _bearer_token(fields: Fields) -> Result:
    return await _http("bearer_token", fields)


async def _basic_auth(fields: Fields) -> Result:
    return await _http("basic_auth", fields)


async def _ssh_key(fields: Fields) -> Result:
    """Whether the first of its servers is there; who may in is seen only where somebody asks for a repository."""
    name = fields["host_keys"].split()[0].split(",")[0]
    host, _, port = name.removeprefix("[").partition("]:")
    addresses = await find_host(host, int(port or SSH_PORT))
    try:
        reader, writer = await asyncio.open_connection(str(addresses[0]), int(port or SSH_PORT))
    except OSError:
        return Result(ok=False, message=f"{host} does not answer at this port.")
    try:
        speaks = await _speaks_ssh(reader)
    except OSError:
        speaks = False
    finally:
        writer.close()
    if not speaks:
        return Result(ok=False, message=f"What answers at {host} does not speak SSH.")
    return Result(ok=None, message=f"{host} answers. Whether the key opens a repository shows when one is fetched.")


async def _speaks_ssh(reader: asyncio.StreamReader) -> bool:
    """Whether a line says so; a server may send others before it (RFC 4253, 4.2), and a hostile one no end of them."""
    said = b""
    while len(said) < MOST_GREETING and (block := await reader.read(1024)):
        said += block
        if re.search(rb"(?:^|\n)SSH-", said):
            return True
    return False


CHECKS: dict[str, Callable[[Fields], Awaitable[Result]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "openai_compatible": _openai_compatible,
    "composio": _composio,
    "s3": _s3,
    "postgresql": _postgresql,
    "http_header": _http_header,
    "bearer_token": _bearer_token,
    "basic_auth": _basic_auth,
    "ssh_key": _ssh_key,
}


async def _get(url: str, secrets: Mapping[str, str], *, own: str = "") -> Answer:
    """own: an address from the settings, which may be private; others may not."""
    client = Client(private=_with(own)) if own else Client()
    return await client.request("GET", url, secrets=secrets, limits=LIMITS)


def _with(base: str) -> PrivateHosts:
    listed: PrivateHosts = settings.OUTSIDE_PRIVATE_HOSTS
    parts = urlsplit(base)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    more = parse([f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"])
    return PrivateHosts(listed.names | more.names, (*listed.networks, *more.networks))


def _judged(answer: Answer, who: str, *, strict: bool = False) -> Result:
    """What a status means. strict: anything but 2xx counts against the credential."""
    status = answer.status
    if 200 <= status < 300:
        return Result(ok=True, message=f"{who} accepts it.")
    if status in (401, 403):
        return Result(ok=False, message=f"{who} refuses it (HTTP {status}).")
    if status == 429:
        return Result(ok=None, message=f"{who} is asked too often right now (HTTP 429). Try again in a minute.")
    if status >= 500:
        return Result(ok=None, message=f"{who} has trouble of its own (HTTP {status}). Try again later.")
    cure = "" if strict else " Check the address."
    return Result(ok=False, message=f"{who} answered with HTTP {status}, so it could not be tried.{cure}")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The server"
