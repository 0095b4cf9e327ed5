"""Limits on guessing, through the pages: exact under load, said in words, not dodged, closed when nothing can count."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from workspaces.limits import throttling
from workspaces.limits.throttling import Bucket, Exhausted
from workspaces.models import User
from workspaces.tests.account_kit import (
    PASSWORD,
    confirmed,
    enter,
    half_signed_in,
    is_signed_in,
    person,
    sign_in,
    totp,
    with_app,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines() -> User:
    return person()


def guess(email: str, password: str = "wrong-wrong", **extra: Any) -> HttpResponse:
    answer: Any = Client().post("/accounts/login/", {"login": email, "password": password}, **extra)
    return answer  # type: ignore[no-any-return]


def exhaust(email: str) -> None:
    for _ in range(10):
        assert guess(email).status_code == 200


def test_the_eleventh_wrong_password_is_not_even_looked_at(ines: User) -> None:
    exhaust(ines.email)
    answer = guess(ines.email, PASSWORD)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 300
    assert "Try again in 5 minutes" in answer.content.decode()


def test_the_answer_is_the_same_for_an_address_nobody_has(ines: User) -> None:
    def answer(email: str) -> str:
        exhaust(email)
        return re.sub(r'"X-CSRFToken": "\w+"', "", guess(email).content.decode())

    assert answer(ines.email) == answer("nobody@example.com")


def test_wrong_passwords_from_elsewhere_do_not_lock_the_owner_out(ines: User) -> None:
    for _ in range(11):
        answer = guess(ines.email, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 429
    assert guess(ines.email, PASSWORD, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_guessing_from_many_networks_at_once_has_a_limit_too(ines: User) -> None:
    for number in range(100):
        assert guess(ines.email, REMOTE_ADDR=f"198.51.{number}.7").status_code == 200
    assert guess(ines.email, REMOTE_ADDR="203.0.113.9").status_code == 429


@pytest.mark.parametrize("spelling", ["INES@example.com", " ines@example.com ", "ines@EXAMPLE.com"])
def test_another_spelling_of_the_address_is_no_other_counter(ines: User, spelling: str) -> None:
    exhaust(ines.email)
    assert guess(spelling).status_code == 429


def test_who_signs_in_rightly_is_never_counted(ines: User) -> None:
    for _ in range(15):
        assert guess(ines.email, PASSWORD).status_code == 302
    assert guess(ines.email).status_code == 200


def test_one_machine_is_limited_over_all_addresses_and_a_forged_header_does_not_help() -> None:
    for number in range(30):
        answer = guess(f"a{number}@example.com", headers={"x-forwarded-for": f"198.51.100.{number}"})
        assert answer.status_code == 200
    assert guess("another@example.com", headers={"x-forwarded-for": "198.51.100.99"}).status_code == 429
    assert guess("another@example.com", REMOTE_ADDR="203.0.113.9").status_code == 200


def test_a_whole_ipv6_network_counts_as_one_machine() -> None:
    for number in range(30):
        guess(f"a{number}@example.com", REMOTE_ADDR=f"2001:db8:1:2::{number:x}")
    assert guess("another@example.com", REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert guess("another@example.com", REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_behind_a_proxy_clients_are_told_apart_by_what_the_proxy_wrote(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1

    def behind(email: str, forwarded: str) -> int:
        return guess(email, headers={"x-forwarded-for": forwarded}).status_code

    for number in range(30):
        assert behind(f"a{number}@example.com", f"192.0.2.{number}, 203.0.113.5") == 200
    assert behind("another@example.com", "192.0.2.200, 203.0.113.5") == 429
    assert behind("another@example.com", "203.0.113.6") == 200


def test_codes_are_limited_and_the_right_one_then_waits_too(ines: User) -> None:
    _, secret, _ = with_app(ines)
    throttling.forget_all()
    for _ in range(5):
        assert enter(half_signed_in(ines), "000000").status_code == 200
    browser = half_signed_in(ines)
    assert enter(browser, totp(secret)).status_code == 429
    assert not is_signed_in(browser)


def test_confirming_oneself_and_changing_the_password_are_limited(ines: User) -> None:
    client = sign_in(ines)
    for _ in range(10):
        assert client.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429
    assert client.post("/accounts/password/change/", {"oldpassword": "wrong"}).status_code == 429


def test_mail_to_one_address_is_limited(ines: User) -> None:
    client = confirmed(sign_in(ines))
    client.post("/accounts/email/", {"email": "other@example.com", "action_add": ""})
    for _ in range(4):
        client.post("/accounts/email/", {"email": "other@example.com", "action_send": ""})
    answer = client.post("/accounts/email/", {"email": "other@example.com", "action_send": ""})
    assert answer.status_code == 429
    assert len(mail.outbox) == 5


@pytest.mark.parametrize(
    ("path", "times", "data"),
    [
        ("signup/", 20, {"password1": "x"}),
        ("password/reset/", 5, {"email": "nobody@example.com"}),
        ("password/reset/key/1-set-password/", 20, {"password1": "x"}),
        ("2fa/webauthn/login/", 60, {"credential": "{}"}),
    ],
)
def test_each_other_way_in_has_its_limit(path: str, times: int, data: dict[str, str]) -> None:
    statuses = [Client().post(f"/accounts/{path}", data).status_code for _ in range(times + 1)]
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429


@pytest.mark.parametrize("path", ["login/", "signup/", "password/reset/", "2fa/webauthn/login/"])
def test_without_redis_nobody_is_let_through_and_nothing_breaks(ines: User, settings: Any, path: str) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    browser = Client()
    data = {"login": ines.email, "password": PASSWORD, "email": ines.email, "password1": PASSWORD}
    answer = browser.post(f"/accounts/{path}", data)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "none is let through" in answer.content.decode()
    assert not is_signed_in(browser)
    assert browser.get("/accounts/login/").status_code == 200


def test_two_hundred_at_the_same_moment_are_let_through_exactly_as_often_as_allowed() -> None:
    buckets = [Bucket("one", 50, 60), Bucket("two", 37, 60)]
    start = threading.Barrier(50)

    def attempt(number: int) -> bool:
        if number < 50:
            start.wait()
        try:
            throttling.take(buckets)
        except Exhausted:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(attempt, range(200))) == 37
    # The fuller bucket counted none of those the emptier one refused.
    throttling.take([Bucket("one", 38, 60)])
    with pytest.raises(Exhausted):
        throttling.take([Bucket("one", 38, 60)])


def test_room_comes_back_as_the_oldest_attempt_ages() -> None:
    bucket = Bucket("brief", 2, 1)
    throttling.take([bucket])
    throttling.take([bucket])
    with pytest.raises(Exhausted) as refused:
        throttling.take([bucket])
    assert refused.value.retry_after == 1
    threading.Event().wait(1.05)
    throttling.take([bucket])


def test_no_address_is_kept_in_redis(ines: User) -> None:
    guess(ines.email)
    keys = b" ".join(throttling._client(settings.REDIS_URL).scan_iter("automatos:*"))
    assert b"automatos:throttle:" in keys
    assert b"ines" not in keys
