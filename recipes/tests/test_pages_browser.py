"""The agent and recipe pages in a real browser: both themes and widths, axe, and what scripts add."""

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import APIResponse, Dialog, Page, Route, expect

from agents.model_choice.choice import ModelInput
from agents.models import Agent, Persona
from agents.services import AgentInput, create_agent
from automatos.tests.browser import People, Visitor, hold_script, no_axe_violations, no_console_messages
from recipes.models import Execution, Recipe
from recipes.services import RecipeInput, create_recipe
from recipes.validation import StepInput
from workspaces.models import Workspace

pytestmark = pytest.mark.browser
MODEL = ModelInput(provider="openai", model_id="test-model")


class Kitchen:
    """A workspace with two agents, a recipe of two steps, and its owner at the browser."""

    def __init__(self, people: People) -> None:
        self.owner: Visitor
        self.workspace: Workspace
        self.owner, self.workspace = people.owner(f"Ines {uuid4().hex[:6]}")
        self.quill, self.argus = self.agent("Quill"), self.agent("Argus")
        steps = [
            StepInput(
                agent_id=self.quill.pk, name="Draft", prompt_template="Write about {input.topic}.", output_key="text"
            ),
            StepInput(agent_id=self.argus.pk, name="Check", prompt_template="Check {text}."),
        ]
        inputs = {"topic": {"type": "string", "required": True, "default": "tea"}}
        data = RecipeInput(name="Brief", description="A short brief.", inputs=inputs, steps=steps)
        self.recipe: Recipe = create_recipe(workspace=self.workspace, user=None, data=data)
        self.root = f"/w/{self.workspace.slug}"

    def agent(self, name: str) -> Agent:
        """An active agent."""
        data = AgentInput(name=name, description="Does one thing well.", agent_model_config=MODEL)
        return create_agent(workspace=self.workspace, user=None, data=data)


@pytest.fixture
def kitchen(people: People) -> Kitchen:
    return Kitchen(people)


@pytest.mark.parametrize("path", ["agents/", "agents/new/", "agents/?view=table", "agents/quill/", "agents/?q=zebra"])
def test_agent_pages_are_clean_in_both_themes_and_widths(kitchen: Kitchen, path: str) -> None:
    kitchen.owner.check(f"{kitchen.root}/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "recipes/", "recipes/?view=table", "recipes/new/", "recipes/brief/", "recipes/brief/edit/?step=step_1",
        "recipes/brief/edit/?view=graph", "recipes/brief/edit/?view=code", "recipes/brief/edit/?step=start",
        "recipes/brief/edit/?step=settings", "recipes/brief/versions/", "recipes/brief/delete/",
    ],
)  # fmt: skip
def test_recipe_pages_are_clean_in_both_themes_and_widths(kitchen: Kitchen, path: str) -> None:
    kitchen.owner.check(f"{kitchen.root}/{path}")


def test_a_refused_form_moves_the_focus_to_a_summary_that_leads_to_the_field(kitchen: Kitchen) -> None:
    def send(page: Page) -> None:
        page.get_by_label("Max output tokens").fill("0")
        page.get_by_role("button", name="Save changes").click()
        expect(page.locator("#summary")).to_be_focused()

    kitchen.owner.check(f"{kitchen.root}/agents/quill/edit/", send)
    page = kitchen.owner.open(f"{kitchen.root}/agents/quill/edit/")
    send(page)
    page.get_by_role("link", name="Max output tokens").click()
    expect(page.get_by_label("Max output tokens")).to_be_focused()
    page.get_by_role("button", name="use 1").click()
    expect(page.get_by_label("Max output tokens")).to_have_value("1")


def test_the_preview_follows_the_typing_and_a_persona_becomes_ones_own_prompt(kitchen: Kitchen) -> None:
    Persona.objects.get_or_create(
        slug="browser-reviewer",
        workspace=None,
        name="Reviewer",
        category="Testing",
        defaults={"system_prompt": "Be brief.", "suggested_temperature": 0.2},
    )
    page = kitchen.owner.open(f"{kitchen.root}/agents/quill/edit/")
    preview = page.get_by_role("complementary", name="Agent preview")
    page.get_by_label("Name", exact=True).fill("Nora")
    expect(preview.get_by_role("heading")).to_have_text("Nora")
    page.get_by_role("radio", name=re.compile("Predefined")).check()
    page.get_by_role("button", name="Testing").click()
    page.get_by_role("radio", name=re.compile("^Reviewer")).check()
    expect(preview).to_contain_text("Reviewer")
    page.get_by_text("Prompt and temperature of Reviewer").click()
    page.get_by_role("button", name="Use its temperature, 0.2").click()
    expect(page.get_by_label("Temperature", exact=True)).to_have_value("0.2")
    page.get_by_role("radio", name=re.compile("Your own")).check()
    expect(page.get_by_label("Your own prompt")).to_have_value("Be brief.")
    no_console_messages(kitchen.owner.console)


