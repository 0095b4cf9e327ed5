"""Credentials at the API: what goes in, what never comes out, who may, and what the audit log says."""

import json
from uuid import UUID

import pytest
from django.db import connection

from automatos.errors import NotFound
from workspaces.credentials import services as credentials
from workspaces.credentials.provider_keys import ask_keys, read_keys
from workspaces.models import AuditEntry, Credential
from workspaces.tests.credential_kit import ADDRESS, SECRET, made, refused, row, stocked_company
from workspaces.tests.matrix_filters import drop_policies
from workspaces.tests.rest import Company, without_request_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return stocked_company()


def actions(company: Company) -> list[str]:
    entries = AuditEntry.objects.filter(workspace_id=company.workspace.pk, target_type="credential")
    return list(entries.order_by("seq").values_list("action", flat=True))


def test_a_new_credential_shows_the_end_of_its_secret_and_keeps_the_rest(company: Company) -> None:
    body = made(company.admin)
    listed = company.editor.get(ADDRESS)[1]["items"]
    assert [item["id"] for item in listed] == [body["id"]]
    assert body["hints"] == {"api_key": "…4f2a"}
    assert body["values"] == {}
    assert body["created_by"].startswith("admin-")
    for text in (json.dumps(body), json.dumps(listed), str(bytes(row(body).secret))):
        assert SECRET not in text
    assert credentials.read(company.workspace.pk, row(body).pk, "test") == {"api_key": SECRET}


def test_the_types_come_with_their_fields(company: Company) -> None:
    listed = {item["slug"]: item for item in company.editor.get("/api/credential-types")[1]["items"]}
    assert {"openai", "anthropic", "openai_compatible", "composio", "s3", "postgresql", "http_header"} <= listed.keys()
    assert listed["openai"]["fields"][0]["kind"] == "secret"
    assert listed["postgresql"]["fields"][1]["default"] == "5432"


