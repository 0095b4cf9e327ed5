"""Clerk's token at the API: who gets in by header or cookie, who does not, and what two credentials at once mean."""

import base64
import hashlib
import time
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from automatos.clerk_settings import cookie_suffix
from workspaces.clerk import keys
from workspaces.models import Role, User
from workspaces.tests.clerk_forgeries import forgeries
from workspaces.tests.clerk_kit import Instance, Json, instance, public_jwk, rsa_key
from workspaces.tests.rest import Caller, Company

__all__ = ["instance"]
pytestmark = pytest.mark.django_db
SENT_AS = ["header", "cookie", "cookie with a mark"]


def caller(token: str, way: str = "header", *, csrf: bool = False) -> Caller:
    """Somebody who sends this token."""
    client = Client(enforce_csrf_checks=csrf, headers={"Authorization": f"Bearer {token}"} if way == "header" else None)
    if way != "header":
        client.cookies["__session" if way == "cookie" else "__session_a1B2c3D4"] = token
    return Caller(client=client)


def linked(user: User, sub: str = "user_ada") -> User:
    """The user as a person of Clerk."""
    user.clerk_id = sub
    user.save()
    return user


@pytest.mark.parametrize("way", SENT_AS)
def test_a_good_token_gets_in(instance: Instance, way: str) -> None:
    status, me = caller(instance.token("user_ada"), way).get("/api/me")
    assert status == 200
    assert [(w["kind"], w["role"]) for w in me["workspaces"]] == [("personal", "owner")]
    assert User.objects.get(clerk_id="user_ada").pk.hex == me["id"].replace("-", "")


@pytest.mark.parametrize("way", ["header", "cookie"])
def test_no_forgery_gets_in(instance: Instance, way: str) -> None:
    before = User.objects.count()
    tried, accepted = 0, []
    for name, token in forgeries(instance).items():
        if (
            not token.isascii()
            or "\n" in token
            or (way == "cookie" and set(token) & set('; ,"\t'))
            or not token.strip(".")
        ):
            continue  # no HTTP client can send it
        tried += 1
        status, body = caller(token, way).get("/api/me")
        if status != 401:
            accepted.append((name, status))
        else:
            assert body["error"]["code"] == "not_signed_in"
    print(f"\n{tried} forgeries by {way}: {len(accepted)} accepted, {instance.jwks.fetches} key fetches")
    assert tried >= 60
    assert accepted == []
    assert instance.jwks.fetches <= 5
    assert User.objects.count() == before


def test_sixty_unknown_keys_at_the_door_cause_at_most_five_fetches(instance: Instance) -> None:
    for number in range(60):
        token = instance.token(headers={"kid": f"ins_{number}"})
        assert caller(token).get("/api/me")[0] == 401
    print(f"\n60 unknown kids at the API: {instance.jwks.fetches} fetches")
    assert instance.jwks.fetches <= 5


def test_when_clerk_does_not_answer_nobody_is_signed_out(instance: Instance) -> None:
    assert caller(instance.token("user_ada")).get("/api/me")[0] == 200
    instance.jwks.stop()
    assert all(caller(instance.token("user_ada")).get("/api/me")[0] == 200 for _ in range(10))
    instance.kid, instance.key = "ins_second", rsa_key("second")
    assert caller(instance.token("user_ada")).get("/api/me")[0] == 401


def test_without_any_key_the_answer_is_503_and_not_a_refusal(instance: Instance) -> None:
    instance.jwks.up = False
    response = Client(headers={"Authorization": f"Bearer {instance.token()}"}).get("/api/me")
    assert response.status_code == 503
    assert response.headers["Retry-After"]


