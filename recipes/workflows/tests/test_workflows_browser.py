"""Workflows in a real browser: from a goal to a saved recipe, and every page in both themes and widths."""

import re
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.models import Recipe, Workflow
from recipes.tests.kit import ended
from recipes.workflows.tests.kit import GOALS, PIANO, WRITE, Goal, Kitchen, planned
from workspaces.models import Role

pytestmark = pytest.mark.browser


def test_from_a_goal_to_a_saved_recipe(people: People, stack: Stack) -> None:
    kitchen = Kitchen(stack)
    plan = planned(("a", "Look up on the web what Lisbon charges", (), ()), (*WRITE[:3], ("a",)))
    kitchen.listen([Goal("lisbon", [plan])])
    editor = people.member(kitchen.cast.workspace, Role.EDITOR)
    home = f"/w/{kitchen.cast.workspace.slug}/workflows/"
    page = editor.open(home)
    page.get_by_role("link", name="State the first goal").click()
    page.get_by_label("Goal").fill("Goal of the shape: lisbon. Say what we charge in Lisbon.")
    page.get_by_text("Limits and team").click()
    page.get_by_label("Lead").select_option(label="Quill")
    page.get_by_role("button", name="Make a plan").click()
    # The page follows the dry run by itself.
    expect(page.get_by_role("heading", name="Subtasks")).to_be_visible()
    page.get_by_role("link", name=re.compile("Write a short brief")).first.click()
    page.locator(".candidate-head", has_text="Argus").click()
    page.get_by_role("button", name="Let this agent do it").click()
    expect(page.locator(".plan-list")).to_contain_text("Argus")
    page.get_by_role("button", name="Start cooking").click()
    expect(page.get_by_role("heading", name="Answer", exact=True)).to_be_visible()
    expect(page.locator("#answer")).to_contain_text("The answer to lisbon.")
    expect(page.locator(".stagebar .done")).to_have_count(9)
    for left in ("2 subtasks, mixed", "2 agents, lowest match", "2 results", "quality 1.00, grade A", "2 experiences"):
        expect(page.locator("#stages")).to_contain_text(left)
    page.get_by_label("Lisbon").check()
    page.get_by_role("button", name="Save and open it").click()
    expect(page.get_by_text("was saved as a recipe").first).to_be_visible()
    recipe = Recipe.objects.get(workspace=kitchen.cast.workspace)
    assert [(step.step_id, step.agent.name) for step in recipe.steps.all() if step.agent] == [
        ("a", "Scout"), ("write", "Argus"), ("answer", "Quill"),
    ]  # fmt: skip
    assert "{input.lisbon}" in recipe.steps.get(step_id="a").prompt_template


def test_the_pages_of_workflows_are_sound(people: People, stack: Stack) -> None:
    kitchen = Kitchen(stack)
    editor = people.member(kitchen.cast.workspace, Role.EDITOR)
    home = f"/w/{kitchen.cast.workspace.slug}"
    editor.check(f"{home}/workflows/")
    editor.check(f"{home}/workflows/new/")
    editor.check(f"{home}/workflows/prompts/")
    goals = [goal for goal in GOALS if goal.name in ("diamond", "a subtask fails and is planned again")]
    unfit = Goal("some fit", [planned(*GOALS_ROWS)])
    kitchen.listen([*goals, unfit])
    runs = [ended(kitchen.begin(goal)) for goal in (*goals, unfit)]
    editor.check(f"{home}/workflows/")
    for run, replaced in zip(runs, (0, 1, 0), strict=True):
        # What failed stands before what took its place.
        editor.check(f"{home}/runs/{run.pk}/", partial(shown_replaced, number=replaced))
    workflow = Workflow.objects.get(executions=runs[2])
    kitchen.api.post(f"/api/workflows/{workflow.pk}/plan")
    workflow.refresh_from_db()
    ended(workflow.executions.exclude(pk=runs[2].pk).get())
    editor.check(f"{home}/workflows/{workflow.pk}/")
    editor.check(f"{home}/workflows/{workflow.pk}/edit/")
    editor.check(f"{home}/knowledge/memories/")


def shown_replaced(page: Page, number: int) -> None:
    """Waits for the graph with so many steps that were replaced."""
    expect(page.locator(".edges .replaced")).to_have_count(number)
    expect(page.locator(".tasknode.bad")).to_have_count(number)


GOALS_ROWS = ((*WRITE[:3], ()), PIANO)
