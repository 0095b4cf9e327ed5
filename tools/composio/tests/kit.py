"""What the tests of apps share."""

import urllib.error
import urllib.request
from typing import Any

import orjson
from asgiref.sync import async_to_sync
from django.test import Client

from automatos.later import LaterResponse
from automatos.tests.app_role import app_role
from tools.composio import catalogue, jobs
from workspaces.models import User, Workspace
from workspaces.scope.tenancy import workspace_scope


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def decide(link: str, decision: str = "allow") -> str:
    """What a person does on the app's page; where the browser goes then."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        opener.open(f"{link}?decision={decision}", timeout=10)
    except urllib.error.HTTPError as moved:
        return str(moved.headers["Location"])
    raise AssertionError("the app's page did not send the browser on")


def signed_in(user: User) -> Client:
    """A browser of this person."""
    client = Client(raise_request_exception=True)
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def whole(response: Any) -> Any:
    """The answer itself, where what came back stands for one that is given later."""
    if not isinstance(response, LaterResponse):
        return response
    with app_role():
        found: Any = async_to_sync(response.settled)()
    if found.get("content-type", "").startswith("application/json"):
        found.json = lambda: orjson.loads(found.content)
    return found


def filled(workspace: Workspace) -> None:
    """Fill the catalogue."""
    with app_role():
        with workspace_scope(workspace.pk):
            job = jobs.request_sync(workspace=workspace, user=None, kind="full")
        catalogue.run_sync(job.pk, lambda _, tell: None)
