"""A person's addresses, through the pages: confirmed by a mailed link, sent again, changed, removed."""

import re
from smtplib import SMTPServerDisconnected

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings

from workspaces.models import User
from workspaces.tests.account_kit import PASSWORD, confirmed, person, sign_in, with_app

pytestmark = pytest.mark.django_db

NEW = "ines@new.example"


@pytest.fixture
def ines() -> User:
    return person()


def mailed_link() -> str:
    found = re.search(r"http://testserver(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def act(client: Client, email: str, action: str) -> str:
    answer = client.post("/accounts/email/", {"email": email, f"action_{action}": ""}, follow=True)
    return answer.content.decode()


def test_the_link_of_the_sign_up_confirms_the_address() -> None:
    client = Client()
    client.post("/accounts/signup/", {"email": "nora@example.com", "password1": PASSWORD})
    assert "Not confirmed" in client.get("/accounts/").content.decode()
    link = mailed_link()
    # Mail programs open links to look at them: that alone confirms nothing.
    assert "belongs to you?" in client.get(link).content.decode()
    assert not EmailAddress.objects.get().verified
    assert "nora@example.com is confirmed." in client.post(link, follow=True).content.decode()
    assert EmailAddress.objects.get().verified


def test_the_link_is_sent_again_at_once_when_asked_for(settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    client = Client()
    client.post("/accounts/signup/", {"email": "nora@example.com", "password1": PASSWORD})
    assert "A link is on its way to nora@example.com" in act(client, "nora@example.com", "send")
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("app", [False, True])
def test_an_address_is_changed_by_adding_confirming_and_making_it_the_main_one(ines: User, app: bool) -> None:
    client = with_app(ines)[0] if app else confirmed(sign_in(ines))
    assert "Not confirmed" in act(client, NEW, "add")
    assert "Confirm that address first" in act(client, NEW, "primary")
    client.post(mailed_link())
    assert "This is your main address now" in act(client, NEW, "primary")
    ines.refresh_from_db()
    assert ines.email == NEW
    assert "is removed" in act(client, "ines@example.com", "remove")
    # The old address is told, in case it was not Ines who did this.
    assert [message.to for message in mail.outbox if "was changed" in message.subject] == [["ines@example.com"]]
    assert Client().post("/accounts/login/", {"login": NEW, "password": PASSWORD}).status_code == 302


def test_a_change_of_addresses_asks_for_the_password_once_more_and_then_goes_on(ines: User) -> None:
    client = sign_in(ines)
    asked = client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email=NEW).exists()
    client.post(asked.headers["Location"], {"password": PASSWORD, "next": "/accounts/email/"})
    assert EmailAddress.objects.filter(email=NEW, verified=False).exists()


@pytest.mark.parametrize(
    ("email", "words"), [("nonsense", "valid email"), ("INES@example.com", "already associated"), ("", "required")]
)
def test_an_address_that_cannot_be_added_is_said_at_its_field(ines: User, email: str, words: str) -> None:
    page = act(confirmed(sign_in(ines)), email, "add")
    assert words in page
    assert 'href="#id_email"' in page


def test_the_main_address_stays(ines: User) -> None:
    assert "Make another one the main one first" in act(confirmed(sign_in(ines)), ines.email, "remove")
    assert EmailAddress.objects.count() == 1


def test_noting_another_persons_address_does_not_keep_them_out(ines: User) -> None:
    act(with_app(ines)[0], "victim@example.com", "add")
    answer = Client().post("/accounts/signup/", {"email": "victim@example.com", "password1": PASSWORD})
    assert answer.status_code == 302
    assert EmailAddress.objects.get(email="victim@example.com").user.email == "victim@example.com"


def test_a_mail_server_that_is_down_is_told_to_who_waits_for_the_link(
    ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> int:
        raise SMTPServerDisconnected("no server")

    client = confirmed(sign_in(ines))
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", down)
    answer = client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    assert answer.status_code == 503
    assert "mail server does not answer" in answer.content.decode()


def test_a_name_is_saved_and_one_too_long_is_refused_at_its_field(ines: User) -> None:
    client = sign_in(ines)
    client.post("/accounts/", {"name": "  Ines M.  "})
    ines.refresh_from_db()
    assert ines.name == "Ines M."
    answer = client.post("/accounts/", {"name": "x" * 121})
    assert answer.status_code == 422
    assert "at most 120 characters" in answer.content.decode()
