"""Sharing an agent and installing it in a real browser, in both themes and widths."""

import re

import pytest
from playwright.sync_api import expect

from agents.models import Agent, AgentModelConfig
from automatos.tests.browser import People, Visitor
from marketplace.models import InstalledListing, Listing
from workspaces.models import Role, Workspace

pytestmark = pytest.mark.browser


def agent_in(workspace: Workspace) -> Agent:
    text = "Answer in one sentence. The password: hunter2!secret belongs to jo@kestrel-works.com."
    agent = Agent.objects.create(workspace=workspace, slug="ada", name="Ada", custom_prompt=text)
    AgentModelConfig.objects.create(agent=agent, provider="anthropic", model_id="claude-haiku-4-5")
    return agent


def test_an_agent_is_shared_by_link_and_installed_in_another_workspace(people: People) -> None:
    owner, workspace = people.owner("Author")
    agent = agent_in(workspace)
    home = f"/w/{workspace.slug}/marketplace/"
    for under in ("shared/", "installed/", f"share/agent/{agent.pk}/"):
        owner.check(home + under)
    page = owner.open(f"/w/{workspace.slug}/agents/ada/")
    page.get_by_label("More about Ada").click()
    page.get_by_role("link", name="Share", exact=True).click()
    expect(page.get_by_text("Taken out", exact=True)).to_be_visible()
    page.get_by_label("Who may have it?").select_option("link")
    page.get_by_role("button", name="Share it").click()
    expect(page.get_by_text("Whoever has the link can read and install Ada now.")).to_be_visible()
    owner.check(home + "shared/")
    listing = Listing.objects.get(workspace=workspace)

    guest, other = people.owner("Guest")
    page = guest.open(f"/shared/{listing.token}/")
    guest.check(f"/shared/{listing.token}/")
    page.get_by_role("link", name=other.name).click()
    expect(page.get_by_text("By link, no moderator has read it")).to_be_visible()
    expect(page.get_by_text("hunter2")).to_have_count(0)
    guest.check(page.url.removeprefix(guest.base_url))
    page.get_by_role("link", name="Install", exact=True).click()
    expect(page.get_by_text("It thinks with anthropic:claude-haiku-4-5.")).to_be_visible()
    guest.check(page.url.removeprefix(guest.base_url))
    page.get_by_role("button", name="Install").click()
    expect(page).to_have_url(re.compile(rf"/w/{other.slug}/agents/ada/"))
    update_and_uninstall(owner, guest, agent)
    people.member(workspace, Role.VIEWER).check(f"{home}listings/{listing.slug}/")


def update_and_uninstall(owner: Visitor, guest: Visitor, agent: Agent) -> None:
    """A newer version comes by the same link and is accepted; then all of it goes."""
    row = InstalledListing.objects.latest("installed_at")
    there, home = f"/w/{row.workspace.slug}/marketplace/", f"/w/{agent.workspace.slug}/marketplace/"
    guest.check(there + "installed/")
    changed = owner.open(f"{home}share/agent/{agent.pk}/")
    Agent.objects.filter(pk=agent.pk).update(custom_prompt="Answer in two sentences.")
    changed.get_by_label("Who may have it?").select_option("link")
    changed.get_by_role("button", name="Share it").click()
    expect(changed.get_by_text("Whoever has the link can read and install Ada now.")).to_be_visible()
    guest.check(f"{there}installed/{row.pk}/update/")
    page = guest.open(f"{there}installed/{row.pk}/update/")
    page.get_by_role("button", name="Accept version 2").click()
    expect(page.get_by_text("Ada is at version 2.")).to_be_visible()
    guest.check(f"{there}installed/{row.pk}/uninstall/")
    page.goto(f"{there}installed/{row.pk}/uninstall/")
    page.get_by_role("button", name="Uninstall").click()
    expect(page.get_by_text("The agent Ada was deleted")).to_be_visible()
