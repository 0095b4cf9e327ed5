"""The pages of apps in a real browser: a real web process, a real worker, a server that speaks Composio's API."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from tools.composio.testing import KEY, StandIn, serve
from tools.models import ComposioConnection
from workspaces.credentials import services as credentials
from workspaces.credentials.types import seed_credential_types
from workspaces.models import User, Workspace

pytestmark = pytest.mark.browser


class Apps:
    """An owner at the apps of their workspace."""

    def __init__(self, people: People, stand_in: StandIn) -> None:
        seed_credential_types()
        self.stand_in = stand_in
        self.owner: Visitor
        self.workspace: Workspace
        self.owner, self.workspace = people.owner(f"Ines {uuid4().hex[:6]}")
        self.home = f"/w/{self.workspace.slug}/apps/"

    def add_key(self) -> None:
        user = User.objects.get(memberships__workspace=self.workspace)
        credentials.create(
            workspace=self.workspace, user=user, type_slug="composio", name="Apps", fields={"api_key": KEY}
        )


@pytest.fixture
def apps(people: People, stack: Stack) -> Iterator[Apps]:
    with serve(port=stack.apps_port) as running:
        yield Apps(people, running)


def test_without_a_key_the_page_is_clean(apps: Apps) -> None:
    apps.owner.check(apps.home)


def test_an_app_is_connected_used_and_disconnected(apps: Apps) -> None:
    apps.add_key()
    page = apps.owner.open(apps.home)
    # The catalogue is everybody's: another test may have read it already.
    first = page.get_by_role("button", name="Read the catalogue")
    first.or_(page.get_by_role("button", name="Read what changed")).click()
    expect(page.get_by_text("The catalogue is being read.")).to_be_hidden(timeout=60_000)
    page.goto(f"{page.url.split('/apps/')[0]}/apps/github/")
    page.get_by_role("button", name="Connect GitHub").click()
    expect(page.get_by_role("heading", name="Connect github")).to_be_visible()
    page.get_by_role("link", name="Allow").click()
    expect(page.get_by_text("Connected", exact=True).first).to_be_visible()
    apps.owner.check(apps.home)
    apps.owner.check(f"{apps.home}github/")
    page = apps.owner.open(f"{apps.home}github/actions/GITHUB_CREATE_AN_ISSUE/")
    page.get_by_label("owner").fill("o")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("Would be refused")).to_be_visible()
    page.get_by_label("repo").fill("r")
    page.get_by_label("title").fill("Crash")
    page.get_by_role("button", name="Run it for real").click()
    page.get_by_role("button", name="Run github_create_an_issue").click()
    expect(page.get_by_text("1347").first).to_be_visible()
    apps.owner.check(f"/w/{apps.workspace.slug}/tool-log/")
    root = f"/w/{apps.workspace.slug}/agents/"
    page = apps.owner.open(f"{root}new/")
    page.get_by_role("button", name="Start blank").click()
    page.wait_for_url("**/config/")
    draft = page.url.split("/w/")[1].removesuffix("config/")
    page = apps.owner.open(f"/w/{draft}tools/")
    page.get_by_label("GitHub").check()
    expect(page.get_by_text("Draft saved just now")).to_be_visible()
    page.get_by_role("button", name="Connect another app").click()
    page.get_by_role("link", name="Go back").click()
    expect(page.get_by_label("GitHub")).to_be_checked()
    apps.owner.check(f"/w/{draft}tools/")
    page = apps.owner.open(f"{apps.home}github/disconnect/")
    page.get_by_role("button", name="Disconnect GitHub").click()
    expect(page.get_by_text("Not connected").first).to_be_visible()
    assert ComposioConnection.objects.get(workspace=apps.workspace).status == "added"
