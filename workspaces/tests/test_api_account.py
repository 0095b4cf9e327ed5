"""One's own account over HTTP: name and time zone, sessions, and the second factor with a session alone."""

from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from automatos.tests.threads import together
from workspaces.models import AuditEntry, User
from workspaces.tests.account_kit import (
    PASSWORD,
    confirmed,
    enter,
    half_signed_in,
    is_signed_in,
    person,
    shown_key,
    sign_in,
    totp,
)
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db
FACTOR = "/api/me/second-factor"


@pytest.fixture
def ines() -> User:
    return person()


def caller(client: Client) -> Caller:
    return Caller(client=client)


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_name_and_time_zone_change(ines: User) -> None:
    browser = caller(sign_in(ines))
    assert browser.get("/api/me")[1]["time_zone"] == ""
    status, me = browser.patch("/api/me", {"name": "Ines M.", "time_zone": "Europe/Lisbon"})
    assert (status, me["name"], me["time_zone"]) == (200, "Ines M.", "Europe/Lisbon")
    # What turns the direction of the words beside it is left out: "nimda" would be read as "admin".
    assert browser.patch("/api/me", {"name": "\u202eIn\u2066es\u200f "})[1]["name"] == "Ines"
    assert browser.patch("/api/me", {"name": ""})[1]["time_zone"] == "Europe/Lisbon"
    for wrong in ({"time_zone": "Mars/Base"}, {"name": "x" * 121}, {"email": "a@example.com"}):
        status, answer = browser.patch("/api/me", wrong)
        assert (status, list(answer["error"]["fields"])) == (400, list(wrong))


def test_sessions_are_listed_and_ended(ines: User) -> None:
    here, there = sign_in(ines, user_agent="Mozilla/5.0 (X11; Linux) Firefox/140.0"), sign_in(ines)
    third = sign_in(ines)
    items = caller(here).get("/api/me/sessions")[1]["items"]
    assert (len(items), items[0]["here"], items[0]["device"]) == (3, True, "Firefox on Linux")
    assert caller(here).delete(f"/api/me/sessions/{items[0]['id']}")[0] == 409
    own = next(one["id"] for one in caller(there).get("/api/me/sessions")[1]["items"] if one["here"])
    assert caller(here).delete(f"/api/me/sessions/{own}")[0] == 204
    assert (is_signed_in(there), is_signed_in(third)) == (False, True)
    assert caller(here).delete(f"/api/me/sessions/{own}")[0] == 404
    assert caller(here).delete("/api/me/sessions")[1] == {"ended": 1}
    assert (is_signed_in(third), is_signed_in(here)) == (False, True)
    assert actions().count("account.sessions_ended") == 2


def test_nobody_ends_a_session_of_somebody_else(ines: User) -> None:
    other, mine = sign_in(person("Otto Weiss")), sign_in(ines)
    key = caller(other).get("/api/me/sessions")[1]["items"][0]["id"]
    assert caller(mine).delete(f"/api/me/sessions/{key}")[0] == 404
    assert is_signed_in(other)


@pytest.mark.django_db(transaction=True)  # that a factor was added is noted once it is
def test_the_app_is_set_up_asked_and_removed(ines: User) -> None:
    browser = caller(sign_in(ines))
    status, refused = browser.post(f"{FACTOR}/totp")
    assert (status, refused["error"]["code"]) == (403, "confirm_first")
    assert browser.post("/api/me/confirm", {"password": "wrong"})[0] == 400
    assert browser.post("/api/me/confirm", {"password": PASSWORD})[0] == 204
    start = browser.post(f"{FACTOR}/totp")[1]
    assert start["url"].startswith("otpauth://totp/")
    assert browser.put(f"{FACTOR}/totp", {"code": "000000"})[0] == 400
    status, made = browser.put(f"{FACTOR}/totp", {"code": totp(start["secret"], -1)})
    assert (status, len(made["recovery_codes"])) == (200, 10)
    shown = browser.get(FACTOR)[1]
    assert (shown["totp"], shown["recovery_codes_left"], shown["confirmed"]) == (True, 10, True)
    assert browser.post(f"{FACTOR}/totp")[0] == 409
    assert enter(half_signed_in(ines), made["recovery_codes"][0]).status_code == 302
    new = browser.post(f"{FACTOR}/recovery-codes")[1]["recovery_codes"]
    assert enter(half_signed_in(ines), made["recovery_codes"][1]).status_code == 200
    assert enter(half_signed_in(ines), new[0]).status_code == 302
    assert browser.delete(f"{FACTOR}/totp")[0] == 204
    assert not Authenticator.objects.filter(user=ines).exists()
    assert (browser.delete(f"{FACTOR}/totp")[0], browser.post(f"{FACTOR}/recovery-codes")[0]) == (404, 409)
    assert [one for one in actions() if "factor" in one] == ["account.factor_added", "account.factor_removed"]


