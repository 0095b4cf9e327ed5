"""Connecting an app: on its own page and back, mended, watched, ended; always over HTTP and as the product's role."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from automatos.tests.app_role import app_role
from tools.composio import connections
from tools.composio.testing import StandIn
from tools.composio.tests.kit import decide, filled, signed_in, whole
from tools.models import ComposioConnection
from workspaces.models import Role, User, Workspace
from workspaces.services import create_workspace, set_role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("composio")]


@pytest.fixture
def owner(composio: StandIn) -> User:
    user = User.objects.create_user("owner@example.org")
    filled(create_workspace(name="Kitchen", owner=user))
    return user


@pytest.fixture
def workspace(owner: User) -> Workspace:
    return Workspace.objects.get(name="Kitchen")


@pytest.fixture
def client(owner: User) -> Client:
    return signed_in(owner)


def begin(client: Client, workspace: Workspace, app: str = "github", **data: str) -> Any:
    """Press Connect; where the browser goes."""
    return whole(client.post(f"/w/{workspace.slug}/apps/{app}/connect/", data))


def leads_to(answer: Any) -> str:
    """Where the page sends the browser on to: no redirect, which the policy for forms would stop."""
    return str(answer.headers["Refresh"]).partition("url=")[2]


def connect(client: Client, workspace: Workspace, app: str = "github", decision: str = "allow", **data: str) -> str:
    """The whole way, as a browser makes it; where it ends."""
    link = begin(client, workspace, app, **data)
    assert link.status_code == 200, link.content
    back = decide(leads_to(link), decision)
    return str(whole(client.get(urlsplit(back)._replace(scheme="", netloc="").geturl())).headers["Location"])


def row(app: str = "github") -> ComposioConnection:
    return ComposioConnection.objects.get(app=app)


def test_an_app_is_connected_on_its_own_page(client: Client, workspace: Workspace, composio: StandIn) -> None:
    assert connect(client, workspace) == f"/w/{workspace.slug}/apps/github/"
    found = row()
    assert (found.status, found.pending_id, found.state_hash) == ("active", "", "")
    assert composio.world.accounts[found.account_id]["user_id"] == str(workspace.pk)
    assert "Connected" in client.get(f"/w/{workspace.slug}/apps/github/").text


def test_the_person_goes_on_where_they_were(client: Client, workspace: Workspace) -> None:
    draft = f"/w/{workspace.slug}/agents/new/tools/"
    assert connect(client, workspace, next=draft) == draft
    for foreign in ("https://evil.example/", "//evil.example", "/w/other/agents/", "/w/x\\y"):
        assert connect(client, workspace, next=foreign) == f"/w/{workspace.slug}/apps/github/"


def test_denied_is_not_connected(client: Client, workspace: Workspace) -> None:
    connect(client, workspace, decision="deny")
    assert row().status == "added"
    page = client.get(f"/w/{workspace.slug}/apps/github/").text
    assert "did not give access" in page
    assert "Not connected" in page


def test_what_the_address_says_is_not_believed(client: Client, workspace: Workspace, composio: StandIn) -> None:
    begin(client, workspace)
    config = composio.made("POST", "/connected_accounts/link")[-1]["body"]["callback_url"]
    path = urlsplit(config).path
    # Nobody allowed anything, and the account of another workspace is named.
    forged = whole(client.get(f"{path}?status=success&connected_account_id=ca_other"))
    assert forged.status_code == 302
    assert (row().status, row().account_id) == ("pending", "")
    # An account there that is another user's is not taken in either.
    account = composio.world.accounts[row().pending_id]
    account["status"], account["user_id"] = "ACTIVE", "somebody else"
    whole(client.get(path))
    assert (row().status, row().account_id) == ("added", "")


def test_a_state_is_good_once_and_in_its_workspace_only(
    client: Client, workspace: Workspace, composio: StandIn
) -> None:
    link = leads_to(begin(client, workspace))
    back = urlsplit(decide(link))
    other = create_workspace(name="Other", owner=User.objects.get())
    moved = f"{back.path.replace(f'/w/{workspace.slug}/', f'/w/{other.slug}/')}"
    assert "problem=not_found" in whole(client.get(moved)).headers["Location"]
    assert row().status == "pending"
    whole(client.get(back.path))
    assert row().status == "active"
    assert "problem=not_found" in whole(client.get(back.path)).headers["Location"]


def test_reconnecting_keeps_the_connection_and_forgets_the_old_account(
    client: Client, workspace: Workspace, composio: StandIn
) -> None:
    connect(client, workspace)
    first = row()
    composio.expire(first.account_id)
    with app_role():
        connections.ComposioEntityManager(workspace.pk).check("github", at_once=True)
    broken = row()
    assert (broken.status, broken.broken_since is not None) == ("error", True)
    page = client.get(f"/w/{workspace.slug}/apps/").text
    assert "needs reconnecting" in page
    assert "The access expired" in page
    connect(client, workspace)
    mended = row()
    assert (mended.pk, mended.status, mended.problem) == (first.pk, "active", "")
    assert mended.account_id != first.account_id
    assert first.account_id not in composio.world.accounts


def test_a_broken_connection_that_is_denied_anew_stays_broken(
    client: Client, workspace: Workspace, composio: StandIn
) -> None:
    connect(client, workspace)
    composio.expire(row().account_id, "REVOKED")
    with app_role():
        connections.ComposioEntityManager(workspace.pk).check("github", at_once=True)
    connect(client, workspace, decision="deny")
    assert row().status == "error"


def test_disconnecting_takes_the_permission_back_and_keeps_the_row(
    client: Client, workspace: Workspace, composio: StandIn
) -> None:
    connect(client, workspace)
    account = row().account_id
    path = f"/w/{workspace.slug}/apps/github/disconnect/"
    assert "Disconnect GitHub?" in client.get(path).text
    whole(client.post(path))
    assert (row().status, row().account_id) == ("added", "")
    assert account not in composio.world.accounts
    asked = composio.made("DELETE", account)
    assert asked[0]["query"] == {"revoke_on_delete": ["true"]}


def test_watching_finds_what_broke_before_a_run_needs_it(
    client: Client, workspace: Workspace, composio: StandIn
) -> None:
    connect(client, workspace)
    connect(client, workspace, "slack")
    composio.expire(row("slack").account_id, "INACTIVE")
    assert connections.due_workspaces() == []
    ComposioConnection.objects.update(checked_at=timezone.now() - timedelta(hours=1))
    with app_role():
        assert connections.due_workspaces() == [workspace.pk]
        connections.look_again(workspace.pk)
    assert (row("github").status, row("slack").status) == ("active", "error")
    assert connections.due_workspaces() == []


def test_a_composio_that_is_away_breaks_nothing(client: Client, workspace: Workspace, composio: StandIn) -> None:
    connect(client, workspace)
    ComposioConnection.objects.update(checked_at=None)
    composio.fail("/connected_accounts", 503, times=99)
    with app_role(), pytest.raises(Exception, match="injected"):
        connections.look_again(workspace.pk)
    assert row().status == "active"


def test_an_account_allowed_by_whoever_was_given_the_link_is_not_taken_in(
    client: Client, workspace: Workspace, composio: StandIn
) -> None:
    """Only the browser that pressed Connect has the secret; without it the account is another person's, perhaps."""
    decide(leads_to(begin(client, workspace)), "allow")
    account = row().pending_id
    ComposioConnection.objects.update(pending_until=timezone.now() - timedelta(minutes=1))
    with app_role():
        connections.look_again(workspace.pk)
    assert (row().status, row().pending_id, row().account_id) == ("added", "", "")
    assert account not in composio.world.accounts


