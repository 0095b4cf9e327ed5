"""The pages of API keys: made and shown once, rotated, changed, revoked; and who may see them."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from workspaces.models import ApiKey, Role
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def browser(company: Company, role: Role = Role.ADMIN) -> Client:
    client = Client()
    client.force_login(company.people[role])
    return client


def home(company: Company) -> str:
    return f"/w/{company.workspace.slug}/settings/keys/"


def shown_key(text: str) -> str:
    found = re.search(r'id="key"[^>]*>(atm_[^<]+)<', text)
    assert found, "no key is shown"
    return found[1]


def test_a_key_is_shown_once_and_works(company: Company) -> None:
    admin = browser(company)
    typed = {"name": "Nightly build", "role": "editor", "expires": "30", "rate_limit": "50", "scopes": ["agents:read"]}
    made = admin.post(f"{home(company)}new/", typed)
    assert made.status_code == 200
    assert "no-store" in made.headers["Cache-Control"]
    key = shown_key(made.content.decode())
    assert Caller(key).get("/api/agents")[0] == 200
    assert Caller(key).get("/api/workflow-recipes")[0] == 403
    listed = admin.get(home(company)).content.decode()
    assert "Nightly build" in listed
    assert "Only agents:read." in listed
    assert "50 requests a minute." in listed
    assert key not in listed
    row = ApiKey.objects.get(name="Nightly build")
    assert row.expires_at is not None


def test_problems_are_told_at_their_fields_and_nothing_typed_is_lost(company: Company) -> None:
    typed = {"name": "", "role": "owner", "rate_limit": "none", "scopes": ["agents:read"]}
    answer = browser(company, Role.OWNER).post(f"{home(company)}new/", typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_name"' in text
    assert 'href="#id_rate_limit"' in text
    assert 'value="agents:read" checked' in text


def test_an_admin_cannot_make_an_owners_key(company: Company) -> None:
    answer = browser(company).post(f"{home(company)}new/", {"name": "Up", "role": "owner"})
    assert answer.status_code == 422
    assert "a key you make cannot do more" in answer.content.decode()


def test_rotating_shows_the_new_key_and_until_when_the_old_one_works(company: Company) -> None:
    admin = browser(company)
    old = shown_key(admin.post(f"{home(company)}new/", {"name": "CI", "role": "viewer"}).content.decode())
    row = ApiKey.objects.get(name="CI")
    text = admin.post(f"{home(company)}{row.pk}/rotate/", {"overlap_hours": "72"}).content.decode()
    assert f"{row.prefix}…</span> works until" in text
    assert [Caller(key).get("/api/agents")[0] for key in (old, shown_key(text))] == [200, 200]
    again = admin.post(f"{home(company)}{row.pk}/rotate/", {"overlap_hours": "72"})
    assert (again.status_code, "took over. Rotate that one." in again.content.decode()) == (422, True)


def test_a_key_is_renamed_and_revoked_after_asking(company: Company) -> None:
    admin = browser(company)
    key = shown_key(admin.post(f"{home(company)}new/", {"name": "CI", "role": "viewer"}).content.decode())
    path = f"{home(company)}{ApiKey.objects.get(name='CI').pk}/"
    assert admin.post(path, {"name": "Build", "rate_limit": ""}).status_code == 302
    assert "Revoke Build?" in admin.get(f"{path}revoke/").content.decode()
    assert Caller(key).get("/api/me")[0] == 200
    assert admin.post(f"{path}revoke/").status_code == 302
    assert Caller(key).get("/api/me")[0] == 401
    assert admin.get(path).status_code == 404


def test_search_narrows_and_an_empty_list_says_what_to_do(company: Company) -> None:
    admin = browser(company)
    admin.post(f"{home(company)}new/", {"name": "Nightly", "role": "viewer"})
    text = admin.get(home(company), {"q": "nightly"}).content.decode()
    assert "1 key<" in text
    assert "No key fits" in admin.get(home(company), {"q": "weekly"}).content.decode()
    ApiKey.objects.all().delete()
    assert "No keys yet" in admin.get(home(company)).content.decode()


def test_others_are_told_whom_to_ask_and_strangers_nothing(company: Company) -> None:
    text = browser(company, Role.EDITOR).get(home(company)).content.decode()
    assert "Admins can see, make and revoke keys. Ask" in text
    assert "atm_" not in text
    assert browser(company, Role.EDITOR).get(f"{home(company)}new/").status_code == 403
    stranger = Client()
    stranger.force_login(company.stranger)
    assert stranger.get(home(company)).status_code == 404
    row = company.workspace.api_keys.all()[0]
    own = f"/w/{company.elsewhere.slug}/settings/keys"
    assert [stranger.get(f"{own}/{pk}/revoke/").status_code for pk in (row.pk, uuid4())] == [404, 404]
