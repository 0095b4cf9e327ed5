"""Who gets in at the API, where to, and what they may do there."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from workspaces.api_keys.services import create_api_key, key_hash
from workspaces.models import ApiKey, Membership, Role
from workspaces.services import create_workspace, set_role
from workspaces.tests.rest import Caller, Company, key_of, without_request_id

pytestmark = pytest.mark.django_db
ROUTES = ["me", "workspaces", "agents", "personas", "models", "workflow-recipes", "executions"]


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_credential_it_is_401_with_the_way_in(route: str) -> None:
    response = Client().get(f"/api/{route}")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("ApiKey")
    assert response.json()["error"]["code"] == "not_signed_in"
    assert response.headers["X-Request-ID"] == response.json()["error"]["request_id"]


@pytest.mark.parametrize("route", ROUTES)
def test_every_member_reads(company: Company, route: str) -> None:
    for caller in (company.owner, company.admin, company.editor, company.viewer):
        assert caller.get(f"/api/{route}")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X_API_Key": "wrong"},
        {"X_API_Key": ""},
        {"Authorization": "ApiKey wrong"},
        {"Authorization": "Bearer something"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "ApiKey"},
    ],
)
def test_a_wrong_credential_is_401_even_beside_a_good_session(company: Company, headers: dict[str, str]) -> None:
    browser = Client()
    browser.force_login(company.people[Role.OWNER])
    assert Caller(client=browser).get("/api/me")[0] == 200
    assert Caller(client=browser).get("/api/me", **headers)[0] == 401


def test_a_key_is_taken_in_every_form_but_not_two_different_ones(company: Company) -> None:
    nobody, key = company.anonymous, company.viewer.key
    assert nobody.get("/api/me", Authorization=f"ApiKey {key}")[0] == 200
    assert nobody.get("/api/me", Authorization=f"apikey {key}", X_API_Key=key)[0] == 200
    assert nobody.get("/api/me", Authorization=f"Bearer {key}")[0] == 200
    assert nobody.get("/api/me", Authorization=f"Bearer {key}", X_API_Key=company.owner.key)[0] == 401
    assert nobody.get("/api/me", Authorization=f"ApiKey {key}", X_API_Key=company.owner.key)[0] == 401


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
def test_a_revoked_or_expired_key_is_401(company: Company, change: str) -> None:
    past = timezone.now() - timedelta(seconds=1)
    ApiKey.objects.filter(key_hash=key_hash(company.viewer.key)).update(**{change: past})
    assert company.viewer.get("/api/me")[0] == 401


def test_the_key_of_a_deactivated_person_is_401(company: Company) -> None:
    company.people[Role.VIEWER].is_active = False
    company.people[Role.VIEWER].save()
    assert company.viewer.get("/api/me")[0] == 401


def test_a_former_members_key_opens_nothing(company: Company) -> None:
    Membership.objects.filter(user=company.people[Role.VIEWER]).delete()
    assert company.viewer.get("/api/agents")[0] == 404


def test_the_time_of_use_is_noted_at_most_once_a_minute(company: Company) -> None:
    rows = ApiKey.objects.filter(key_hash=key_hash(company.viewer.key))
    company.viewer.get("/api/me")
    first = rows.get().last_used_at
    company.viewer.get("/api/me")
    assert first is not None
    assert rows.get().last_used_at == first
    rows.update(last_used_at=first - timedelta(minutes=2))
    company.viewer.get("/api/me")
    later = rows.get().last_used_at
    assert later is not None
    assert later >= first


def test_a_session_changes_nothing_without_its_csrf_token(company: Company) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(company.people[Role.EDITOR])
    headers = {"X_Workspace_ID": str(company.workspace.pk)}
    status, body = Caller(client=browser).post("/api/agents", {"name": "A"}, **headers)
    assert (status, body["error"]["code"]) == (403, "not_allowed")
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    assert Caller(client=browser).post("/api/agents", {"name": "A"}, **headers, X_CSRFToken=token)[0] == 201


def test_a_key_never_does_more_than_its_users_role(company: Company) -> None:
    key = Caller(key_of(company.workspace, company.people[Role.EDITOR], Role.EDITOR))
    set_role(workspace=company.workspace, user=company.people[Role.EDITOR], role=Role.VIEWER)
    status, body = key.post("/api/agents", {"name": "A"})
    assert status == 403
    assert "takes editor" in body["error"]["message"]


def test_a_key_does_less_than_its_owner_where_it_has_a_lesser_role(company: Company) -> None:
    key = Caller(key_of(company.workspace, company.people[Role.OWNER], Role.VIEWER))
    assert key.get("/api/agents")[0] == 200
    assert key.post("/api/agents", {"name": "A"})[0] == 403


def test_a_key_opens_no_other_workspace_of_its_user(company: Company) -> None:
    other = create_workspace(name="Other", owner=company.people[Role.OWNER])
    assert company.owner.get("/api/agents", X_Workspace_ID=str(company.workspace.pk))[0] == 200
    assert company.owner.get("/api/agents", X_Workspace_ID=str(other.pk))[0] == 404
    assert company.owner.get(f"/api/workspaces/{other.pk}")[0] == 404


def test_scopes_narrow_a_key(company: Company) -> None:
    _, text = create_api_key(
        workspace=company.workspace, user=company.people[Role.OWNER], name="R", role="owner", scopes=["agents:read"]
    )
    assert Caller(text).get("/api/agents")[0] == 200
    status, body = Caller(text).get("/api/workflow-recipes")
    assert status == 403
    assert "recipes:read" in body["error"]["message"]


@pytest.mark.parametrize("how", ["header", "query"])
def test_another_workspace_is_404_like_one_that_never_existed(company: Company, how: str) -> None:
    def ask(workspace_id: object) -> tuple[int, dict[str, object]]:
        if how == "query":
            status, body = company.outsider.get(f"/api/agents?workspace_id={workspace_id}")
        else:
            status, body = company.outsider.get("/api/agents", X_Workspace_ID=str(workspace_id))
        return status, without_request_id(body)

    assert ask(company.workspace.pk) == ask(uuid4())
    assert ask(uuid4())[0] == 404


@pytest.mark.parametrize("bad", ["nonsense", "", "123", "00000000-0000-0000-0000-00000000000g"])
def test_a_malformed_workspace_id_is_400_and_named(company: Company, bad: str) -> None:
    status, body = company.owner.get("/api/agents", X_Workspace_ID=bad)
    assert status == 400
    assert list(body["error"]["fields"]) == ["X-Workspace-ID"]
    status, body = company.owner.get(f"/api/agents?workspace_id={bad}")
    assert (status, list(body["error"]["fields"])) == (400, ["workspace_id"])


def test_a_session_is_in_the_personal_workspace_unless_it_names_one(company: Company) -> None:
    browser = Client()
    browser.force_login(company.stranger)
    shared = create_workspace(name="Shared", owner=company.stranger)
    caller = Caller(client=browser)
    assert caller.post("/api/agents", {"name": "Here"})[0] == 201
    assert caller.get("/api/agents")[1]["total"] == 1
    assert caller.get(f"/api/agents?workspace_id={shared.pk}")[1]["total"] == 0


WRITES = [
    ("POST", "/api/agents", "editor"),
    ("PATCH", "/api/agents/{agent}", "editor"),
    ("PUT", "/api/agents/{agent}/persona", "editor"),
    ("POST", "/api/agents/{agent}/status", "editor"),
    ("DELETE", "/api/agents/{agent}", "admin"),
    ("POST", "/api/workflow-recipes", "editor"),
    ("PATCH", "/api/workflow-recipes/{recipe}", "editor"),
    ("POST", "/api/workflow-recipes/{recipe}/execute", "editor"),
    ("DELETE", "/api/workflow-recipes/{recipe}", "admin"),
    ("POST", "/api/workspaces/{workspace}/api-keys", "admin"),
]


@pytest.mark.parametrize(("method", "path", "needed"), WRITES)
def test_a_role_too_low_is_403_naming_the_role_and_a_stranger_gets_404(
    company: Company, method: str, path: str, needed: str
) -> None:
    recipe = company.recipe("Hi")
    agent = recipe["steps"][0]["agent_id"]
    address = path.format(agent=agent, recipe=recipe["template_id"], workspace=company.workspace.pk)
    refused = [company.viewer] if needed == "editor" else [company.viewer, company.editor]
    for caller in refused:
        status, body = caller.send(method, address, {})
        assert status == 403
        assert f"takes {needed}" in body["error"]["message"]
    if "{" in path:
        status, body = company.outsider.send(method, address, {})
        unknown = path.format(agent=uuid4(), recipe="no-such-recipe", workspace=uuid4())
        assert status == 404
        assert without_request_id(body) == without_request_id(company.outsider.send(method, unknown, {})[1])
