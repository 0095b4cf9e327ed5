"""Clerk's settings: what one variable says the others need not, and nonsense stops the start with name and cure."""

import base64
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.checks import Tags, run_checks

from automatos.clerk_settings import ClerkSettings, read
from automatos.env import EnvError
from automatos.local.addresses import PROJECT
from workspaces.tests.clerk_kit import WEBHOOK_SECRET, pem, rsa_key

PUBLISHABLE = "pk_test_" + base64.b64encode(b"happy-cat-1.clerk.accounts.dev$").decode()
FRONTEND = "https://happy-cat-1.clerk.accounts.dev"
NAMES = (
    "CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "CLERK_JWKS_URL", "CLERK_JWT_KEY", "CLERK_ISSUER",
    "CLERK_AUTHORIZED_PARTIES", "CLERK_AUDIENCE", "CLERK_WEBHOOK_SECRET",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> ClerkSettings:
    for name, value in given.items():
        monkeypatch.setenv(f"CLERK_{name}", value)
    return read()


def test_without_a_key_clerk_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not settings(monkeypatch).on
    assert not settings(monkeypatch, WEBHOOK_SECRET=WEBHOOK_SECRET, AUTHORIZED_PARTIES="https://a.example").on


def test_the_publishable_key_names_issuer_and_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, PUBLISHABLE_KEY=PUBLISHABLE)
    assert (found.issuer, found.jwks_url) == (FRONTEND, f"{FRONTEND}/.well-known/jwks.json")
    assert len(found.cookie_suffix) == 8


def test_the_address_of_the_keys_names_the_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, JWKS_URL=f"{FRONTEND}/.well-known/jwks.json").issuer == FRONTEND


def test_a_secret_key_alone_asks_clerks_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, SECRET_KEY="sk_test_abc123", ISSUER=FRONTEND)
    assert found.jwks_url == "https://api.clerk.com/v1/jwks"
    assert "abc123" not in repr(found)


@pytest.mark.parametrize("newline", ["\n", "\\n"])
def test_a_pem_may_stand_on_one_line_and_needs_no_address(monkeypatch: pytest.MonkeyPatch, newline: str) -> None:
    given = pem(rsa_key("first")).replace("\n", newline)
    found = settings(monkeypatch, JWT_KEY=given, PUBLISHABLE_KEY=PUBLISHABLE)
    assert (found.jwt_key.strip(), found.jwks_url) == (pem(rsa_key("first")).strip(), "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLISHABLE_KEY", "pk_test_"),
        ("PUBLISHABLE_KEY", "sk_test_abc"),
        ("PUBLISHABLE_KEY", "pk_live_" + base64.b64encode(b"no dollar").decode()),
        ("SECRET_KEY", "pk_test_abc"),
        ("JWKS_URL", "ftp://clerk.example.org"),
        ("JWKS_URL", "http://clerk.example.org/jwks"),
        ("JWKS_URL", "https://"),
        ("JWT_KEY", "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----"),
        ("JWT_KEY", pem(rsa_key("short", 1024))),
        ("ISSUER", "clerk.example.org"),
        ("AUTHORIZED_PARTIES", "app.example.org"),
        ("AUTHORIZED_PARTIES", "https://app.example.org/path"),
        ("WEBHOOK_SECRET", "whsec_"),
        ("WEBHOOK_SECRET", "whsec_not base64"),
    ],
)
def test_nonsense_names_the_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(EnvError, match=f"^CLERK_{name} "):
        settings(monkeypatch, **{name: value})


def test_keys_without_a_known_issuer_stop_the_start() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env={**os.environ, "CLERK_JWKS_URL": "https://clerk.example.org/jwks"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        "CLERK_ISSUER is not set. Set it to your Clerk Frontend API URL, or set CLERK_PUBLISHABLE_KEY."
    )


@pytest.mark.parametrize(
    ("clerk", "told"),
    [
        (ClerkSettings(), False),
        (ClerkSettings(jwks_url="https://clerk.example.com/jwks"), True),
        (ClerkSettings(jwks_url="https://clerk.example.com/jwks", authorized_parties=("https://a.example",)), False),
    ],
)
def test_deploying_without_a_list_of_origins_is_warned_of(settings: Any, clerk: ClerkSettings, told: bool) -> None:
    settings.CLERK = clerk
    found = run_checks(tags=[Tags.security], include_deployment_checks=True)
    assert ("automatos.W001" in [check.id for check in found]) == told