def test_a_rotated_key_gets_in_when_the_pause_between_fetches_is_over(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within 35 seconds; here the pause is shorter, but the time is real all the same."""
    assert keys.COOLDOWN <= 30
    monkeypatch.setattr(keys, "COOLDOWN", 1.5)
    assert caller(instance.token("user_ada")).get("/api/me")[0] == 200
    instance.rotate()
    started = time.monotonic()
    assert caller(instance.token("user_ada")).get("/api/me")[0] == 401
    while caller(instance.token("user_ada")).get("/api/me")[0] != 200:
        assert time.monotonic() - started < 1.5 + 5
        time.sleep(0.1)
    assert instance.jwks.fetches <= 3


@pytest.mark.parametrize("way", SENT_AS)
def test_a_wrong_token_beside_a_good_session_is_401(instance: Instance, way: str) -> None:
    sender = caller(instance.token(exp=int(time.time()) - 60), way)
    sender.client.force_login(User.objects.create_user("ada@example.org"))
    assert sender.get("/api/me")[0] == 401


def test_a_bearer_that_is_one_of_our_keys_is_never_taken_for_a_token(instance: Instance) -> None:
    company = Company()
    nobody = company.anonymous
    assert nobody.get("/api/me", Authorization=f"Bearer {company.viewer.key}")[0] == 200
    assert nobody.get("/api/me", Authorization="Bearer atm_wrong")[0] == 401


@pytest.mark.parametrize("way", SENT_AS)
def test_a_key_and_a_token_have_to_be_one_persons(instance: Instance, way: str) -> None:
    company = Company()
    linked(company.people[Role.VIEWER])
    sender = caller(instance.token("user_ada"), way)
    status, me = sender.get("/api/me", X_API_Key=company.viewer.key)
    # The key leads: only its workspace is there.
    assert (status, [w["role"] for w in me["workspaces"]]) == (200, ["viewer"])
    assert sender.get("/api/me", X_API_Key=company.owner.key)[0] == 401
    assert sender.get("/api/me", X_API_Key="atm_wrong")[0] == 401
    assert caller("nonsense", way).get("/api/me", X_API_Key=company.viewer.key)[0] == 401


@pytest.mark.parametrize("way", SENT_AS)
def test_a_session_and_a_token_have_to_be_one_persons(instance: Instance, way: str) -> None:
    ada, bob = (User.objects.create_user(f"{name}@example.org") for name in ("ada", "bob"))
    linked(ada)
    for user, expected in ((ada, 200), (bob, 401)):
        sender = caller(instance.token("user_ada"), way)
        sender.client.force_login(user)
        assert sender.get("/api/me")[0] == expected


def test_a_key_and_a_session_have_to_be_one_persons() -> None:
    company = Company()
    browser = Client()
    browser.force_login(company.people[Role.VIEWER])
    assert Caller(client=browser).get("/api/me", X_API_Key=company.viewer.key)[0] == 200
    assert Caller(client=browser).get("/api/me", X_API_Key=company.owner.key)[0] == 401


def test_header_and_cookie_have_to_be_one_persons(instance: Instance) -> None:
    sender = caller(instance.token("user_ada"), "cookie")
    for sub, expected in (("user_ada", 200), ("user_bob", 401)):
        assert sender.get("/api/me", Authorization=f"Bearer {instance.token(sub)}")[0] == expected


def test_of_two_cookies_with_one_name_both_are_judged(instance: Instance) -> None:
    good, bad = instance.token("user_ada"), instance.token("user_ada", exp=1)
    for cookies, expected in ((f"__session={good}", 200), (f"__session={bad}; __session={good}", 401)):
        assert Caller().get("/api/me", Cookie=cookies)[0] == expected


def test_a_heap_of_tokens_is_401_without_a_look_at_them(instance: Instance) -> None:
    heap = "; ".join(f"__session_{number}={instance.token('user_ada')}" for number in range(5))
    assert Caller().get("/api/me", Cookie=heap)[0] == 401
    assert Caller().get("/api/me", Cookie=heap.rpartition(";")[0])[0] == 200


def test_a_change_by_cookie_needs_the_csrf_token_and_one_by_header_does_not(instance: Instance) -> None:
    token = instance.token("user_ada")
    assert caller(token, "header", csrf=True).post("/api/agents", {"name": "Quill"})[0] == 201
    for way in ("cookie", "cookie with a mark"):
        sender = caller(token, way, csrf=True)
        assert sender.post("/api/agents", {"name": "Quill"})[0] == 403
        sender.client.cookies["csrftoken"] = "c" * 32
        assert sender.post("/api/agents", {"name": "Quill"}, X_CSRFToken="c" * 32)[0] == 201


def test_of_several_instances_cookies_only_ours_is_read(instance: Instance, settings: Any) -> None:
    publishable = "pk_test_" + base64.b64encode(b"clerk.example.org$").decode()
    ours = cookie_suffix(publishable)
    assert ours == base64.urlsafe_b64encode(hashlib.sha1(publishable.encode()).digest()).decode()[:8]
    settings.CLERK = replace(settings.CLERK, cookie_suffix=ours)
    good, foreign = instance.token("user_ada"), instance.raw({"alg": "RS256", "kid": "x"}, instance.claims("user_eve"))
    both = f"__session={foreign}; __session_{ours}={good}; __session_other123={foreign}"
    assert Caller().get("/api/me", Cookie=both)[0] == 200
    assert Caller().get("/api/me", Cookie=f"__session_{ours}={foreign}; __session={good}")[0] == 401


@pytest.mark.parametrize(
    "cookie", ["__session=", '__session=""', "__session_x=", "__sessionx=a", "x__session=a", "session=a"]
)
def test_an_empty_or_foreign_cookie_is_no_credential(instance: Instance, cookie: str) -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("ada@example.org"))
    header = f"sessionid={browser.cookies['sessionid'].value}; {cookie}"
    assert Caller().get("/api/me", Cookie=header)[0] == 200
    assert Caller().get("/api/me", Cookie=cookie)[1]["error"]["message"].startswith("Sign in")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer x", "Bearer a b", "BEARER ..", "Bearer\u00a0x"])
def test_an_unreadable_bearer_is_401(instance: Instance, header: str) -> None:
    assert Caller().get("/api/me", Authorization=header)[0] == 401


def test_without_clerk_a_bearer_is_401_and_its_cookie_nothing(settings: Any) -> None:
    assert not settings.CLERK.on
    made = Instance()
    browser = caller(made.token(), "cookie")
    browser.client.force_login(User.objects.create_user("ada@example.org"))
    assert browser.get("/api/me")[0] == 200
    assert caller(made.token()).get("/api/me")[0] == 401
    made.jwks.stop()


def test_a_subject_that_names_nobody_is_401(instance: Instance) -> None:
    """Signed by Clerk's own key, with a `sub` that is blank, not to be seen, or no text."""
    before = User.objects.count()
    blank: list[Any] = ["", " ", "   ", "\t", "\r\n", " \t \n ", "\u00a0", "\u2003\u3000", "\x1f", "\x00", " " * 120]
    other: list[Any] = [None, True, False, 0, 7, 1.5, [], ["user_ada"], {}, {"sub": "user_ada"}]
    for sub in blank + other:
        status, body = caller(instance.signed({**instance.claims(), "sub": sub})).get("/api/me")
        assert (status, body["error"]["code"]) == (401, "not_signed_in"), repr(sub)
    assert User.objects.count() == before


def test_the_token_of_a_closed_account_is_401(instance: Instance) -> None:
    sender = caller(instance.token("user_ada"))
    assert sender.get("/api/me")[0] == 200
    User.objects.filter(clerk_id="user_ada").update(is_active=False)
    assert sender.get("/api/me")[0] == 401


def test_a_key_server_with_other_keys_signs_nobody_in(instance: Instance) -> None:
    instance.jwks.keys = [public_jwk(rsa_key("mallory"), "ins_first")]
    assert caller(instance.token("user_ada")).get("/api/me")[0] == 401


def test_the_openapi_document_names_the_way_in() -> None:
    document: Json = Client().get("/api/schema/?format=json").json()
    schemes = document["components"]["securitySchemes"]
    assert schemes["Clerk"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert {"Clerk": []} in document["paths"]["/api/me"]["get"]["security"]
    # An empty list takes back what the document asks for everywhere.
    assert document["paths"]["/api/webhooks/clerk"]["post"]["security"] == []