def test_a_code_confirms_and_a_wrong_one_is_noted_and_counted(ines: User) -> None:
    browser = caller(sign_in(ines))
    browser.post("/api/me/confirm", {"password": PASSWORD})
    secret = browser.post(f"{FACTOR}/totp")[1]["secret"]
    browser.put(f"{FACTOR}/totp", {"code": totp(secret, -1)})
    client = half_signed_in(ines)
    enter(client, totp(secret))
    again = caller(client)
    assert again.get(FACTOR)[1]["confirmed"] is False
    assert again.post("/api/me/confirm", {"code": totp(secret, 1)})[0] == 204
    assert again.get(FACTOR)[1]["confirmed"] is True
    for _ in range(5):
        assert again.post("/api/me/confirm", {"code": "000000"})[0] == 400
    assert actions().count("account.code_failed") == 5
    status, answer = again.post("/api/me/confirm", {"code": totp(secret, 1)})
    assert (status, "Try again in" in answer["error"]["message"]) == (429, True)


@pytest.mark.parametrize("body", [{}, {"password": "a", "code": "b"}, {"password": ["a"]}, {"pin": "1"}])
def test_a_confirmation_that_makes_no_sense_names_the_field(ines: User, body: dict[str, Any]) -> None:
    status, answer = caller(sign_in(ines)).post("/api/me/confirm", body)
    assert (status, bool(answer["error"]["fields"])) == (400, True)


def test_a_key_opens_no_account() -> None:
    company = Company()
    assert company.owner.get("/api/me")[0] == 200
    assert company.owner.patch("/api/me", {"name": "Other"})[0] == 403
    for method, path in (
        ("GET", "/api/me/sessions"),
        ("DELETE", "/api/me/sessions"),
        ("DELETE", "/api/me/sessions/1"),
        ("POST", "/api/me/confirm"),
        ("GET", FACTOR),
        ("POST", f"{FACTOR}/totp"),
        ("PUT", f"{FACTOR}/totp"),
        ("DELETE", f"{FACTOR}/totp"),
        ("POST", f"{FACTOR}/recovery-codes"),
        ("DELETE", f"{FACTOR}/passkeys/1"),
    ):
        body = {("POST", "/api/me/confirm"): {"password": PASSWORD}, ("PUT", f"{FACTOR}/totp"): {"code": "1"}}.get(
            (method, path)
        )
        assert company.owner.send(method, path, body)[0] in (403, 404), f"{method} {path}"
        assert company.anonymous.send(method, path, body)[0] == 401


def test_another_site_changes_nothing(ines: User) -> None:
    client = sign_in(ines)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.delete("/api/me/sessions").status_code == 403
    assert strict.patch("/api/me", {"name": "Other"}, content_type="application/json").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_browsers_that_change_the_second_factor_at_once_take_turns(ines: User) -> None:
    browsers = [caller(sign_in(ines)) for _ in range(3)]
    secrets = []
    for browser in browsers:
        browser.post("/api/me/confirm", {"password": PASSWORD})
        secrets.append(browser.post(f"{FACTOR}/totp")[1]["secret"])
    codes = [totp(secret) for secret in secrets]
    started = [partial(one.put, f"{FACTOR}/totp", {"code": code}) for one, code in zip(browsers, codes, strict=True)]
    assert sorted(together(*(lambda act=act: act()[0] for act in started))) == [200, 409, 409]
    assert sorted(together(*(lambda one=one: one.delete(f"{FACTOR}/totp")[0] for one in browsers))) == [204, 404, 404]
    assert actions().count("account.factor_removed") == 1


@pytest.mark.django_db(transaction=True)
def test_the_app_s_button_pressed_twice_turns_it_on_once(ines: User) -> None:
    client = confirmed(sign_in(ines))
    address = "/accounts/2fa/totp/activate/"
    code = totp(shown_key(client.get(address).content.decode()))
    twin = Client()
    twin.cookies = client.cookies
    pages: list[Any] = [client, twin]
    assert sorted(together(*(lambda one=one: one.post(address, {"code": code}).status_code for one in pages))) == [
        302,
        302,
    ]
    assert Authenticator.objects.filter(user=ines, type=Authenticator.Type.TOTP).count() == 1