def test_a_link_that_nobody_used_comes_to_an_end(client: Client, workspace: Workspace, composio: StandIn) -> None:
    begin(client, workspace)
    assert row().status == "pending"
    ComposioConnection.objects.update(pending_until=timezone.now() - timedelta(minutes=1))
    with app_role():
        assert connections.due_workspaces() == [workspace.pk]
        connections.look_again(workspace.pk)
    assert (row().status, row().pending_id) == ("added", "")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 429, "retry_after": 30}, "takes no more requests"),
        ({"status": 503}, "injected failure"),
        ({"status": 401}, "refused the key"),
    ],
)
def test_a_failure_is_said_on_the_page(
    client: Client, workspace: Workspace, composio: StandIn, fault: dict[str, Any], says: str
) -> None:
    composio.fail("/connected_accounts/link", times=9, **fault)
    answer = begin(client, workspace)
    assert answer.status_code == 302
    assert says in client.get(answer.headers["Location"]).text
    assert row().status == "added"


def test_the_api_says_the_same(client: Client, workspace: Workspace, composio: StandIn) -> None:
    header = {"X-Workspace-ID": str(workspace.pk)}
    made = whole(client.post("/api/composio/connect/github", {}, "application/json", headers=header))
    assert made.status_code == 201
    assert made.json()["redirect_url"].startswith(f"{composio.url}/s/")
    listed = client.get("/api/composio/connections", headers=header).json()
    assert [(one["app"], one["status"], one["says"]) for one in listed["items"]] == [
        ("github", "pending", "Waiting for approval")
    ]
    unknown = whole(client.post("/api/composio/connect/nothing", {}, "application/json", headers=header))
    assert unknown.status_code == 404
    free = whole(client.post("/api/composio/connect/hackernews", {}, "application/json", headers=header))
    assert (free.status_code, free.json()["error"]["code"]) == (409, "conflict")
    composio.fail("/connected_accounts/link", 429, times=9, retry_after=7)
    busy = whole(client.post("/api/composio/connect/github", {}, "application/json", headers=header))
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")
    ended = whole(client.delete("/api/composio/connections/github", headers=header))
    assert (ended.status_code, ended.json()["status"]) == (200, "added")


def test_who_may(workspace: Workspace) -> None:
    viewer, editor = (User.objects.create_user(f"{role}@example.org") for role in ("viewer", "editor"))
    set_role(workspace=workspace, user=viewer, role=Role.VIEWER)
    set_role(workspace=workspace, user=editor, role=Role.EDITOR)
    assert begin(signed_in(viewer), workspace).status_code == 403
    assert begin(signed_in(editor), workspace).status_code == 200
    assert signed_in(editor).post(f"/w/{workspace.slug}/apps/github/disconnect/").status_code == 403


def test_without_a_key_the_page_says_how_to_get_one(client: Client, workspace: Workspace, settings: Any) -> None:
    settings.COMPOSIO_API_KEY = ""
    page = client.get(f"/w/{workspace.slug}/apps/").text
    assert "Apps need a Composio key" in page
    assert "composio.dev" in page
    answer = client.post("/api/composio/syncs", {}, "application/json", headers={"X-Workspace-ID": str(workspace.pk)})
    assert (answer.status_code, "key of Composio" in answer.json()["error"]["message"]) == (409, True)
