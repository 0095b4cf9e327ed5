"""Open access: everybody on this machine is let in, nobody else, no other site's page, and never silently."""

import os
import subprocess
import sys

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from automatos.local.addresses import PROJECT
from workspaces.doors.installation import OPEN_ACCESS_ID
from workspaces.models import AuditEntry, Membership, Role, User
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db

HOST = "localhost:8000"
OTHER_SITE = "https://evil.example"


@pytest.fixture
def anyone(settings: Settings) -> Client:
    """A browser on this machine that brings no credential."""
    settings.REQUIRE_AUTH = False
    return Client(enforce_csrf_checks=True, headers={"Host": HOST})


def test_a_page_and_the_api_open_without_a_credential(anyone: Client) -> None:
    landed = anyone.get("/", follow=True)
    assert landed.status_code == 200
    assert "Open access: anyone who reaches this address" in landed.content.decode()
    assert landed.headers["X-Open-Access"] == "true"
    made = anyone.post("/api/agents", {"name": "Quill"}, content_type="application/json")
    assert (made.status_code, made.headers["X-Open-Access"]) == (201, "true")
    member = Membership.objects.get(user_id=OPEN_ACCESS_ID)
    assert (member.role, str(member.workspace_id)) == (Role.OWNER, "00000000-0000-0000-0000-000000000000")


def test_what_is_done_is_on_record_as_open(anyone: Client) -> None:
    workspace = anyone.get("/api/me").json()["workspaces"][0]
    path = f"/api/workspaces/{workspace['id']}/api-keys"
    assert anyone.post(path, {"name": "CI"}, content_type="application/json").status_code == 201
    entry = AuditEntry.objects.get(action="api_key.created")
    assert (entry.via, entry.actor_id) == ("open", OPEN_ACCESS_ID)


def test_the_named_workspace_is_the_one_that_opens(anyone: Client, settings: Settings) -> None:
    company = Company()
    settings.WORKSPACE_ID = company.workspace.pk
    assert anyone.get("/", follow=True).redirect_chain[-1][0] == f"/w/{company.workspace.slug}/"
    assert anyone.get(f"/w/{company.elsewhere.slug}/").status_code == 404


def test_another_workspace_named_later_opens_too(anyone: Client, settings: Settings) -> None:
    for company in (Company(), Company()):
        settings.WORKSPACE_ID = company.workspace.pk
        assert anyone.get(f"/w/{company.workspace.slug}/").status_code == 200
    assert Membership.objects.filter(user_id=OPEN_ACCESS_ID, role=Role.OWNER).count() == 2


def test_with_sign_in_required_nothing_is_open(client: Client) -> None:
    assert client.get("/api/me").status_code == 401
    assert "X-Open-Access" not in client.get("/").headers
    assert not User.objects.filter(pk=OPEN_ACCESS_ID).exists()


@pytest.mark.parametrize(
    "credential", [{"X-API-Key": "atm_wrong"}, {"X-API-Key": ""}, {"Authorization": "Bearer x"}, {"Authorization": "x"}]
)
def test_a_wrong_credential_never_falls_through(anyone: Client, credential: dict[str, str]) -> None:
    assert anyone.get("/api/me", headers=credential).status_code == 401


def test_a_right_credential_is_itself(anyone: Client) -> None:
    company = Company()
    me = anyone.get("/api/me", headers={"X-API-Key": company.viewer.key}).json()
    assert me["email"] == company.people[Role.VIEWER].email


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"HTTP_HOST": "testserver"},
    ],
)
def test_other_machines_have_to_sign_in_until_the_operator_consents(
    anyone: Client, settings: Settings, meta: dict[str, str]
) -> None:
    anyone.defaults.update(meta)
    assert anyone.get("/api/me").status_code == 401
    settings.OPEN_ACCESS_CONSENT = True
    assert anyone.get("/api/me").status_code == 200


@pytest.mark.parametrize("consent", [False, True])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": OTHER_SITE},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_drive_it(
    anyone: Client, settings: Settings, headers: dict[str, str], consent: bool
) -> None:
    settings.OPEN_ACCESS_CONSENT = consent
    assert anyone.get("/api/me", headers=headers).status_code == 401
    posted = anyone.post("/api/agents", {"name": "Theirs"}, content_type="application/json", headers=headers)
    assert posted.status_code == 401


def test_a_form_of_another_site_is_refused_and_a_link_is_followed(anyone: Client) -> None:
    home = anyone.get("/").headers["Location"]
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert anyone.get(home, headers=link).status_code == 200
    forged = anyone.post(f"{home}agents/new/", {"name": "Theirs"}, headers={"Origin": OTHER_SITE})
    assert forged.status_code == 403
    assert anyone.post(f"{home}agents/new/", {"name": "Theirs"}).status_code == 403


def test_a_foreign_name_that_points_here_is_refused(anyone: Client) -> None:
    assert anyone.get("/api/me", headers={"Host": "evil.example"}).status_code == 400
    assert anyone.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_the_account_area_and_the_admin_are_not_open(anyone: Client) -> None:
    assert anyone.get("/accounts/").status_code == 302
    assert anyone.get("/admin/").status_code == 302


def started(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A web server told to start; it stops at once either way, since its port cannot be listened on."""
    command = [sys.executable, "-m", "uvicorn", "automatos.asgi:application", "--lifespan", "off", *arguments]
    given = {**os.environ, "REQUIRE_AUTH": "false", **environment}
    return subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--host", "0.0.0.0"), ("--host=::",), ("--uds", "/nowhere/socket")])
def test_a_server_for_other_machines_does_not_start_without_consent(arguments: tuple[str, ...]) -> None:
    ended = started(*arguments)
    assert ended.returncode == 1
    assert "REQUIRE_AUTH is false, and the server listens to other machines" in ended.stderr
    assert "OPEN_ACCESS_CONSENT=true" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_server_with_a_public_address_does_not_start_without_consent() -> None:
    ended = started("--host", "127.0.0.1", PUBLIC_URL="https://kitchen.example", ALLOWED_HOSTS="kitchen.example")
    assert ended.returncode == 1
    assert "REQUIRE_AUTH is false, and PUBLIC_URL says that others reach the server" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_any_host_name_is_refused_beside_open_access() -> None:
    ended = started("--host", "127.0.0.1", ALLOWED_HOSTS="*")
    assert ended.returncode == 1
    assert ended.stderr.startswith("ALLOWED_HOSTS takes any name")
