"""One agent's pages in a real browser: both themes, three widths, axe, silence; before its first work and after."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from agents.models import Agent
from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.tests.kit import Cast, ended
from workspaces.models import Role

pytestmark = pytest.mark.browser
TABS = ("", "tools/", "skills/", "runs/", "usage/", "history/", "status/", "edit/")


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


@pytest.mark.parametrize("tab", TABS)
def test_the_tabs_of_a_new_agent_are_sound(people: People, cast: Cast, tab: str) -> None:
    people.member(cast.workspace, Role.ADMIN).check(f"/w/{cast.workspace.slug}/agents/quill/{tab}")


@pytest.mark.parametrize("tab", ["", "tools/", "runs/", "usage/", "history/", "status/"])
def test_the_tabs_of_a_used_agent_are_sound(people: People, cast: Cast, tab: str) -> None:
    ended(cast.cook(cast.recipe("one", "two")))
    owner = people.member(cast.workspace, Role.EDITOR)
    page = owner.open(f"/w/{cast.workspace.slug}/agents/quill/tools/")
    page.get_by_role("button", name="Add Calculator").click()
    owner.check(f"/w/{cast.workspace.slug}/agents/quill/{tab}")
    people.member(cast.workspace, Role.VIEWER).check(f"/w/{cast.workspace.slug}/agents/quill/{tab}")


def test_tools_are_added_moved_and_removed_without_dragging(people: People, cast: Cast) -> None:
    page = people.member(cast.workspace, Role.EDITOR).open(f"/w/{cast.workspace.slug}/agents/quill/tools/")
    page.get_by_role("button", name="Add Calculator").click()
    page.get_by_role("button", name="Add Recall").click()
    page.get_by_role("button", name="Move Recall up").click()
    expect(page.get_by_role("region", name="Tools it has").get_by_role("listitem").first).to_contain_text("Recall")
    assert Agent.objects.get(pk=cast.agent.pk).tool_ids == ["recall", "calculator"]
    page.get_by_role("button", name="Remove Calculator").click()
    assert Agent.objects.get(pk=cast.agent.pk).tool_ids == ["recall"]
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("Tool Calculator removed.")).to_be_visible()


def test_the_form_says_at_once_what_the_chosen_model_does_not_take(people: People, cast: Cast) -> None:
    editor, path = people.member(cast.workspace, Role.EDITOR), f"/w/{cast.workspace.slug}/agents/quill/edit/"
    page = editor.open(path)
    page.get_by_label("Name", exact=True).fill("Quill the Second")
    page.get_by_text("Anthropic", exact=True).click()
    expect(page.locator("#parameters")).to_contain_text("takes no such setting")
    expect(page.locator("[data-show=temperature]")).to_have_text("Not taken")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Quill the Second")
    page.get_by_text("OpenAI", exact=True).click()
    page.get_by_text("openai:gpt-4o", exact=True).click()
    expect(page.get_by_role("slider", name="Temperature")).to_be_visible()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Quill the Second", level=1)).to_be_visible()


def test_a_file_goes_out_and_comes_in_somewhere_else(people: People, cast: Cast) -> None:
    ours = people.member(cast.workspace, Role.EDITOR)
    page = ours.open(f"/w/{cast.workspace.slug}/agents/quill/")
    page.get_by_label("More about Quill").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Export as YAML").click()
    other, workspace = people.owner(f"Nora {uuid4().hex[:6]}")
    path = f"/w/{workspace.slug}/agents/new/import/"
    other.check(path)
    page = other.open(path)
    page.get_by_label("File").set_input_files(started.value.path())
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Quill", level=1)).to_be_visible()
    assert Agent.objects.get(workspace=workspace).status == "inactive"


def test_the_pages_of_personas_are_sound(people: People, cast: Cast) -> None:
    path = f"/w/{cast.workspace.slug}/personas/"
    editor = people.member(cast.workspace, Role.ADMIN)
    editor.check(f"{path}new/", lambda page: page.get_by_role("button", name="Save").click())
    page = editor.open(f"{path}new/")
    page.get_by_label("Name", exact=True).fill("Terse")
    page.get_by_label("Category").fill("Support")
    page.get_by_label("Prompt", exact=True).fill("Be brief.")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Prompt of Terse").click()
    expect(page.get_by_role("region", name="Prompt of Terse")).to_be_visible()
    editor.check(path)
