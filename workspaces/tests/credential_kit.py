"""Credentials for tests: the seeded types, secrets that are easy to find again, and what to send to the API."""

from typing import Any
from uuid import UUID

import pytest

from workspaces.credentials.types import seed_credential_types
from workspaces.models import Credential
from workspaces.tests.rest import Caller, Company

SECRET = "sk-test-4b1d8f0c2a9e7766554433221100-4f2a"
ADDRESS = "/api/credentials"


def stocked_company() -> Company:
    """A workspace where every type of credential is known."""
    seed_credential_types()
    return Company()


def made(caller: Caller, type_slug: str = "openai", name: str = "Ours", **fields: Any) -> dict[str, Any]:
    """A credential made at the API."""
    given = fields or {"api_key": SECRET}
    status, body = caller.post(ADDRESS, {"type": type_slug, "name": name, "fields": given})
    assert status == 201, body
    return dict(body)


def row(body: dict[str, Any]) -> Credential:
    """The row behind an answer of the API."""
    return Credential.objects.get(pk=UUID(body["id"]))


def refused(caller: Caller, body: dict[str, Any], status: int = 400) -> dict[str, list[str]]:
    """The fields a POST is refused for."""
    code, answer = caller.post(ADDRESS, body)
    if code != status:
        pytest.fail(f"{code}: {answer}")
    return dict(answer["error"].get("fields", {}))
