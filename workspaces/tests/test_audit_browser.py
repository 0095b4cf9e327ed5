"""The page of the audit log in a real browser: both themes, three widths, axe, silence."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from automatos.tests.browser import People, Visitor
from workspaces.audit import log as audit
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

pytestmark = pytest.mark.browser


@pytest.fixture
def owner(people: People) -> tuple[Visitor, str]:
    """An owner, and the address of a log with some 130 entries."""
    word = uuid4().hex[:6]
    user = User.objects.create_user(f"olga-{word}@example.org", name="Olga Ohm")
    workspace: Workspace = create_workspace(name=f"Bistro {word}", owner=user)
    for number in range(130):
        audit.record(
            "agent.updated",
            workspace_id=workspace.pk,
            target=("agent", uuid4(), "An agent with a rather long name that goes on and on"),
            before={"tags": [], "agent_model_config": {"temperature": 0.4}, "custom_prompt": "Cook.\nWell."},
            after={"tags": ["news"], "agent_model_config": {"temperature": 0.9}, "custom_prompt": f"Cook.\n{number}"},
        )
    return people.as_user(user), f"/w/{workspace.slug}/settings/audit/"


def unfold(page: Page) -> None:
    page.locator("#entry-131 summary").click()
    expect(page.get_by_role("region", name="What changed").first).to_be_visible()


def test_the_log_is_sound_folded_and_unfolded(owner: tuple[Visitor, str]) -> None:
    visitor, path = owner
    visitor.check(path, then=unfold)


@pytest.mark.parametrize("query", ["?group=recipe", "?since=soon", "?before=1"])
def test_its_other_states_are_sound(owner: tuple[Visitor, str], query: str) -> None:
    visitor, path = owner
    visitor.check(f"{path}{query}")


def test_older_entries_and_filters_are_reached_by_clicking(owner: tuple[Visitor, str]) -> None:
    visitor, path = owner
    page = visitor.open(path)
    first = page.locator("#entry-131")
    expect(first).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page.locator("#entry-81")).to_be_visible()
    expect(first).to_have_count(0)
    page.get_by_label("Kind of action").select_option("workspace")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Workspace: created")).to_be_visible()
    expect(page).to_have_url(re.compile(r"group=workspace"))
    assert "before=" not in page.url


def test_the_log_is_saved_as_a_file_with_its_filters(owner: tuple[Visitor, str]) -> None:
    visitor, path = owner
    page = visitor.open(f"{path}?group=agent")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSON Lines").click()
    assert download.value.suggested_filename.endswith(".jsonl")
    assert len(download.value.path().read_bytes().splitlines()) == 130