def test_the_editor_keeps_what_is_typed_and_completes_names_by_keyboard(kitchen: Kitchen) -> None:
    page = kitchen.owner.open(f"{kitchen.root}/recipes/brief/edit/?step=step_2")
    prompt = page.locator("#id_s-prompt_template")
    prompt.fill("Check {sorces} and ")
    expect(page.locator("mark.unknown")).to_have_text("{sorces}")
    prompt.press("End")
    prompt.press_sequentially("{tex")
    expect(page.get_by_role("option", name="{text}")).to_have_attribute("aria-selected", "true")
    prompt.press("Tab")
    expect(prompt).to_have_value("Check {sorces} and {text}")
    expect(page.locator("#saved")).to_contain_text("Draft saved")
    page.get_by_role("button", name="Use {previous_output}").click()
    expect(prompt).to_have_value("Check {previous_output} and {text}")
    expect(page.locator("#problems-link")).to_have_count(0)
    page.locator("#id_s-name").fill("Look twice")
    page.get_by_role("link", name="Step before").click()
    expect(page.locator("#id_s-name")).to_have_value("Draft")
    expect(page.locator("#outline")).to_contain_text("Look twice")
    no_axe_violations(page)
    page.locator("#edbar").get_by_role("link", name="Settings", exact=True).first.click()
    expect(page.get_by_role("dialog", name="Settings of a run")).to_be_visible()
    page.get_by_label("Whole run").fill("20 min")
    page.keyboard.press("Escape")
    expect(page.locator("#saved")).to_contain_text("Draft saved")
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_role("heading", name="Brief", level=1)).to_be_visible()
    recipe = Recipe.objects.get(pk=kitchen.recipe.pk)
    assert (recipe.version, recipe.execution_config["total_timeout"]) == (2, 1200)
    assert recipe.steps.get(order=2).prompt_template == "Check {previous_output} and {text}"
    no_console_messages(kitchen.owner.console)


def test_the_editor_keeps_what_is_typed_before_its_script_has_come(kitchen: Kitchen) -> None:
    path = f"{kitchen.root}/recipes/brief/edit/?step=step_1"
    page = kitchen.owner.open(path)
    release = hold_script(page, "editor")
    page.reload(wait_until="commit")
    page.locator("#id_s-name").fill("Typed early")
    release()
    expect(page.locator("#saved")).to_contain_text("Draft saved")
    page.goto(path)
    expect(page.locator("#id_s-name")).to_have_value("Typed early")


def test_the_editor_works_without_scripts(kitchen: Kitchen) -> None:
    page = kitchen.owner.open(f"{kitchen.root}/recipes/brief/edit/?step=step_2", script=False)
    page.locator("#id_s-prompt_template").fill("Check it: {text}")
    page.locator("#id_s-name").press("Enter")
    page.get_by_text("Add a step", exact=True).click()
    page.get_by_role("button", name="Ask a person").click()
    page.locator("#id_s-prompt_template").fill("Good?")
    page.locator("#id_s-name").press("Enter")
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_role("heading", name="Brief", level=1)).to_be_visible()
    recipe = Recipe.objects.get(pk=kitchen.recipe.pk)
    assert [step.kind for step in recipe.steps.all()] == ["agent", "agent", "wait"]


def test_a_double_click_on_cook_makes_one_run_and_opens_its_kitchen(kitchen: Kitchen, stack: Any) -> None:
    page = kitchen.owner.open(f"{kitchen.root}/recipes/brief/")
    page.get_by_label("Topic").fill("coffee")
    page.get_by_role("button", name="Cook", exact=True).dblclick()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/"))
    run = Execution.objects.get(workspace=kitchen.workspace)
    assert str(run.pk) in page.url
    assert run.input_data == {"topic": "coffee"}


def test_leaving_a_changed_form_asks_first(kitchen: Kitchen) -> None:
    page = kitchen.owner.open(f"{kitchen.root}/agents/quill/edit/")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label("Name", exact=True).fill("Changed")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Recipes", exact=False).first.click()
    assert asked == ["beforeunload"]
    assert page.url.endswith("/agents/quill/edit/")


def test_a_button_waits_for_what_is_on_its_way(kitchen: Kitchen) -> None:
    """Who types and presses at once sends the part twice: the second one is no change by somebody else."""
    page = kitchen.owner.open(f"{kitchen.root}/recipes/brief/edit/?step=start")
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if not held and "do=autosave" in (route.request.post_data or ""):
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/edit/", hold)
    page.get_by_label("Description").fill("A brief that is short.")
    page.get_by_label("Description").press("Tab")
    for _ in range(300):
        if held:
            break
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Add an input").click(no_wait_after=True)
    page.wait_for_timeout(300)
    ((route, answer),) = held
    route.fulfill(response=answer)
    expect(page.locator('[name="inputs-1-name"]')).to_be_visible()
    expect(page.locator("#clash")).to_have_count(0)
    expect(page.get_by_label("Description")).to_have_value("A brief that is short.")
    assert not kitchen.owner.console
