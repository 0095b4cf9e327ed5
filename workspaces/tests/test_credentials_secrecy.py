"""25 secrets planted in the running product, used, refused and broken, then looked for everywhere; own keys at work."""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import Cast, ended, wait_for
from workspaces.credentials.sealing import master_keys
from workspaces.credentials.types import seed_credential_types
from workspaces.models import AuditEntry, Credential, CredentialType, Role
from workspaces.tests import leaks
from workspaces.tests.rest import key_of

pytestmark = pytest.mark.slow
# Letters that every format escapes in its own way.
AWKWARD = "\"'\\/+=&%<>#"


class House:
    """A kitchen on the running product, and its admin at the API. said: everything the product answered."""

    def __init__(self, stack: Stack) -> None:
        stack.models.clear()
        seed_credential_types()
        self.stack, self.cast = stack, Cast()
        self.key = key_of(self.cast.workspace, self.cast.owner, Role.OWNER)
        self.said: list[tuple[str, bytes]] = []

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        request = urllib.request.Request(self.stack.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        self.said.append((f"{method} {path} {status}", text))
        return status, json.loads(text) if text.startswith(b"{") else text

    def keep(self, type_slug: str, **fields: str) -> str:
        body = {"type": type_slug, "name": f"planted {secrets.token_hex(4)}", "fields": fields}
        status, made = self.send("POST", "/api/credentials", body)
        assert status == 201, made
        return str(made["id"])

    def tested(self, credential_id: str) -> dict[str, Any]:
        assert self.send("POST", f"/api/credentials/{credential_id}/test")[0] == 202
        found: dict[str, Any] = {}

        def is_done() -> bool:
            found.update(self.send("GET", f"/api/credentials/{credential_id}")[1]["test"])
            return not found["running"]

        wait_for(is_done, 25, "the test of a credential")
        return found

    def cook(self, prompt: str) -> Execution:
        return ended(self.cast.cook(self.cast.recipe(prompt)))


@pytest.fixture
def house(stack: Stack, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    with django_db_blocker.unblock():
        yield House(stack)


def authorizations(stack: Stack) -> list[str]:
    return [
        {name.lower(): value for name, value in request.headers.items()}["authorization"].removeprefix("Bearer ")
        for request in stack.models.requests
    ]


def test_a_run_is_paid_by_the_workspaces_own_key_until_it_is_taken_away(house: House) -> None:
    house.cook("paid by the installation")
    own = house.keep("openai", api_key="sk-own-key-0001")
    house.cook("paid by the workspace")
    house.send("PATCH", f"/api/credentials/{own}", {"fields": {"api_key": "sk-own-key-0002"}})
    house.cook("paid by its new key")
    house.send("DELETE", f"/api/credentials/{own}")
    house.cook("paid by the installation again")
    assert authorizations(house.stack) == ["test-key", "sk-own-key-0001", "sk-own-key-0002", "test-key"]
    reads = AuditEntry.objects.filter(workspace_id=house.cast.workspace.pk, action="credential.read")
    assert [entry.after for entry in reads] == [{"purpose": "model calls of a worker"}]
    assert Credential.objects.get(pk=own).last_used_at is not None


def test_another_workspaces_key_never_pays(house: House, stack: Stack) -> None:
    """Also not when one worker claims both workspaces' steps in one turn."""
    house.keep("openai", api_key="sk-only-ours-1234")
    theirs = Cast()
    stack.worker.stop()
    runs = [cast.cook(cast.recipe(word)) for cast, word in ((house.cast, "ours"), (theirs, "theirs")) * 3]
    stack.worker.start()
    for run in runs:
        ended(run, 40)
    sent = zip(stack.models.requests, authorizations(stack), strict=True)
    # Not what an earlier test's run still asks.
    paid = {(request.prompt, key) for request, key in sent if request.prompt in ("ours", "theirs")}
    assert paid == {("ours", "sk-only-ours-1234"), ("theirs", "test-key")}


def test_a_key_that_does_not_open_fails_the_run_and_no_other_key_pays(house: House, stack: Stack) -> None:
    own = house.keep("openai", api_key="sk-own-key-0001")
    Credential.objects.filter(pk=own).update(secret=b"\x01" + b"x" * 60)
    run = house.cook("never sent")
    assert run.error is not None
    assert run.error["code"] == "credential_unreadable"
    assert "Enter its secrets again" in run.error["message"]
    assert "never sent" not in {request.prompt for request in stack.models.requests}


def test_models_count_the_workspaces_own_keys(house: House) -> None:
    def sources() -> set[str]:
        items = house.send("GET", "/api/models")[1]["items"]
        return {item["id"] for item in items if item["configured"]}

    assert any(name.startswith("openai:") for name in sources())
    house.keep("anthropic", api_key="sk-ant-own-0001")
    assert any(name.startswith("anthropic:") for name in sources())


def planted(count: int) -> list[str]:
    return [f"pl4nt3d-{number:02}-{AWKWARD}-{secrets.token_hex(12)}" for number in range(count)]


def plant(house: House, given: list[str]) -> list[str]:
    """One credential for each secret, of every type in turn."""
    hosts = {"hosts": "127.0.0.1:9", "test_url": "http://127.0.0.1:9/"}
    s3 = {"bucket": "b", "region": "eu-west-1", "access_key_id": "AKIA", "endpoint_url": "http://127.0.0.1:9"}
    server = {"host": "127.0.0.1", "port": "9", "database": "d", "user": "u"}
    shapes: list[tuple[str, str, dict[str, str]]] = [
        ("anthropic", "api_key", {}),
        ("openai_compatible", "api_key", {"base_url": house.stack.models.openai_url}),
        ("composio", "api_key", {}),
        ("s3", "secret_access_key", s3),
        ("postgresql", "password", server),
        ("http_header", "value", {"header": "X-Key", **hosts}),
        ("bearer_token", "token", hosts),
        ("basic_auth", "password", {"username": "u", **hosts}),
        ("openai", "api_key", {}),
    ]
    made = []
    for number, secret in enumerate(given):
        kind, name, more = shapes[number % len(shapes)] if number < len(given) - 1 else shapes[-1]
        made.append(house.keep(kind, **{name: secret, **more}))
    return made


def use_and_abuse(house: House, made: list[str], given: list[str]) -> None:
    """Runs that go well and badly, tests, and every kind of refusal."""
    models = house.stack.models
    models.on("fails", status=400, raw=json.dumps({"error": {"message": f"bad key {given[-1]}"}}))
    models.on("refuses", status=401, raw=json.dumps({"error": {"message": f"Incorrect API key {given[-1]}"}}))
    models.on("breaks", status=500, raw=f"oops {given[-1]}")
    models.on("goes well", reply="fine")
    assert house.cook("goes well").status == "completed"
    for prompt in ("fails", "refuses"):
        assert house.cook(prompt).status == "failed"
    assert given[-1] in authorizations(house.stack)
    models.refused_keys = set(given)
    for credential_id in made:
        house.tested(credential_id)
    address, secret = f"/api/credentials/{made[-1]}", given[-1]
    house.send("PATCH", address, {"fields": {"api_key": secret + "\n", "wrong": secret, secret: "x"}})
    house.send("PATCH", address, {"name": "x" * 500, "fields": {"api_key": secret}})
    house.send("POST", "/api/credentials", b'{"type": "openai", "fields": {"api_key": "' + secret.encode())
    house.send("POST", "/api/credentials", {"type": "openai", "api_key": secret, "fields": secret})
    house.send("POST", "/api/credentials/nothing", {"api_key": secret})
    house.send("PATCH", "/api/credentials/00000000-0000-4000-8000-000000000000", {"fields": {"api_key": secret}})
    house.send("GET", "/api/credentials")
    break_the_server(house, secret)


def break_the_server(house: House, secret: str) -> None:
    """A real 500 with a secret in the body of its request."""
    kind = CredentialType.objects.get(slug="composio")
    CredentialType.objects.filter(slug="composio").update(fields=[{"nonsense": 1}])
    try:
        body = {"type": "composio", "name": "x", "fields": {"api_key": secret}}
        assert house.send("POST", "/api/credentials", body)[0] == 500
    finally:
        CredentialType.objects.filter(slug="composio").update(fields=kind.fields)


def test_25_planted_secrets_are_found_nowhere(house: House, stack: Stack) -> None:
    given = planted(25)
    made = plant(house, given)
    use_and_abuse(house, made, given)
    places = [
        ("database dump", leaks.database_dump()),
        ("logs", stack.logs().encode()),
        *house.said,
        *leaks.redis_values(),
        *leaks.process_list(),
        *leaks.files_of(leaks.data_folder()),
    ]
    control = leaks.Searcher([house.cast.workspace.name])
    assert any(place.startswith("database dump") for place in control.found(places)), "the search finds nothing at all"
    assert {int(name.split()[-1]) for name, _ in house.said} >= {201, 202, 400, 404, 500}
    assert leaks.Searcher(given).found(places) == []
    keys = leaks.Searcher([key.secret.decode("latin-1") for key in master_keys().keys])
    assert keys.found(places) == []
    print(
        f"\n{len(given)} secrets, {len(places):,} places, {sum(len(data) for _, data in places) / 1e6:,.0f} MB: 0 found"
    )


def test_the_search_finds_a_secret_in_every_encoding() -> None:
    secret = planted(1)[0]
    for code in leaks.encodings(secret):
        assert leaks.Searcher([secret]).found([("somewhere", b"before" + code + b"after")])
    assert not leaks.Searcher([secret]).found([("elsewhere", secret[:-1].encode())])
