"""The pages of API keys in a real browser: both themes, three widths, axe, silence; and copying a key."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from automatos.tests.browser import People
from workspaces.api_keys.services import create_api_key
from workspaces.models import Role, Workspace
from workspaces.services import create_workspace

pytestmark = pytest.mark.browser


@pytest.fixture
def workspace(people: People) -> Workspace:
    owner = people.owner(f"Olga-{uuid4().hex[:6]}")[1].members.get()
    workspace = create_workspace(name="Bistro", owner=owner)
    Workspace.objects.filter(pk=workspace.pk).update(plan="free")
    for name in ("CI", "A key with a name that is as long as names of keys in the wild are now and then"):
        create_api_key(
            workspace=workspace, user=owner, name=name, role="editor", scopes=["agents:read", "recipes:read"]
        )
    return workspace


def test_every_page_of_keys_is_sound(people: People, workspace: Workspace) -> None:
    admin = people.member(workspace, Role.ADMIN)
    home, key = f"/w/{workspace.slug}/settings/keys/", workspace.api_keys.first()
    assert key is not None
    for path in (
        home,
        f"{home}?q=nothing",
        f"{home}new/",
        *(f"{home}{key.pk}/{end}" for end in ("", "rotate/", "revoke/")),
    ):
        admin.check(path)
    people.member(workspace, Role.VIEWER).check(home)


def test_a_key_is_made_and_shown_this_once(people: People, workspace: Workspace) -> None:
    def make(page: Page) -> None:
        page.get_by_label("Name").fill("Nightly")
        page.get_by_role("button", name="Make the key").click()
        expect(page.get_by_role("heading", name="Nightly is ready")).to_be_visible()
        expect(page.locator("#key")).to_contain_text("atm_")

    admin = people.member(workspace, Role.ADMIN)
    admin.check(f"/w/{workspace.slug}/settings/keys/new/", make)
    page = admin.open(f"/w/{workspace.slug}/settings/keys/new/")
    make(page)
    text = page.locator("#key").inner_text()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("main")).to_contain_text("Nightly")
    assert text not in page.content()
