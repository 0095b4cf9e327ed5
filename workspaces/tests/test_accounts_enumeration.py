"""Nobody learns from sign-up, sign-in or a reset which addresses have an account; who has the address does, by mail."""

import re
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.test import Client

from workspaces.models import Role, User
from workspaces.tests.account_kit import PASSWORD, is_signed_in, person
from workspaces.tests.rest import key_of

pytestmark = pytest.mark.django_db
FREE = "nora@example.com"


@pytest.fixture
def ines() -> User:
    return person()


@pytest.fixture(autouse=True)
def mail_goes_out(settings: Any) -> None:
    """As with EMAIL_URL set."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def seen(path: str, email: str, **more: str) -> tuple[Any, ...]:
    """All that the answer to a form shows: status, address, cookies, page; what differs each time is left out."""
    client = Client()
    answer: Any = client.post(path, {"email": email, "login": email, **more})
    place = answer.headers.get("Location", "")
    page = (client.get(place) if place else answer).content.decode().replace(email.lower(), "…")
    page = re.sub(r"[A-Za-z0-9]{20,}", "", page)
    return answer.status_code, place, sorted(client.cookies), page


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_sign_up_looks_the_same_with_a_taken_address(ines: User, confirmed: bool) -> None:
    EmailAddress.objects.update(verified=confirmed)
    taken = seen("/accounts/signup/", "INES@example.com", password1=PASSWORD)
    free = seen("/accounts/signup/", "NORA@example.com", password1=PASSWORD)
    assert taken == free
    assert taken[:2] == (302, "/accounts/confirm-email/")
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ines@example.com"], "[testserver] You have an account already"),
        (["nora@example.com"], "[testserver] Confirm your e-mail address"),
    ]
    assert "http://testserver/accounts/password/reset/" in str(mail.outbox[0].body)
    ines.refresh_from_db()
    assert ines.check_password(PASSWORD)
    assert User.objects.count() == 2


def test_a_taken_address_costs_a_password_hash_too(ines: User, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    hashed: list[str] = []
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    whole = PBKDF2PasswordHasher.encode

    def noted(self: PBKDF2PasswordHasher, password: str, *more: Any) -> str:
        hashed.append(password)
        return whole(self, password, *more)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", noted)
    for email in (ines.email, FREE):
        seen("/accounts/signup/", email, password1=PASSWORD)
        assert hashed == [PASSWORD]
        hashed.clear()


def test_an_account_opens_with_its_link_and_goes_on_where_it_was_asked_for() -> None:
    client, elsewhere = Client(), Client()
    client.post("/accounts/signup/?next=/invitations/abc/", {"email": FREE, "password1": PASSWORD})
    link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", str(mail.outbox[0].body))
    assert link
    assert not is_signed_in(client)
    signed_in = elsewhere.post("/accounts/login/", {"login": FREE, "password": PASSWORD})
    assert signed_in.headers["Location"] == "/accounts/confirm-email/"
    assert len(mail.outbox) == 2
    answer = client.post(link.group(1))
    assert answer.headers["Location"] == "/invitations/abc/"
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    signed_in = elsewhere.post("/accounts/login/", {"login": FREE, "password": PASSWORD})
    assert is_signed_in(elsewhere)


def test_a_reset_and_a_sign_in_look_the_same_for_an_unknown_address(ines: User) -> None:
    assert seen("/accounts/password/reset/", ines.email) == seen("/accounts/password/reset/", FREE)
    assert [message.to for message in mail.outbox] == [[ines.email], [FREE]]
    assert "There is no account with this address" in mail.outbox[1].subject
    wrong = {"password": "wrong-wrong"}
    assert seen("/accounts/login/", ines.email, **wrong) == seen("/accounts/login/", FREE, **wrong)


@pytest.mark.parametrize("path", ["signup/", "password/reset/"])
def test_a_mail_server_that_is_down_tells_nothing_either(
    ines: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> int:
        raise SMTPServerDisconnected("no server")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", down)
    taken, free = (seen(f"/accounts/{path}", email, password1=PASSWORD) for email in (ines.email, FREE))
    assert taken == free
    assert taken[0] == 503


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_reset_ends_the_keys_made_before_the_address_was_confirmed(ines: User, confirmed: bool) -> None:
    EmailAddress.objects.update(verified=confirmed)
    key = key_of(ines.workspaces.get(), ines, Role.OWNER)
    Client().post("/accounts/password/reset/", {"email": ines.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    owner = Client()
    form = owner.get(link.group(1), follow=True).redirect_chain[-1][0]
    owner.post(form, {"password1": "another-kitchen-word", "password2": "another-kitchen-word"})
    assert Client(headers={"X-API-Key": key}).get("/api/me").status_code == (200 if confirmed else 401)


def test_mail_about_one_address_is_limited(ines: User) -> None:
    statuses = [seen("/accounts/signup/", ines.email, password1=PASSWORD)[0] for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    assert len(mail.outbox) == 5
