"""Where somebody lands who is signed in, by whichever way."""

import pytest
from django.test import Client

from workspaces.models import Workspace
from workspaces.tests.clerk_kit import Instance, instance

__all__ = ["instance"]
pytestmark = pytest.mark.django_db


def browser(token: str) -> Client:
    client = Client()
    client.cookies["__session"] = token
    return client


@pytest.mark.parametrize("path", ["/", "/accounts/login/"])
def test_who_has_an_organisation_active_at_clerk_lands_in_its_workspace(instance: Instance, path: str) -> None:
    inside = browser(instance.token("user_ada", org_id="org_acme", org_slug="acme", org_role="org:admin"))
    assert inside.get(path).headers["Location"] == "/w/acme/"


@pytest.mark.parametrize("path", ["/", "/accounts/login/"])
def test_who_has_none_active_lands_in_their_own(instance: Instance, path: str) -> None:
    browser(instance.token("user_ada", org_id="org_acme", org_slug="acme", org_role="org:admin")).get("/")
    own = Workspace.objects.get(memberships__user__clerk_id="user_ada", kind=Workspace.Kind.PERSONAL)
    assert browser(instance.token("user_ada")).get(path).headers["Location"] == f"/w/{own.slug}/"
