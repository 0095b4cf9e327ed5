"""Where a person is signed in, through the pages: listed, ended one by one or all at once, and ended by themselves."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from workspaces.accounts.session_store import stored_key
from workspaces.models import User
from workspaces.tests.account_kit import PASSWORD, is_signed_in, person, sign_in

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def ines() -> User:
    return person()


@pytest.fixture
def laptop(ines: User) -> Client:
    return sign_in(ines, user_agent=FIREFOX)


@pytest.fixture
def phone(ines: User) -> Client:
    return sign_in(ines, user_agent=IPHONE)


def listed(client: Client) -> str:
    return client.get("/accounts/sessions/").content.decode()


def row(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=stored_key(client.cookies["sessionid"].value))


def test_who_reads_the_database_signs_in_as_nobody(laptop: Client) -> None:
    """What stands there is a hash of the browser's key, and lets nobody in."""
    key = laptop.cookies["sessionid"].value
    kept = {*Session.objects.values_list("session_key", flat=True)}
    assert kept == {*UserSession.objects.values_list("session_key", flat=True)} == {stored_key(key)}
    thief = Client()
    thief.cookies["sessionid"] = stored_key(key)
    assert not is_signed_in(thief)
    thief.post("/accounts/logout/")
    assert is_signed_in(laptop)


def test_the_list_names_devices_and_marks_this_one_first(laptop: Client, phone: Client) -> None:
    page = listed(laptop)
    assert re.findall(r'class="t">([^<]+)</p>', page) == ["Firefox on Windows", "Safari on iPhone"]
    assert page.count("This one") == 1
    assert "127.0.0.1 · last seen" in page


def test_a_session_ended_elsewhere_is_signed_out_at_its_next_step(laptop: Client, phone: Client) -> None:
    laptop.post(f"/accounts/sessions/{row(phone).pk}/end/")
    assert phone.get("/accounts/").headers["Location"] == "/accounts/login/?next=%2Faccounts%2F"
    assert is_signed_in(laptop)
    assert "You are signed in nowhere else" in listed(laptop)


def test_all_others_are_ended_at_once(laptop: Client, phone: Client, ines: User) -> None:
    third = sign_in(ines)
    laptop.post("/accounts/sessions/")
    assert [is_signed_in(client) for client in (laptop, phone, third)] == [True, False, False]


def test_another_persons_session_is_the_same_404_as_none(laptop: Client, phone: Client) -> None:
    stranger = sign_in(person("Sam Stranger"))
    answers = [stranger.post(f"/accounts/sessions/{number}/end/") for number in (row(phone).pk, 999_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert is_signed_in(phone)


@pytest.mark.parametrize(
    "path", ["/accounts/sessions/", "/accounts/sessions/1/end/", "/accounts/", "/accounts/delete/"]
)
def test_a_form_sent_from_elsewhere_changes_nothing(ines: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines)
    assert client.post(path, {"name": "Mallory"}).status_code == 403
    ines.refresh_from_db()
    assert ines.name == "Ines Moreau"


def test_last_use_is_noted_once_a_minute_with_where_it_was(laptop: Client) -> None:
    before = row(laptop).last_seen_at
    laptop.get("/accounts/")
    assert row(laptop).last_seen_at == before
    UserSession.objects.update(last_seen_at=before - timedelta(minutes=2))
    laptop.get("/accounts/", REMOTE_ADDR="203.0.113.7")
    assert row(laptop).last_seen_at >= before
    assert row(laptop).ip == "203.0.113.7"


def test_a_session_begun_without_the_form_is_listed_too(ines: User) -> None:
    client = Client()
    client.force_login(ines)
    assert "This one" in listed(client)


def test_signing_out_takes_the_session_off_the_list(laptop: Client, phone: Client) -> None:
    phone.post("/accounts/logout/")
    assert "iPhone" not in listed(laptop)
    assert UserSession.objects.count() == 1


def test_a_new_password_signs_out_every_other_device(laptop: Client, phone: Client) -> None:
    laptop.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "quite-another-word", "password2": "quite-another-word"},
    )
    # Gone from the store, and not only refused when it is shown.
    assert not Session.objects.filter(session_key=stored_key(phone.cookies["sessionid"].value)).exists()
    assert (is_signed_in(laptop), is_signed_in(phone)) == (True, False)
    assert "You are signed in nowhere else" in listed(laptop)


def test_a_reset_password_signs_out_every_device(laptop: Client, phone: Client, ines: User) -> None:
    visitor = Client()
    visitor.post("/accounts/password/reset/", {"email": ines.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert link
    form = visitor.get(link.group(1), follow=True).redirect_chain[-1][0]
    visitor.post(form, {"password1": "quite-another-word", "password2": "quite-another-word"})
    assert (is_signed_in(laptop), is_signed_in(phone)) == (False, False)


def test_signing_in_gives_the_session_a_new_key(ines: User) -> None:
    client = Client()
    # A key someone may have planted: the passkey's options make a session before anybody signed in.
    client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    planted = client.cookies["sessionid"].value
    client.post("/accounts/login/", {"login": ines.email, "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted
    held = Client()
    held.cookies["sessionid"] = planted
    assert not is_signed_in(held)


def test_the_cookie_is_closed_to_scripts_and_other_sites(laptop: Client) -> None:
    cookie = laptop.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) == 14 * 86_400


def test_a_session_ends_at_its_longest_life_however_much_it_is_used(
    laptop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now().timestamp()
    for days, expected in ((13, True), (26, True), (39, True), (52, True), (65, True), (78, True), (91, False)):
        monkeypatch.setattr("workspaces.accounts.session_activity.time.time", lambda days=days: now + days * 86_400)
        assert is_signed_in(laptop) is expected, days
