"""ORCHESTRATOR_API_KEY: one key of the environment, bound to one workspace, acting as a user of its own."""

import pytest
from pytest_django.fixtures import Settings

from workspaces.doors.installation import ORCHESTRATOR_ID
from workspaces.models import AuditEntry, Membership, Role, User
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db

KEY = "an-orchestrators-key-of-many-characters"


@pytest.fixture
def company(settings: Settings) -> Company:
    company = Company()
    settings.ORCHESTRATOR_API_KEY = KEY
    settings.WORKSPACE_ID = company.workspace.pk
    return company


def test_it_opens_its_workspace_as_editor(company: Company) -> None:
    caller = Caller(KEY)
    status, me = caller.get("/api/me")
    assert (status, me["name"]) == (200, "Orchestrator")
    assert [(one["id"], one["role"]) for one in me["workspaces"]] == [(str(company.workspace.pk), "editor")]
    status, agent = caller.post("/api/agents", {"name": "Quill"})
    assert status == 201
    assert caller.delete(f"/api/agents/{agent['id']}")[0] == 403
    assert Caller("").send("GET", "/api/me", Authorization=f"ApiKey {KEY}")[0] == 200


def test_it_opens_no_other_workspace(company: Company) -> None:
    other = str(company.elsewhere.pk)
    assert Caller(KEY).get("/api/agents", X_Workspace_ID=other)[0] == 404
    assert Caller(KEY).get(f"/api/workspaces/{other}")[0] == 404


@pytest.mark.parametrize("wrong", [KEY[:-1], KEY + "x", KEY.upper(), "", "null"])
def test_another_text_is_refused(company: Company, wrong: str) -> None:
    caller = Caller()
    assert caller.get("/api/me", X_API_Key=wrong)[0] == 401


def test_without_the_setting_nothing_is_opened(company: Company, settings: Settings) -> None:
    settings.ORCHESTRATOR_API_KEY = ""
    assert Caller().get("/api/me", X_API_Key="")[0] == 401
    assert Caller(KEY).get("/api/me")[0] == 401


def test_a_workspace_that_is_not_there_is_told_with_the_cure(company: Company, settings: Settings) -> None:
    settings.WORKSPACE_ID = settings.DEFAULT_TENANT_ID
    status, body = Caller(KEY).get("/api/agents")
    assert status == 401
    assert "does not exist here. Set WORKSPACE_ID" in body["error"]["message"]


def test_its_user_is_made_once_and_nobody_can_take_its_place(company: Company) -> None:
    User.objects.create_user("orchestrator@automatos.invalid", "correct horse battery")
    for _ in range(2):
        assert Caller(KEY).get("/api/me")[0] == 200
    user = User.objects.get(name="Orchestrator")
    assert (user.pk, user.has_usable_password()) == (ORCHESTRATOR_ID, False)
    assert Membership.objects.get(user=user).workspace_id == company.workspace.pk
    assert AuditEntry.objects.filter(action="member.added", target_id=str(ORCHESTRATOR_ID)).count() == 1


def test_what_an_admin_takes_from_its_user_stays_taken(company: Company) -> None:
    assert Caller(KEY).get("/api/me")[0] == 200
    Membership.objects.filter(user_id=ORCHESTRATOR_ID).update(role=Role.VIEWER)
    assert Caller(KEY).post("/api/agents", {"name": "Quill"})[0] == 403
    User.objects.filter(pk=ORCHESTRATOR_ID).update(is_active=False)
    assert Caller(KEY).get("/api/me")[0] == 401
