"""What a test of a credential sends, to real servers on loopback, and how it reads what they say."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from aiohttp import web

from automatos.outside.tests.kit import Site, serving
from automatos.private_hosts import parse
from automatos.tests.s3_server import KEY, S3Server
from automatos.tests.s3_server import SECRET as KEY_SECRET
from workspaces.credentials.checks import Result, check

SECRET = "sk-never-to-be-told-1234"


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])


def answering(
    status: int, text: str = '{"data": []}', headers: Mapping[str, str] | None = None
) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return answer


def sent(site: Site, name: str) -> str:
    return str(site.seen[0].headers[name])


@pytest.mark.parametrize(
    ("status", "ok", "words"),
    [
        (200, True, "accepts it"),
        (401, False, "refuses it (HTTP 401)"),
        (403, False, "refuses it (HTTP 403)"),
        (404, False, "HTTP 404"),
        (429, None, "asked too often"),
        (503, None, "trouble of its own"),
    ],
)
async def test_a_status_is_told_in_our_words_and_no_text_of_the_answer(
    status: int, ok: bool | None, words: str
) -> None:
    async with serving(answering(status, json.dumps({"data": [], "message": f"Your key {SECRET} is bad"}))) as site:
        result = await check("openai_compatible", {"base_url": site.url("/v1"), "api_key": SECRET})
        assert site.seen[0].path == "/v1/models"
        assert sent(site, "Authorization") == f"Bearer {SECRET}"
    assert result.ok is ok
    assert words in result.message
    assert SECRET not in result.message


async def asked(answer: str, key: str = SECRET) -> Result:
    async with serving(answering(200, answer)) as site:
        return await check("openai_compatible", {"base_url": site.url("/v1"), "api_key": key})


async def test_the_models_a_server_names_are_kept_as_plain_names_only() -> None:
    good = ["llama3.1:8b", "org/model-7b", "a" * 120]
    bad: list[Any] = [
        "", "<script>alert(1)</script>", "two words", "new\nline", "\x1b[31m", "na\u202eme", "é", "a" * 121, 7, None,
        ["x"], f"x-{SECRET.upper()}-y", "../../etc", "-option",
    ]  # fmt: skip
    rows = [{"id": name} for name in [*bad, *good, *good]]
    found = await asked(json.dumps({"data": rows}))
    assert found.models == tuple(good)
    assert (found.ok, found.message) == (True, "127.0.0.1 accepts it. It offers 3 models.")


async def test_a_server_that_names_models_without_end_or_sense_is_bounded() -> None:
    many = {"data": [{"id": f"model-{number}"} for number in range(50_000)]}
    assert len((await asked(json.dumps(many))).models) == 100
    for answer in ('{"data": []}', '{"data": [1]}', '{"data": [{"id": 7}]}'):
        found = await asked(answer)
        assert (found.ok, found.models) == (True, ())
        assert "names no models" in found.message


@pytest.mark.parametrize(
    "answer", ["[" * 100_000, "{}", "null", '{"data": 1}', '{"error": "Unexpected endpoint"}', "<html>", '{"data": {}}']
)
async def test_an_answer_that_is_no_list_of_models_is_a_wrong_address(answer: str) -> None:
    found = await asked(answer)
    assert (found.ok, found.models) == (False, ())
    assert "not with a list of models. Check the base URL" in found.message


async def vendors(request: web.BaseRequest) -> web.Response:
    """Lists and answers of each vendor, the same to every question."""
    if request.path.endswith("/chat/completions"):
        return web.json_response({"choices": [{"message": {"content": '{"answer": 5}'}, "finish_reason": "stop"}]})
    if request.path.endswith("/messages"):
        text = [{"type": "text", "text": '{"answer": 5}'}]
        return web.json_response({"type": "message", "content": text, "stop_reason": "end_turn"})
    return web.json_response({"data": []})


async def test_each_vendor_is_asked_in_its_own_way(settings: Any) -> None:
    async with serving(vendors) as site:
        settings.OPENAI_BASE_URL, settings.ANTHROPIC_BASE_URL = site.url("/v1"), site.url("")
        settings.COMPOSIO_BASE_URL = site.url("")
        settings.OUTSIDE_PRIVATE_HOSTS = parse([])  # addresses from the settings may be private all the same
        results = [await check(kind, {"api_key": SECRET}) for kind in ("openai", "anthropic", "composio")]
        seen = [request for request in site.seen if request.method == "GET"]
        paths, headers = [request.path_qs for request in seen], [request.headers for request in seen]
    assert all(result.ok for result in results), results
    assert paths == ["/v1/models", "/v1/models?limit=1", "/api/v3.1/toolkits?limit=1"]
    assert headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert headers[1]["x-api-key"] == headers[2]["x-api-key"] == SECRET
    assert headers[1]["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize(
    ("kind", "fields", "header"),
    [
        ("http_header", {"header": "X-Key", "value": SECRET}, ("X-Key", SECRET)),
        ("bearer_token", {"token": SECRET}, ("Authorization", f"Bearer {SECRET}")),
        ("basic_auth", {"username": "ada", "password": "pw"}, ("Authorization", "Basic YWRhOnB3")),
    ],
)
async def test_an_http_credential_goes_to_its_own_hosts_only(
    kind: str, fields: dict[str, str], header: tuple[str, str]
) -> None:
    async with serving(answering(204)) as site, serving(answering(200)) as elsewhere:
        bound = {**fields, "hosts": f"127.0.0.1:{site.port}"}
        assert (await check(kind, {**bound, "test_url": site.url("/me")})).ok is True
        assert sent(site, header[0]) == header[1]
        assert (await check(kind, {**bound, "test_url": elsewhere.url()})).ok is False
        assert not elsewhere.seen
        assert await check(kind, bound) == Result(None, "There is no address for the test. Add one to find out.")


async def test_a_redirect_to_another_host_does_not_take_the_secret_along() -> None:
    async with serving(answering(200)) as elsewhere:
        async with serving(answering(302, headers={"Location": elsewhere.url("/steal")})) as site:
            fields = {"token": SECRET, "hosts": f"127.0.0.1:{site.port}", "test_url": site.url()}
            await check("bearer_token", fields)
            assert sent(site, "Authorization") == f"Bearer {SECRET}"
        assert all(SECRET not in str(request.headers) for request in elsewhere.seen)


async def test_a_private_address_of_the_workspaces_choosing_is_refused(settings: Any) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([])
    async with serving(answering(200)) as site:
        for kind, fields in (
            ("openai_compatible", {"base_url": site.url()}),
            (
                "postgresql",
                {"host": "127.0.0.1", "port": str(site.port), "database": "d", "user": "u", "password": "p"},
            ),
            ("s3", {**S3, "endpoint_url": site.url()}),
        ):
            assert (await check(kind, fields)).ok is False
        assert not site.seen


S3 = {"bucket": "b", "region": "us-east-1", "access_key_id": "AK", "secret_access_key": SECRET}


@pytest.mark.parametrize(
    ("status", "body", "ok", "words"),
    [
        (200, "<?xml version='1.0'?><ListBucketResult></ListBucketResult>", True, "can be listed"),
        (403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", False, "does not belong to the access key ID"),
        (403, f"<Error><Code>{SECRET}</Code></Error>", False, "refuses it (HTTP 403)"),
        (404, "<Error><Code>NoSuchBucket</Code></Error>", False, "no bucket of this name"),
        (200, "<html>a web page</html>", False, "not with a list of a bucket"),
    ],
)
async def test_a_bucket_is_listed_with_a_signed_request(status: int, body: str, ok: bool, words: str) -> None:
    async with serving(answering(status, body)) as site:
        result = await check("s3", {**S3, "endpoint_url": site.url()})
        assert site.seen[0].path_qs == "/b?list-type=2&max-keys=1"
        assert "Credential=AK/" in sent(site, "Authorization")
    assert result.ok is ok
    assert words in result.message
    assert SECRET not in result.message


async def test_a_bucket_of_a_real_store_is_tried(s3: S3Server) -> None:
    fields = {**S3, "bucket": s3.bucket, "endpoint_url": s3.endpoint, "access_key_id": KEY}
    right = await check("s3", {**fields, "secret_access_key": KEY_SECRET})
    assert right == Result(ok=True, message="The bucket can be listed.")
    wrong = await check("s3", fields)
    assert wrong == Result(ok=False, message="The secret access key does not belong to the access key ID.")
    unknown = await check("s3", {**fields, "access_key_id": "nobody"})
    assert unknown == Result(ok=False, message="The store does not know this access key ID.")
    absent = await check("s3", {**fields, "secret_access_key": KEY_SECRET, "bucket": "absent"})
    assert absent == Result(ok=False, message="There is no bucket of this name.")


async def test_a_database_that_does_not_answer_is_told_without_its_text() -> None:
    fields = {"host": "127.0.0.1", "port": "9", "database": "d", "user": "u", "password": SECRET}
    result = await check("postgresql", fields)
    assert result == Result(
        ok=False, message="The server does not answer at this host and port, or refuses the connection."
    )
