"""What a workspace's own server names is nothing to the key that comes after it."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from automatos.private_hosts import parse
from automatos.tests.app_role import app_role
from tools.composio import connections, triggers
from tools.composio.testing import KEY, StandIn, serve
from tools.composio.testing.shapes import Json
from tools.composio.testing.world import World
from tools.composio.tests.kit import decide, filled, signed_in, whole
from tools.models import ComposioConnection, ComposioTrigger
from workspaces.credentials import services as credentials
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("composio", "credential_types")]


@dataclass
class Liar(World):
    """Names somebody else's account as the one it just made."""

    named: str = ""

    def new_account(self, config: Json, user_id: str, callback: str | None, base: str) -> tuple[Json, str]:
        account, token = super().new_account(config, user_id, callback, base)
        self.accounts[self.named] = self.accounts.pop(account["id"]) | {"id": self.named}
        self.links[token] = self.named
        return self.accounts[self.named], token


def connect(client: Client, workspace: Workspace, decision: str = "allow") -> None:
    """The whole way, as a browser makes it."""
    link = whole(client.post(f"/w/{workspace.slug}/apps/github/connect/"))
    back = urlsplit(decide(link.headers["Refresh"].partition("url=")[2], decision))
    whole(client.get(back.path))


def row(workspace: Workspace) -> ComposioConnection:
    return ComposioConnection.objects.get(workspace=workspace)


@pytest.fixture
def victim(composio: StandIn) -> Workspace:
    """Connected with the installation's key."""
    owner = User.objects.create_user("victim@example.org")
    made = create_workspace(name="Victim", owner=owner)
    filled(made)
    connect(signed_in(owner), made)
    return made


@pytest.fixture
def thief(victim: Workspace, settings: Settings) -> Workspace:
    """Its own server named the victim's account; then its credential was deleted."""
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    owner = User.objects.create_user("thief@example.org")
    made = create_workspace(name="Thief", owner=owner)
    with serve(Liar(named=row(victim).account_id)) as own:
        fields = {"api_key": KEY, "base_url": own.url}
        key = credentials.create(workspace=made, user=owner, type_slug="composio", name="Own", fields=fields)
        filled(made)
        connect(signed_in(owner), made)
        credentials.delete(workspace_id=made.pk, credential_id=key.pk)
    assert row(made).account_id == row(victim).account_id
    return made


def test_disconnecting_ends_nobody_elses_account(victim: Workspace, thief: Workspace, composio: StandIn) -> None:
    whole(signed_in(User.objects.get(email__startswith="thief")).post(f"/w/{thief.slug}/apps/github/disconnect/"))
    assert row(thief).account_id == ""
    assert row(victim).account_id in composio.world.accounts


def test_an_account_of_the_key_in_use_is_read_before_it_is_ended(
    victim: Workspace, thief: Workspace, composio: StandIn
) -> None:
    # As rows were left by a version that kept the old account under the new key.
    ComposioConnection.objects.filter(workspace=thief).update(credential_id=None)
    with app_role():
        connections.ComposioEntityManager(thief.pk).disconnect("github")
    assert row(victim).account_id in composio.world.accounts


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_reconnecting_lets_go_of_what_another_key_left(
    victim: Workspace, thief: Workspace, composio: StandIn, decision: str
) -> None:
    ComposioTrigger.objects.create(workspace=thief, connection=row(thief), slug="X", trigger_id="ti_victim")
    connect(signed_in(User.objects.get(email__startswith="thief")), thief, decision)
    assert row(victim).account_id in composio.world.accounts
    found = row(thief)
    assert (found.status, bool(found.account_id)) == (("active", True) if decision == "allow" else ("added", False))
    assert found.account_id != row(victim).account_id
    assert not ComposioTrigger.objects.exists()


def test_an_account_of_another_key_is_neither_asked_for_nor_listened_to(thief: Workspace, composio: StandIn) -> None:
    asked = len(composio.world.requests)
    client, header = signed_in(User.objects.get(email__startswith="thief")), {"X-Workspace-ID": str(thief.pk)}
    wanted = {"app": "github", "event": "GITHUB_COMMIT_EVENT", "config": {"owner": "o", "repo": "r"}}
    answer = whole(client.post("/api/composio/triggers", wanted, "application/json", headers=header))
    assert (answer.status_code, "another Composio key" in answer.json()["error"]["message"]) == (409, True)
    with app_role():
        connections.ComposioEntityManager(thief.pk).check("github", at_once=True)
    assert (row(thief).status, "another Composio key" in row(thief).problem) == ("error", True)
    assert len(composio.world.requests) == asked


def test_an_event_of_another_key_is_ended_here_only(victim: Workspace, composio: StandIn) -> None:
    composio.world.triggers["ti_other"] = {}
    made = ComposioTrigger.objects.create(workspace=victim, connection=row(victim), slug="X", trigger_id="ti_other")
    ComposioConnection.objects.update(credential_id=uuid4())
    with app_role():
        triggers.ignore(victim.pk, made.pk)
    assert not ComposioTrigger.objects.exists()
    assert "ti_other" in composio.world.triggers
