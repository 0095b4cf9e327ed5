"""Clerk's cookie at the pages: a good one signs in, a wrong one is told so, and there is always a way on."""

import time
from typing import Any

import pytest
from django.test import Client

from workspaces.models import AuditEntry, User, Workspace
from workspaces.services import create_personal_workspace
from workspaces.tests.clerk_kit import Instance, instance

__all__ = ["instance"]
pytestmark = pytest.mark.django_db


def with_cookie(token: str, **options: Any) -> Client:
    client = Client(**options)
    client.cookies["__session"] = token
    return client


def home(sub: str) -> str:
    """The address of the person's own workspace."""
    return f"/w/{Workspace.objects.get(memberships__user__clerk_id=sub).slug}/"


@pytest.fixture
def ines() -> User:
    """Somebody with a password here, and no Clerk."""
    user = User.objects.create_user("ines@example.org", "kitchen-pass-1", name="Ines")
    create_personal_workspace(user=user)
    return user


def test_a_good_cookie_or_header_signs_a_page_in(instance: Instance) -> None:
    browser = with_cookie(instance.token("user_ada"))
    assert browser.get("/").status_code == 302
    assert browser.get(home("user_ada")).status_code == 200
    assert "sessionid" not in browser.cookies
    by_header = Client(headers={"Authorization": f"Bearer {instance.token('user_ada')}"})
    assert by_header.get(home("user_ada")).status_code == 200


@pytest.mark.parametrize("path", ["", "2fa/", "sessions/", "email/", "password/change/", "password/set/", "delete/"])
def test_the_account_pages_work_without_a_session_of_ours(instance: Instance, path: str) -> None:
    browser = with_cookie(instance.token("user_ada"))
    assert browser.get(f"/accounts/{path}").status_code in {200, 302}


def test_another_persons_page_is_404(instance: Instance) -> None:
    with_cookie(instance.token("user_eve")).get("/")
    assert with_cookie(instance.token("user_ada")).get(home("user_eve")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/w/anything/", "/w/anything/agents/?page=2", "/accounts/password/change/"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_a_stale_cookie_is_a_401_page_and_no_redirect(
    instance: Instance, ines: User, path: str, signed_in: bool
) -> None:
    browser = with_cookie(instance.token("user_ada", exp=int(time.time()) - 30))
    if signed_in:
        browser.force_login(ines)
    response = browser.get(path)
    assert response.status_code == 401
    text = response.content.decode()
    assert "This Clerk token has expired." in text
    assert 'href="/accounts/login/?next=' in text
    assert "Content-Security-Policy" in response.headers


def test_the_sign_in_page_forgets_a_stale_cookie(instance: Instance, ines: User) -> None:
    browser = with_cookie(instance.token("user_ada", exp=int(time.time()) - 30))
    response = browser.get("/accounts/login/?next=/w/ines/")
    assert response.status_code == 200
    assert response.cookies["__session"]["max-age"] == 0
    answer = browser.post("/accounts/login/", {"login": ines.email, "password": "kitchen-pass-1"}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain
    assert answer.wsgi_request.user == ines


def test_one_person_here_and_another_at_clerk_is_401_with_a_way_on(instance: Instance, ines: User) -> None:
    browser = with_cookie(instance.token("user_ada"))
    browser.force_login(ines)
    response = browser.get("/")
    assert (response.status_code, b"as another" in response.content) == (401, True)
    chosen = browser.get("/accounts/login/", follow=True)
    assert (chosen.status_code, chosen.wsgi_request.user) == (200, ines)


def test_the_same_person_twice_is_fine(instance: Instance, ines: User) -> None:
    ines.clerk_id = "user_ines"
    ines.save()
    browser = with_cookie(instance.token("user_ines"))
    browser.force_login(ines)
    assert browser.get(home("user_ines")).status_code == 200


def test_signing_out_forgets_clerks_cookie(instance: Instance) -> None:
    browser = with_cookie(instance.token("user_ada"))
    browser.get("/")
    response = browser.post("/accounts/logout/")
    assert response.status_code == 302
    assert response.cookies["__session"]["max-age"] == 0


def test_a_form_by_cookie_needs_its_csrf_token(instance: Instance) -> None:
    browser = with_cookie(instance.token("user_ada"), enforce_csrf_checks=True)
    browser.get("/")
    assert browser.post(f"{home('user_ada')}agents/new/", {"name": "Quill"}).status_code == 403


@pytest.mark.parametrize(("path", "expected"), [("/health", 200), ("/api/schema/", 401), ("/api/webhooks/clerk", 405)])
def test_each_door_judges_the_cookie_itself(instance: Instance, path: str, expected: int) -> None:
    assert with_cookie("stale").get(path).status_code == expected


def test_a_fragment_with_a_stale_cookie_leads_to_the_sign_in(instance: Instance) -> None:
    response = with_cookie("stale").get("/w/x/agents/", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/accounts/login/")


def test_a_page_says_in_the_audit_log_how_one_came_in(instance: Instance) -> None:
    token = instance.token("user_ada", act={"iss": "https://dashboard.clerk.com", "sub": "user_support"})
    browser = with_cookie(token)
    browser.get("/")
    fields = {"name": "Ada's kitchen", "slug": home("user_ada").split("/")[2]}
    assert browser.post(f"{home('user_ada')}settings/", fields).status_code == 302
    entry = AuditEntry.objects.get(action="workspace.updated")
    assert entry.actor_id == User.objects.get(clerk_id="user_ada").pk
    assert (entry.via, entry.credential) == ("clerk", "sess_2aBcD, used by user_support")


def test_without_clerk_its_cookie_means_nothing(settings: Any, ines: User) -> None:
    browser = with_cookie("stale")
    browser.force_login(ines)
    assert browser.get("/", follow=True).status_code == 200
