"""API keys: made, listed, revoked, and printed by the command."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from workspaces.api_keys.services import key_hash
from workspaces.models import ApiKey, Membership, Role, Workspace
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def keys(company: Company) -> str:
    return f"/api/workspaces/{company.workspace.pk}/api-keys"


def test_a_new_key_works_is_shown_once_and_kept_as_a_hash(company: Company) -> None:
    status, made = company.admin.post(keys(company), {"name": "CI", "role": "viewer"})
    assert status == 201
    assert Caller(made["key"]).get("/api/agents")[0] == 200
    listed = company.admin.get(keys(company))[1]["items"]
    assert made["prefix"] in [item["prefix"] for item in listed]
    assert all("key" not in item for item in listed)
    assert not ApiKey.objects.filter(key_hash__contains=made["key"]).exists()


def test_a_revoked_key_is_gone(company: Company) -> None:
    made = company.admin.post(keys(company), {"name": "CI"})[1]
    assert company.admin.delete(f"{keys(company)}/{made['id']}")[0] == 204
    assert Caller(made["key"]).get("/api/me")[0] == 401
    assert company.admin.delete(f"{keys(company)}/{made['id']}")[0] == 404


def test_a_key_cannot_make_a_stronger_one(company: Company) -> None:
    assert company.admin.post(keys(company), {"name": "Up", "role": "owner"})[0] == 403
    assert company.admin.post(keys(company), {"name": "Same", "role": "admin"})[0] == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "A", "role": "king"}, "role"),
        ({"name": "A", "scopes": ["everything"]}, "scopes"),
        ({"name": "A", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "A", "expires_at": "soon"}, "expires_at"),
        ({"name": "A", "rolle": "admin"}, "rolle"),
    ],
)
def test_a_bad_key_request_names_the_field(company: Company, body: dict[str, object], field: str) -> None:
    status, answer = company.admin.post(keys(company), body)
    assert status == 400
    assert field in answer["error"]["fields"]


def test_a_key_sees_only_its_own_workspace(company: Company) -> None:
    assert [w["id"] for w in company.viewer.get("/api/me")[1]["workspaces"]] == [str(company.workspace.pk)]
    assert company.owner.post("/api/workspaces", {"name": "More"})[0] == 403


def run(*args: str) -> str:
    out = StringIO()
    call_command("apikey", *args, stdout=out)
    return out.getvalue().strip()


def test_the_command_makes_what_is_missing_and_prints_the_key_alone() -> None:
    key = run("--email", "New@Example.org", "--workspace", "fresh", "--role", "viewer")
    assert ApiKey.objects.get(key_hash=key_hash(key)).role == Role.VIEWER
    assert Workspace.objects.get(slug="fresh").memberships.get().role == Role.OWNER
    assert Caller(key).get("/api/agents")[0] == 200
    assert Caller(key).post("/api/agents", {"name": "A"})[0] == 403


def test_the_command_gives_a_second_person_the_role_asked_for() -> None:
    run("--email", "a@example.org", "--workspace", "team", "--role", "owner")
    run("--email", "b@example.org", "--workspace", "team", "--role", "editor", "--scope", "agents:read")
    assert Membership.objects.get(user__email="b@example.org").role == Role.EDITOR


def test_the_command_makes_somebody_of_another_workspace_a_member() -> None:
    for workspace in ("team", "other"):
        run("--email", f"{workspace}@example.org", "--workspace", workspace, "--role", "owner")
        run("--email", "b@example.org", "--workspace", workspace, "--role", "editor")
    assert Membership.objects.filter(user__email="b@example.org").count() == 2


@pytest.mark.parametrize(
    "args",
    [
        ("--email", "nonsense", "--workspace", "team", "--role", "owner"),
        ("--email", "a@example.org", "--workspace", "Not a slug!", "--role", "owner"),
        ("--email", "a@example.org", "--workspace", "team", "--role", "king"),
        ("--email", "a@example.org", "--workspace", "team", "--role", "owner", "--scope", "all"),
    ],
)
def test_the_command_refuses_nonsense(args: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*args)
