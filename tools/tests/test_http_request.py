"""http_request: bodies, answers, and a credential that goes to its own host and never comes back."""

import base64
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pytest_django import Settings

from automatos.outside.tests.kit import Site, serving
from automatos.private_hosts import parse
from tools.builtin import BUILTIN
from tools.contract import ToolContext
from tools.tests.kit import call, context, credentials, refused, said

SECRET = "s3cr3t/+value&more"


async def echo(request: web.BaseRequest) -> web.StreamResponse:
    """Tells what arrived, secrets included, as careless servers do."""
    if request.path == "/away":
        return web.Response(status=302, headers={"Location": request.query["to"]})
    if request.path == "/nothing":
        return web.Response(status=204)
    if request.path == "/bytes":
        return web.Response(body=bytes(range(256)), content_type="application/octet-stream")
    if request.path == "/padded":
        return web.Response(text="x" * 18_990 + SECRET)
    heard = {
        "method": request.method,
        "query": dict(request.query),
        "headers": {
            name: value for name, value in request.headers.items() if name.startswith(("X-", "Auth", "Content-T"))
        },
        "body": (await request.read()).decode(),
        "echo": [SECRET, base64.b64encode(SECRET.encode()).decode()],
    }
    status = 403 if request.path == "/forbidden" else 200
    return web.json_response(heard, status=status, headers={"ETag": SECRET, "X-Unasked": "1"})


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    async with serving(echo) as running:
        settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.0/8"])
        yield running


def run_with(site: Site, **fields: str) -> ToolContext:
    hosts = f"127.0.0.1:{site.port}"
    return context(credential=credentials(key={"hosts": hosts, **(fields or {"token": SECRET})}))


async def test_json_and_text_are_sent(site: Site) -> None:
    text = await said("http_request", method="POST", url=site.url("/x?a=1"), query={"b": "ä"}, json={"n": [1]})
    assert text.startswith("Status 200\ncontent-type: application/json")
    assert "X-Unasked" not in text.partition("\n\n")[0]
    for part in ('"method": "POST"', '"a": "1"', '"b": "ä"', '"Content-Type": "application/json"', '{\\"n\\": [1]}'):
        assert part in text
    text = await said("http_request", method="PUT", url=site.url(), body="<a/>", headers={"Content-Type": "text/xml"})
    assert '"Content-Type": "text/xml"' in text


async def test_answers_without_text_are_told(site: Site) -> None:
    assert (await said("http_request", method="GET", url=site.url("/nothing"))).startswith("Status 204")
    assert "[256 bytes that are not text.]" in await said("http_request", method="GET", url=site.url("/bytes"))


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"token": SECRET}, f"Bearer {SECRET}"),
        ({"username": "ann", "password": SECRET}, "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()),
        ({"header": "X-Key", "value": SECRET}, SECRET),
    ],
)
async def test_a_credential_is_sent_and_never_told(site: Site, fields: dict[str, str], header: str) -> None:
    run = run_with(site, **fields)
    for path in ("/ok", "/forbidden"):
        result = await call("http_request", run, method="GET", url=site.url(path), credential="key")
        assert result.is_error == (path == "/forbidden")
        assert "[hidden]" in result.content
        assert SECRET not in result.content
        assert base64.b64encode(SECRET.encode()).decode() not in result.content
        assert header not in result.content
    assert header in site.seen[0].headers.values()


async def test_a_secret_at_the_edge_of_a_part_stays_hidden(site: Site) -> None:
    run = run_with(site)
    for offset in (0, 19_000):
        result = await call("http_request", run, method="GET", url=site.url("/padded"), credential="key", offset=offset)
        assert not any(SECRET[:n] in result.content for n in range(6, 18))


async def test_a_credential_goes_to_no_other_host(site: Site) -> None:
    run = run_with(site)
    for url in (f"http://127.0.0.2:{site.port}/", f"http://127.0.0.1:{site.port + 1}/", "https://example.com/"):
        text = await refused("http_request", run, method="GET", url=url, credential="key")
        assert f"is sent to 127.0.0.1:{site.port} only" in text
    async with serving(echo) as other:
        away = site.url(f"/away?to={other.url('/x')}")
        assert "[hidden]" in await said("http_request", run, method="GET", url=away, credential="key")
        assert "Authorization" not in other.seen[0].headers


async def test_a_credential_is_not_sent_in_the_open(site: Site, settings: Settings) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([])
    text = await refused("http_request", run_with(site), method="GET", url=site.url(), credential="key")
    assert "over https only" in text
    assert site.seen == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"method": "TRACE", "url": "https://example.com/"}, "allowed are GET, HEAD, POST"),
        ({"method": "GET", "url": "https://example.com/", "body": "x"}, "GET carries no body"),
        ({"method": "POST", "url": "https://example.com/", "body": "x", "json": 1}, "either json or body"),
        ({"method": "GET", "url": "http://127.0.0.1/", "headers": {"Host": "x"}}, "header Host"),
        ({"method": "GET", "url": "http://127.0.0.1/", "headers": {"X": "a\r\nY: b"}}, "header X"),
        ({"method": "GET", "url": "http://127.0.0.1/", "headers": {"X": 1}}, "headers.X is 1"),
        ({"method": "GET", "url": "https://example.com/", "credential": "other"}, "There is no such credential."),
        ({"method": "GET", "url": "https://example.com/", "credential": "bad"}, "cannot be used for HTTP requests"),
        ({"method": "GET", "url": "https://example.com/", "credential": "loose"}, "names no host"),
        ({"method": "GET", "url": "http://10.0.0.1/"}, "private address"),
    ],
)
async def test_bad_requests_are_refused(arguments: dict[str, object], text: str) -> None:
    known = {"bad": {"hosts": "example.com", "api_key": SECRET}, "loose": {"token": SECRET}}
    found = await refused("http_request", context(credential=credentials(**known)), **arguments)
    assert text in found
    assert SECRET not in found


async def test_the_credentials_header_cannot_be_replaced(site: Site) -> None:
    given = {"method": "GET", "url": site.url(), "headers": {"authorization": "Bearer mine"}, "credential": "key"}
    assert "sets the header authorization" in await refused("http_request", run_with(site), **given)


def test_looking_is_a_read_and_the_rest_goes_outside() -> None:
    effects = BUILTIN["http_request"].effects_of
    assert effects({"method": "GET", "url": "x"}) == "reads"
    assert effects({"method": "GET", "url": "x", "credential": "key"}) == "outside"
    assert effects({"method": "POST", "url": "x"}) == "outside"