def test_a_short_secret_shows_nothing(company: Company) -> None:
    body = made(company.admin, "basic_auth", username="ada", password="lovelace", hosts="example.com")
    assert body["hints"] == {"password": ""}
    assert body["values"] == {"username": "ada", "hosts": "example.com"}


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ({"type": "openai", "name": "", "fields": {"api_key": SECRET}}, "name", "may not be empty"),
        ({"type": "openai", "name": "A"}, "fields.api_key", "missing"),
        ({"type": "opnai", "name": "A"}, "type", "is not one of openai"),
        ({"type": "openai", "name": "A", "fields": {"api_key": "a\nb"}}, "fields.api_key", "line break"),
        ({"type": "openai", "name": "A", "fields": {"api_key": "a\x00"}}, "fields.api_key", "NUL"),
        ({"type": "openai", "name": "A", "fields": {"key": "a"}}, "fields.key", "There are: api_key."),
        ({"type": "openai_compatible", "name": "A", "fields": {"base_url": "ftp://x"}}, "fields.base_url", "https://"),
        (
            {"type": "openai_compatible", "name": "A", "fields": {"base_url": "https://u:p@x"}},
            "fields.base_url",
            "Leave",
        ),
        (
            {"type": "openai_compatible", "name": "A", "fields": {"base_url": "https://["}},
            "fields.base_url",
            "https://",
        ),
        ({"type": "postgresql", "name": "A", "fields": {"port": "99999"}}, "fields.port", "65,535"),
        ({"type": "bearer_token", "name": "A", "fields": {"hosts": "https://x/y"}}, "fields.hosts", "without https://"),
        ({"type": "http_header", "name": "A", "fields": {"header": "X Key"}}, "fields.header", "letters"),
        ({"type": "openai", "name": "A", "fields": ["x"]}, "fields", "dictionary"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_cure(
    company: Company, body: dict[str, object], field: str, text: str
) -> None:
    fields = refused(company.admin, body)
    assert text in " ".join(fields[field])
    assert not Credential.objects.exists()


def test_a_refusal_never_repeats_a_secret(company: Company) -> None:
    for fields in ({"api_key": SECRET + "\n"}, {"api_key": SECRET, "nope": SECRET}, {SECRET: "x"}):
        status, answer = company.admin.post(ADDRESS, {"type": "openai", "name": "A", "fields": fields})
        assert status == 400 or fields == {"api_key": SECRET + "\n"}
        assert SECRET not in json.dumps(answer)


def test_an_empty_secret_stays_and_another_one_replaces_it(company: Company) -> None:
    body = made(company.admin)
    address = f"{ADDRESS}/{body['id']}"
    status, answer = company.admin.patch(address, {"name": "Renamed", "fields": {"api_key": ""}})
    assert (status, answer["name"], answer["hints"]) == (200, "Renamed", {"api_key": "…4f2a"})
    assert credentials.read(company.workspace.pk, row(body).pk, "test") == {"api_key": SECRET}
    status, answer = company.admin.patch(address, {"fields": {"api_key": "another-key-9999"}})
    assert answer["hints"] == {"api_key": "…9999"}
    assert credentials.read(company.workspace.pk, row(body).pk, "test") == {"api_key": "another-key-9999"}


def test_a_kept_secret_does_not_follow_to_another_address(company: Company) -> None:
    """Else whoever may change a credential could have its secret sent to a server of their own."""
    body = made(company.admin, "bearer_token", token=SECRET, hosts="api.example.com")
    address = f"{ADDRESS}/{body['id']}"
    status, answer = company.admin.patch(address, {"fields": {"hosts": "api.example.com\nevil.example.net"}})
    assert (status, list(answer["error"]["fields"])) == (400, ["fields.token"])
    assert company.admin.patch(address, {"fields": {"hosts": "evil.example.net", "token": "entered-anew"}})[0] == 200
    server = made(company.admin, "openai_compatible", "Server", base_url="https://one.example/v1", api_key=SECRET)
    assert company.admin.patch(f"{ADDRESS}/{server['id']}", {"fields": {"base_url": "https://two.example"}})[0] == 400


def test_a_name_is_given_once_and_again_after_deletion(company: Company) -> None:
    first = made(company.admin)
    assert list(refused(company.admin, {"type": "openai", "name": "Ours", "fields": {"api_key": SECRET}})) == ["name"]
    assert company.admin.delete(f"{ADDRESS}/{first['id']}")[0] == 204
    made(company.admin)
    assert company.admin.post(f"{ADDRESS}/{first['id']}/restore")[0] == 409


def test_a_deleted_credential_is_out_of_use_and_comes_back_whole(company: Company) -> None:
    body = made(company.admin)
    address = f"{ADDRESS}/{body['id']}"
    company.admin.delete(address)
    with pytest.raises(NotFound):
        credentials.read(company.workspace.pk, UUID(body["id"]), "test")
    assert company.admin.get(address)[0] == company.admin.delete(address)[0] == 404
    status, answer = company.admin.post(f"{address}/restore")
    assert (status, answer["name"]) == (200, "Ours")
    assert credentials.read(company.workspace.pk, UUID(body["id"]), "test")["api_key"] == SECRET
    assert actions(company) == [f"credential.{word}" for word in ("created", "deleted", "restored", "read")]


@pytest.mark.parametrize(
    ("name", "reads", "writes"),
    [("admin", 200, 201), ("editor", 200, 403), ("viewer", 403, 403), ("anonymous", 401, 401)],
)
def test_editors_see_and_admins_write(company: Company, name: str, reads: int, writes: int) -> None:
    caller = getattr(company, name)
    assert caller.get(ADDRESS)[0] == reads
    body = {"type": "openai", "name": "Ours", "fields": {"api_key": SECRET}}
    assert caller.post(ADDRESS, body)[0] == writes


def test_a_stranger_learns_nothing(company: Company) -> None:
    body = made(company.admin)
    for path in ("", "/test", "/restore"):
        for method in ("GET", "PATCH", "DELETE") if not path else ("POST",):
            theirs = company.outsider.send(method, f"{ADDRESS}/{body['id']}{path}", {} if method == "PATCH" else None)
            random = company.outsider.send(
                method, f"{ADDRESS}/00000000-0000-4000-8000-000000000001{path}", {} if method == "PATCH" else None
            )
            assert theirs[0] == random[0] == 404
            assert without_request_id(theirs[1]) == without_request_id(random[1])


def test_every_read_is_audited_with_its_purpose_and_no_entry_holds_a_secret(company: Company) -> None:
    body = made(company.admin)
    credentials.read(company.workspace.pk, row(body).pk, "a tool: http_request")
    first = row(body).last_used_at
    credentials.read(company.workspace.pk, row(body).pk, "again")
    entries = AuditEntry.objects.filter(workspace_id=company.workspace.pk, action="credential.read").order_by("seq")
    assert [(entry.after or {})["purpose"] for entry in entries] == ["a tool: http_request", "again"]
    assert first is not None
    assert row(body).last_used_at == first, "the last use is noted once a minute"
    assert SECRET not in " ".join(str(entry.__dict__) for entry in AuditEntry.objects.all())


def test_a_worker_opens_no_key_it_did_not_ask_for(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_policies(monkeypatch)
    made(company.admin)
    made(stocked_company().admin)
    assert connection.connection is not None
    asked = ask_keys([company.workspace.pk], connection.connection.execute)
    assert set(read_keys(asked)) == {company.workspace.pk}
