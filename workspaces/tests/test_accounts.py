"""Accounts, through the pages: sign up, in and out, forget a password."""

import re
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from workspaces.models import Role, User, Workspace
from workspaces.services import create_personal_workspace

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-kitchen-word"


@pytest.fixture
def ines() -> User:
    """A person with a personal workspace and a password."""
    user = User.objects.create_user("ines@example.com", PASSWORD, name="Ines Moreau")
    create_personal_workspace(user=user)
    return user


def test_sign_up_makes_a_personal_workspace_and_leads_there(client: Client) -> None:
    answer = client.post("/accounts/signup/", {"email": "New.Person@example.com", "password1": PASSWORD})
    user = User.objects.get()
    workspace = user.workspaces.get()
    assert workspace.kind == Workspace.Kind.PERSONAL
    assert user.memberships.get().role == Role.OWNER
    assert answer.headers["Location"] == f"/w/{workspace.slug}/"
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("email", "password", "field", "words"),
    [
        ("not-an-address", PASSWORD, "id_email", "valid email"),
        ("", PASSWORD, "id_email", "required"),
        ("a@example.com", "short", "id_password1", "at least 10 characters"),
        ("a@example.com", "password1234", "id_password1", "common"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    client: Client, email: str, password: str, field: str, words: str
) -> None:
    page = client.post("/accounts/signup/", {"email": email, "password1": password}).content.decode()
    error = re.search(rf'id="{field}_error".*?</div>', page, re.S)
    assert error
    assert words in error.group(0)
    assert re.search(rf'<input[^>]*aria-invalid="true"[^>]*id="{field}"', page)
    assert not User.objects.exists()


def test_a_sign_up_that_cannot_get_its_workspace_leaves_no_user(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("no workspace today")

    monkeypatch.setattr("workspaces.accounts.adapter.create_personal_workspace", broken)
    client.raise_request_exception = False
    assert client.post("/accounts/signup/", {"email": "a@example.com", "password1": PASSWORD}).status_code == 500
    assert not User.objects.exists()


def test_sign_in_leads_to_the_own_workspace_and_next_is_honoured(client: Client, ines: User) -> None:
    data = {"login": "INES@example.com", "password": PASSWORD}
    home = f"/w/{ines.workspaces.get().slug}/"
    assert client.post("/accounts/login/", data).headers["Location"] == home
    client.post("/accounts/logout/")
    assert client.post(f"/accounts/login/?next={home}agents/", data).headers["Location"] == f"{home}agents/"


def test_a_next_address_elsewhere_is_not_followed(client: Client, ines: User) -> None:
    data = {"login": ines.email, "password": PASSWORD}
    answer = client.post("/accounts/login/?next=https://evil.example/", data)
    assert answer.headers["Location"] == f"/w/{ines.workspaces.get().slug}/"


def test_a_wrong_password_is_said_without_naming_which_was_wrong(client: Client, ines: User) -> None:
    known = client.post("/accounts/login/", {"login": ines.email, "password": "wrong-wrong"})
    unknown = client.post("/accounts/login/", {"login": "nobody@example.com", "password": "wrong-wrong"})
    texts = [re.search(r'role="alert".*?<div>(.*?)</div>', page.content.decode(), re.S) for page in (known, unknown)]
    assert all(texts)
    assert texts[0].group(1) == texts[1].group(1)  # type: ignore[union-attr]


def test_sign_out_asks_first_and_then_ends_the_session(client: Client, ines: User) -> None:
    client.force_login(ines)
    assert b"Sign out?" in client.get("/accounts/logout/").content
    client.post("/accounts/logout/")
    assert client.get(f"/w/{ines.workspaces.get().slug}/").status_code == 302


def test_a_forgotten_password_is_replaced_by_the_mailed_link_once(client: Client, ines: User) -> None:
    client.post("/accounts/password/reset/", {"email": ines.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    form = client.get(link.group(1), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "another-kitchen-word", "password2": "another-kitchen-word"})
    ines.refresh_from_db()
    assert ines.check_password("another-kitchen-word")
    assert b"does not work any more" in Client().get(link.group(1), follow=True).content


def test_a_reset_says_the_same_whether_the_address_is_known_or_not(
    client: Client, ines: User, settings: Settings
) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    answers = [
        client.post("/accounts/password/reset/", {"email": email}, follow=True).content
        for email in (ines.email, "nobody@example.com")
    ]
    assert b"on its way" in answers[0]
    assert b"on its way" in answers[1]


def test_a_mail_server_that_is_down_stops_a_reset_with_words_but_not_a_sign_up(
    client: Client, ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> int:
        raise SMTPServerDisconnected("no server")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", down)
    reset = client.post("/accounts/password/reset/", {"email": ines.email})
    assert reset.status_code == 503
    assert b"mail server does not answer" in reset.content
    assert client.post("/accounts/signup/", {"email": "b@example.com", "password1": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    "page", ["login", "signup", "password/reset", "password/reset/done", "password/reset/key/done", "confirm-email"]
)
def test_every_account_page_is_in_our_frame(client: Client, page: str) -> None:
    answer = client.get(f"/accounts/{page}/")
    assert answer.status_code == 200
    assert b"front-bar" in answer.content
