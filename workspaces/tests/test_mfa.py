"""The second factor, through the pages: the app, its codes, recovery codes, and what has to be confirmed first."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from workspaces.models import User
from workspaces.tests.account_kit import (
    PASSWORD,
    confirmed,
    enter,
    half_signed_in,
    is_signed_in,
    person,
    shown_codes,
    sign_in,
    totp,
    with_app,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines() -> User:
    return person()


def test_setting_up_the_app_shows_a_qr_code_and_the_key_as_text(ines: User) -> None:
    page = confirmed(sign_in(ines)).get("/accounts/2fa/totp/activate/").content.decode()
    assert re.search(r'<svg viewBox="0 0 \d+ \d+" role="img" aria-label="QR code with the key">', page)
    assert re.search(r">[A-Z2-7]{32}</code>", page)


def test_with_the_app_the_password_alone_opens_nothing(ines: User) -> None:
    _, secret, _ = with_app(ines)
    browser = half_signed_in(ines)
    assert not is_signed_in(browser)
    assert "Incorrect code" in enter(browser, "000000").content.decode()
    assert enter(browser, totp(secret)).status_code == 302
    assert is_signed_in(browser)


def test_a_code_of_the_app_is_good_once(ines: User) -> None:
    _, secret, _ = with_app(ines)
    code = totp(secret)
    assert enter(half_signed_in(ines), code).status_code == 302
    assert "Incorrect code" in enter(half_signed_in(ines), f"{code[:3]} {code[3:]}").content.decode()


def test_a_used_code_stays_used_while_a_slow_clock_is_forgiven(ines: User) -> None:
    """The library forgets it after 30 seconds, when with one step of tolerance it is good for 60 more."""
    _, secret, _ = with_app(ines)
    from django.core.cache import cache

    code = totp(secret)
    enter(half_signed_in(ines), code)
    cache.delete(f"allauth.mfa.totp.used?user={ines.pk}&code={code}")
    assert "Incorrect code" in enter(half_signed_in(ines), code).content.decode()


def test_recovery_codes_are_shown_once_and_each_works_once(ines: User) -> None:
    client, _, codes = with_app(ines)
    assert len(codes) == 10
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not shown_codes(again)
    assert "10 of 10 are left" in again
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403
    assert enter(half_signed_in(ines), codes[3]).status_code == 302
    assert enter(half_signed_in(ines), codes[3]).status_code == 200
    assert "9 left" in client.get("/accounts/2fa/").content.decode()


def test_new_recovery_codes_replace_the_old_ones(ines: User) -> None:
    client, _, old = with_app(ines)
    new = shown_codes(client.post("/accounts/2fa/recovery-codes/generate/", follow=True).content.decode())
    assert len(new) == 10
    assert not set(new) & set(old)
    assert enter(half_signed_in(ines), old[0]).status_code == 200
    assert enter(half_signed_in(ines), new[0]).status_code == 302


def test_turning_the_app_off_takes_the_recovery_codes_with_it(ines: User) -> None:
    client, _, _ = with_app(ines)
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.exists()
    assert is_signed_in(sign_in(ines))


@pytest.mark.parametrize(
    "path",
    ["totp/activate/", "webauthn/add/", "recovery-codes/generate/"],
)
def test_a_change_of_the_locks_asks_for_the_password_once_more(ines: User, path: str) -> None:
    answer = sign_in(ines).get(f"/accounts/2fa/{path}")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")


def test_an_unconfirmed_address_is_told_why_it_gets_no_second_factor() -> None:
    client = confirmed(sign_in(person("Nora Lind", confirmed=False)))
    assert "Confirm or remove the open one" in client.get("/accounts/2fa/").content.decode()
    assert client.get("/accounts/2fa/totp/activate/").headers["Location"] == "/accounts/2fa/"


def test_the_keys_are_encrypted_in_the_database(ines: User) -> None:
    _, secret, codes = with_app(ines)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in codes)


def test_another_secret_key_is_named_as_the_reason_and_the_old_one_cures_it(ines: User, settings: object) -> None:
    _, secret, _ = with_app(ines)
    old = settings.SECRET_KEY  # type: ignore[attr-defined]
    settings.SECRET_KEY = "another-" + "y" * 50  # type: ignore[attr-defined]
    answer = enter(half_signed_in(ines), totp(secret))
    assert answer.status_code == 503
    assert "SECRET_KEY_FALLBACKS" in answer.content.decode()
    settings.SECRET_KEY_FALLBACKS = [old]  # type: ignore[attr-defined]
    assert enter(half_signed_in(ines), totp(secret)).status_code == 302


def test_a_change_of_the_locks_is_mailed_to_the_owner(ines: User) -> None:
    client, _, _ = with_app(ines)
    client.post("/accounts/2fa/totp/deactivate/")
    assert mail.outbox[-1].subject.endswith("The authenticator app is off")
    assert "choose a new password at once" in str(mail.outbox[-1].body)


def test_the_admin_site_has_no_side_door(ines: User) -> None:
    ines.is_staff = ines.is_superuser = True
    ines.save()
    with_app(ines)
    answer = Client().post("/admin/login/?next=/admin/", {"username": ines.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fadmin%2F"


NONSENSE = [
    "",
    "nonsense",
    "{}",
    "[]",
    "null",
    '{"id": 1}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": null}',
    '{"id": "AA", "rawId": "AA", "response": {"userHandle": "x", "clientDataJSON": "e30", "attestationObject": "oA"}}',
    '{"id": "AA", "rawId": "AA", "response": {"authenticatorData": "", "signature": "", "clientDataJSON": "e30"}}',
    '{"id": "\\u0000"}',
    "[" * 20_000,
    '"' + "x" * 40_000 + '"',
]


@pytest.mark.parametrize("credential", NONSENSE)
def test_nonsense_for_a_passkey_is_refused_in_words(ines: User, credential: str) -> None:
    signing_in = Client().post("/accounts/2fa/webauthn/login/", {"credential": credential}, follow=True)
    assert (signing_in.status_code, "Sign in" in signing_in.content.decode()) == (200, True)
    client = confirmed(sign_in(ines))
    client.get("/accounts/2fa/webauthn/add/")
    adding = client.post("/accounts/2fa/webauthn/add/", {"name": "Key", "credential": credential})
    assert (adding.status_code, "Add a passkey" in adding.content.decode()) == (200, True)
    assert not Authenticator.objects.exists()
