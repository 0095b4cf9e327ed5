"""An installation without a mail server: no page promises mail, and an operator helps with a command."""

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from workspaces.models import Workspace
from workspaces.tests.account_kit import PASSWORD, person, sign_in

pytestmark = pytest.mark.django_db
MAIL = "smtp://mail.example.com:587"
NEW = "another-long-kitchen-word"


def run(*words: str) -> str:
    out = StringIO()
    call_command("account", *words, stdout=out)
    return out.getvalue().strip()


def test_a_link_of_the_operator_sets_a_new_password_once() -> None:
    ines = person()
    path = "/" + run("reset-link", ines.email).split("/", 3)[3]
    visitor = Client()
    form = visitor.get(path, follow=True)
    assert "Choose a new password" in form.content.decode()
    visitor.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert Client().post("/accounts/login/", {"login": ines.email, "password": NEW}).status_code == 302
    assert "does not work any more" in Client().get(path, follow=True).content.decode()


def test_the_operator_confirms_an_address_and_it_is_audited() -> None:
    ines = person(confirmed=False)
    assert run("confirm-email", " Ines@example.com ") == "ines@example.com is confirmed."
    assert EmailAddress.objects.get(user=ines).verified
    workspace = Workspace.objects.get(memberships__user=ines)
    log = sign_in(ines).get(f"/w/{workspace.slug}/settings/audit/").content.decode()
    assert "account.address_confirmed" in log
    with pytest.raises(CommandError, match="confirmed already"):
        run("confirm-email", ines.email)


@pytest.mark.parametrize("action", ["reset-link", "confirm-email"])
def test_an_unknown_address_is_said(action: str) -> None:
    with pytest.raises(CommandError, match=r"No account has the address 'who@example\.com'"):
        run(action, "who@example.com")


def test_pages_promise_mail_only_where_there_is_a_server(settings: Settings) -> None:
    for path in ("/accounts/password/reset/", "/accounts/password/reset/done/"):
        assert "manage.py account reset-link" in Client().get(path).content.decode()
    ines = sign_in(person(confirmed=False))
    addresses = ines.get("/accounts/email/").content.decode()
    assert "manage.py account confirm-email ines@example.com" in addresses
    assert "Send the link again" not in addresses
    settings.EMAIL_URL = MAIL
    assert "we send a link" in Client().get("/accounts/password/reset/").content.decode()
    assert "Send the link again" in ines.get("/accounts/email/").content.decode()


def test_sign_up_promises_no_mail(settings: Settings) -> None:
    form = {"email": "new@example.com", "password1": PASSWORD}
    assert "on its way" not in Client().post("/accounts/signup/", form, follow=True).content.decode()
    assert Client().get("/accounts/login/").content.decode().count("/accounts/password/reset/") == 1
