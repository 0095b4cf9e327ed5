"""What every answer tells a browser, which other sites may call the API, and how much a request may bring."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from automatos import web_settings
from automatos.env import EnvError
from workspaces.models import User
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db
ELSEWHERE = "https://app.example.org"
# A page, a page that is not there, a refusal, a redirect, the API and its errors, the admin site, static, outside.
PATHS = (
    "/",
    "/nothing-here/",
    "/w/nobody/",
    "/accounts/login/",
    "/accounts/signup/",
    "/api/me",
    "/api/nothing",
    "/api/schema/",
    "/api/docs/",
    "/admin/",
    "/admin/login/",
    "/static/app.min.css",
    "/static/nothing.css",
    "/health",
    "/ready",
    "/metrics",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_policies(path: str) -> None:
    answer = Client().get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    expected = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": web_settings.PERMISSIONS_POLICY,
    }
    shown = {name: answer.headers.get(name) for name in expected}
    # whitenoise answers for static files before the frame header is added; they are no pages.
    assert shown | {"X-Frame-Options": "DENY"} == expected
    assert answer.headers["X-Request-ID"]


def preflight(path: str, origin: str = ELSEWHERE) -> Any:
    named = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    return Client().options(path, headers=named)


def test_no_other_site_may_read_an_answer_unless_it_is_listed() -> None:
    for answer in (Client().get("/api/me", headers={"Origin": ELSEWHERE}), preflight("/api/agents")):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_listed_site_may_call_the_api_and_nothing_else(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS, settings.CORS_ALLOW_CREDENTIALS = [ELSEWHERE], True
    asked = preflight("/api/agents")
    assert asked.headers["Access-Control-Allow-Origin"] == ELSEWHERE
    assert asked.headers["Access-Control-Allow-Credentials"] == "true"
    assert "x-api-key" in asked.headers["Access-Control-Allow-Headers"]
    refused = Client().get("/api/me", headers={"Origin": ELSEWHERE})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, ELSEWHERE)
    assert "X-Request-ID" in refused.headers["Access-Control-Expose-Headers"]
    for path, origin in (("/", ELSEWHERE), ("/accounts/login/", ELSEWHERE), ("/api/me", f"{ELSEWHERE}.evil.org")):
        answer = Client().get(path, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers, (path, origin)


def test_any_site_may_call_the_api_only_without_cookies(settings: Settings) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = True
    answer = Client().get("/api/me", headers={"Origin": ELSEWHERE})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "value", ["app.example.org", "https://app.example.org/path", "ftp://a.org", "*, https://a.org", "https://u@a.org"]
)
def test_nonsense_in_the_list_of_sites_stops_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ALLOW_ORIGINS", value)
    with pytest.raises(EnvError, match="CORS_ALLOW_ORIGINS"):
        web_settings.cors_origins()


def test_a_body_that_is_too_long_is_refused_as_json_as_form_and_as_file(settings: Settings) -> None:
    company = Company()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    status, body = company.editor.post("/api/agents", {"name": "x" * 2000})
    assert (status, body["error"]["code"]) == (413, "too_large")
    client = Client()
    for data, kind in ((f"login={'x' * 2000}", "application/x-www-form-urlencoded"), ("", "")):
        given: dict[str, Any] = {"data": data, "content_type": kind} if kind else {"data": {"login": "x" * 2000}}
        assert client.post("/accounts/login/", **given).status_code == 413


def test_a_form_of_too_many_fields_is_refused() -> None:
    user = User.objects.create_user("many@example.org")
    client = Client()
    client.force_login(user)
    fields = "&".join(f"f{n}=1" for n in range(3000))
    answer = client.post("/accounts/", fields, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert re.search("too", answer.content.decode(), re.IGNORECASE)


def test_a_request_for_another_host_is_refused_without_a_word_about_us() -> None:
    answer = Client().get("/api/me", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" not in answer.content.decode()


def test_an_error_shows_no_setting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        secret = settings.SECRET_KEY
        raise RuntimeError(f"postgres://u:{secret}@host")

    monkeypatch.setattr("workspaces.queries.memberships_of", broken)
    monkeypatch.setattr("automatos.views.home_of", broken)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user("broken@example.org"))
    for path in ("/", "/api/me"):
        answer = client.get(path)
        assert answer.status_code == 500, path
        assert settings.SECRET_KEY not in answer.content.decode()
        assert "Traceback" not in answer.content.decode()
    assert json.loads(answer.content)["error"]["code"] == "internal"
