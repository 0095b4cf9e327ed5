"""Rate limits at the API: counted exactly, per key and per person, told in headers, and never a way to lock out."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from automatos.testing import Stack, free_port
from workspaces.limits import rates as rate_limits
from workspaces.models import Role
from workspaces.tests.http import ask
from workspaces.tests.rest import Caller, Company


@pytest.fixture
def company(db: None) -> Company:
    return Company()


@pytest.fixture
def redis_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at the address where requests are counted."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(rate_limits, "_outage", rate_limits._Outage())


def limited_key(company: Company, limit: int) -> str:
    status, made = company.admin.post(
        f"/api/workspaces/{company.workspace.pk}/api-keys", {"name": "Loop", "role": "viewer", "rate_limit": limit}
    )
    assert status == 201
    return str(made["key"])


def test_the_first_request_over_a_keys_limit_is_told_when_to_come_back(company: Company) -> None:
    client = Client(headers={"X-API-Key": limited_key(company, 3)})
    answers = [client.get("/api/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"3"}
    refusal = answers[-1]
    assert 1 <= int(refusal.headers["Retry-After"]) == int(refusal.headers["RateLimit-Reset"]) <= 60
    assert refusal.json()["error"]["code"] == "throttled"
    assert "3 requests a minute" in refusal.json()["error"]["message"]


def test_a_key_gives_no_key_more_requests_than_it_has(company: Company) -> None:
    keys = f"/api/workspaces/{company.workspace.pk}/api-keys"
    made = company.admin.post(keys, {"name": "Loop", "role": "admin", "rate_limit": 50})[1]
    loop, own = Caller(made["key"]), f"{keys}/{made['id']}"
    usual = company.admin.post(keys, {"name": "Usual", "role": "viewer"})[1]
    for limit in (51, None):
        assert loop.patch(own, {"rate_limit": limit})[0] == 403
        assert loop.post(keys, {"name": "More", "role": "viewer", "rate_limit": limit})[0] == 403
    assert loop.post(keys, {"name": "More", "role": "viewer"})[0] == 403
    assert loop.post(f"{keys}/{usual['id']}/rotate", {})[0] == 403
    assert loop.patch(own, {"rate_limit": 40})[0] == 200
    client = Client()
    client.force_login(company.people[Role.ADMIN])
    answer = client.patch(own, {"rate_limit": None}, content_type="application/json")
    assert (answer.status_code, answer.json()["rate_limit"]) == (200, None)


def test_keys_and_people_are_counted_apart(company: Company) -> None:
    full = Caller(limited_key(company, 1))
    assert [full.get("/api/me")[0] for _ in range(2)] == [200, 429]
    assert company.admin.get("/api/me")[0] == 200
    assert Caller(limited_key(company, 1)).get("/api/me")[0] == 200


def test_a_session_has_the_installations_limit(company: Company, settings: Settings) -> None:
    settings.API_RATE_LIMIT = 2
    client = Client()
    client.force_login(company.stranger)
    assert [client.get("/api/me").status_code for _ in range(3)] == [200, 200, 429]
    settings.API_RATE_LIMIT = 0
    assert "RateLimit-Limit" not in client.get("/api/me").headers


def test_a_refused_change_changes_nothing(company: Company) -> None:
    made = company.admin.post(
        f"/api/workspaces/{company.workspace.pk}/api-keys", {"name": "Loop", "role": "editor", "rate_limit": 1}
    )[1]
    loop = Caller(made["key"])
    assert [loop.post("/api/agents", {"name": "Quill"})[0] for _ in range(2)] == [201, 429]
    assert company.viewer.get("/api/agents")[1]["total"] == 1


@pytest.mark.usefixtures("redis_away")
def test_without_redis_everybody_passes_and_the_log_says_so_once(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caller = Caller(company.viewer.key)
    with caplog.at_level(logging.WARNING, "workspaces.limits.rates"):
        answers = [caller.client.get("/api/agents") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit-Limit" in answer.headers for answer in answers)
    assert len([record for record in caplog.records if record.name == "workspaces.limits.rates"]) == 1


LIMIT, CALLS = 60, 200


@pytest.mark.slow
def test_of_200_parallel_requests_exactly_as_many_pass_as_the_limit_says(stack: Stack) -> None:
    key = limited_key(Company(), LIMIT)
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: ask(stack, "/api/me", key=key), range(CALLS)))
    assert Counter(status for status, _ in answers) == {200: LIMIT, 429: CALLS - LIMIT}
    # Each that passed was told another remainder: nobody was counted twice or not at all.
    left = sorted(int(headers["RateLimit-Remaining"]) for status, headers in answers if status == 200)
    assert left == list(range(LIMIT))
    assert all(1 <= int(headers["Retry-After"]) <= 60 for status, headers in answers if status == 429)
