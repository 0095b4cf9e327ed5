"""Refusals on pages and at unknown addresses: the right status, what to do, and when to come back."""

import pytest
from django.test import Client

from workspaces.api_keys.services import create_api_key
from workspaces.limits.plans import PLANS
from workspaces.models import Role, User, Workspace
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def browser(company: Company, role: Role) -> Client:
    client = Client()
    client.force_login(company.people[role])
    return client


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("with_key", [True, False])
def test_an_unknown_address_of_the_api_is_404_by_every_method(company: Company, method: str, with_key: bool) -> None:
    client = Client(enforce_csrf_checks=True)
    key = create_api_key(workspace=company.workspace, user=company.people[Role.OWNER], name="T", role="viewer")[1]
    answer = getattr(client, method)("/api/nothing/here", headers={"X-API-Key": key} if with_key else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_page_refused_for_too_much_at_once_says_when_to_come_back(company: Company) -> None:
    admin = browser(company, Role.ADMIN)
    address = f"/w/{company.workspace.slug}/settings/members/invite/"
    for _ in range(5):
        assert admin.post(address, {"email": "nora@example.net", "role": "viewer"}).status_code == 200
    for headers in ({}, {"HX-Request": "true"}):
        refused = admin.post(address, {"email": "nora@example.net", "role": "viewer"}, headers=headers)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert admin.post(address, {"email": "otto@example.net", "role": "viewer"}).status_code == 200


def test_the_lists_say_that_the_plan_is_full_before_the_form(company: Company) -> None:
    Workspace.objects.filter(pk=company.workspace.pk).update(plan="free")
    editor = browser(company, Role.EDITOR)
    home = f"/w/{company.workspace.slug}"
    assert b"The plan Free holds" not in editor.get(f"{home}/agents/").content
    for number in range(PLANS["free"].agents or 0):
        agent = company.agent(name=f"Quill {number}")["id"]
    for _ in range(PLANS["free"].recipes or 0):
        company.recipe("Write", agent_id=agent)
    for what in ("agent", "recipe"):
        page = editor.get(f"{home}/{what}s/").content.decode()
        assert f"The plan Free holds 10 {what}s, and this workspace has 10. Delete a" in page
        assert f"New {what}" not in page


def test_nobody_signs_in_as_somebody_else_through_the_admin_site() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "orange-marmalade-9"))
    index = client.get("/admin/").content.decode()
    assert "/admin/workspaces/user/" in index
    for hidden in ("usersessions/usersession", "mfa/authenticator"):
        assert hidden not in index
        assert client.get(f"/admin/{hidden}/").status_code == 404
