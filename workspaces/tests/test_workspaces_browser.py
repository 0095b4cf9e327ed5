"""The pages of workspaces, members and invitations in a real browser: both themes, three widths, axe, silence."""

from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from automatos.tests.browser import People, Visitor
from workspaces.members.invitation_services import invite
from workspaces.models import Invitation, Role, User, Workspace
from workspaces.services import create_workspace, set_role

pytestmark = pytest.mark.browser


class Team:
    """A shared workspace with an owner, an editor and two open invitations, and their browsers."""

    def __init__(self, people: People) -> None:
        word = uuid4().hex[:6]
        self.olga = User.objects.create_user(f"olga-{word}@example.org", name="Olga Ohm")
        self.workspace: Workspace = create_workspace(name=f"Bistro {word}", owner=self.olga)
        for name, role in (("ed", Role.EDITOR), ("ada", Role.ADMIN)):
            user = User.objects.create_user(f"{name}-with-a-rather-long-address-{word}@example.org", name=name.title())
            set_role(workspace=self.workspace, user=user, role=role)
            setattr(self, name, people.as_user(user))
        self.owner = people.as_user(self.olga)
        self.ed: Visitor
        self.ada: Visitor
        self.root = f"/w/{self.workspace.slug}/settings"
        _, self.token = self.invitation(f"nora-{word}@example.net")

    def invitation(self, email: str) -> tuple[Invitation, str]:
        return invite(workspace=self.workspace, email=email, role="editor", inviter=self.olga, by=Role.OWNER)


@pytest.fixture
def team(people: People) -> Team:
    return Team(people)


@pytest.mark.parametrize("page", ["/", "/members/", "/leave/", "/transfer/", "/delete/"])
def test_an_owners_settings_are_sound(team: Team, page: str) -> None:
    team.owner.check(f"{team.root}{page}")


@pytest.mark.parametrize("page", ["/", "/members/", "/leave/"])
def test_an_editors_settings_are_sound(team: Team, page: str) -> None:
    team.ed.check(f"{team.root}{page}")


def test_the_page_that_removes_somebody_is_sound(team: Team) -> None:
    member = team.workspace.members.get(name="Ed")
    team.ada.check(f"{team.root}/members/{member.pk}/remove/")


def test_the_pages_outside_of_a_workspace_are_sound(team: Team, people: People) -> None:
    gone = create_workspace(name="Gone", owner=team.olga)
    Workspace.objects.filter(pk=gone.pk).update(deleted_at=timezone.now(), deleted_by=team.olga)
    team.owner.check("/workspaces/")
    team.owner.check("/workspaces/new/")
    people.anyone().check(f"/invitations/{team.token}/")
    people.anyone().check("/invitations/wrong/")
    team.ed.check(f"/invitations/{team.token}/")


def send_nothing(page: Page) -> None:
    page.get_by_role("button", name="Make an invitation link").click()
    expect(page.get_by_role("alert")).to_be_focused()


def test_a_refused_invitation_leads_to_its_field(team: Team) -> None:
    team.ada.check(f"{team.root}/members/", send_nothing)
    page = team.ada.open(f"{team.root}/members/")
    send_nothing(page)
    page.get_by_role("alert").get_by_role("link", name="E-mail address").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()


def test_an_invitations_link_is_shown_once_and_can_be_copied(team: Team) -> None:
    page = team.ada.open(f"{team.root}/members/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("E-mail address").fill("new@example.net")
    page.get_by_label("Role", exact=True).first.select_option("viewer")
    page.get_by_role("button", name="Make an invitation link").click()
    link = page.locator("#link").inner_text()
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.goto(f"{team.root}/members/")
    expect(page.locator("#link")).to_have_count(0)
    assert not team.ada.console


@pytest.mark.parametrize("script", [True, False])
def test_one_switches_workspaces_from_the_shell(team: Team, script: bool) -> None:
    other = create_workspace(name=f"Zoo {uuid4().hex[:6]}", owner=team.olga)
    page = team.owner.open(f"/w/{team.workspace.slug}/agents/", script=script)
    page.locator("summary.ws").first.click()
    page.get_by_role("link", name=other.name).first.click()
    page.wait_for_url(f"**/w/{other.slug}/")
    page.locator("summary.ws").first.click()
    page.get_by_role("link", name="New workspace").first.click()
    page.get_by_label("Name").fill("Made here")
    page.get_by_role("button", name="Create the workspace").click()
    expect(page.get_by_role("heading", name="Members", exact=True)).to_be_visible()


def test_what_is_deleted_comes_back_with_undo(team: Team) -> None:
    page = team.owner.open(f"{team.root}/delete/")
    page.get_by_label("Type the name").fill("wrong")
    page.get_by_role("button", name="Delete the workspace").click()
    expect(page.get_by_text(f"Type {team.workspace.name} to delete it.").first).to_be_visible()
    page.get_by_label("Type the name").fill(team.workspace.name)
    page.get_by_role("button", name="Delete the workspace").click()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**/w/{team.workspace.slug}/")
    expect(page.get_by_text(f"{team.workspace.name} is back.")).to_be_visible()
