"""The pages of knowledge in a real browser, with something on them."""

import pytest
from playwright.sync_api import expect

from agents.knowledge import services as knowledge_services
from agents.models import Document
from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from recipes.tests.chat_kit import Room, call
from recipes.tests.kit import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


class Library(Room):
    """A room with somebody at its browser."""

    def __init__(self, stack: Stack, people: People) -> None:
        super().__init__(stack)
        self.visitor: Visitor = people.as_user(self.cast.owner)
        self.root = f"/w/{self.cast.workspace.slug}"
        self.agent = f"{self.root}/agents/{self.cast.agent.slug}"


@pytest.fixture
def library(stack: Stack, people: People) -> Library:
    return Library(stack, people)


def test_its_pages_are_in_order_at_each_width_and_theme(library: Library) -> None:
    cast = library.cast
    text = "# Meals\nThe meal allowance is 38 euros."
    row = knowledge_services.paste(workspace=cast.workspace, user=cast.owner, title="Travel rules", text=text)
    wait_for(lambda: Document.objects.get(pk=row.pk).status == "ready", 60)
    for path in ("knowledge/?q=lunch", f"knowledge/{row.pk}/", "knowledge/new/?way=upload"):
        library.visitor.check(f"{library.root}/{path}")
    library.visitor.check(f"{library.agent}/documents/")


def test_a_pasted_text_is_found_given_to_an_agent_and_cited(library: Library) -> None:
    page = library.visitor.open(f"{library.root}/knowledge/")
    page.get_by_role("link", name="Add the first document").click()
    page.get_by_role("link", name="Paste a text").click()
    page.get_by_label("Title").fill("Travel rules")
    page.get_by_label("Text").fill("# Meals\nThe meal allowance is 38 euros.")
    page.get_by_role("button", name="Add it").click()
    wait_for(lambda: Document.objects.filter(workspace=library.cast.workspace, status="ready").exists(), 60)
    page.goto(f"{library.root}/knowledge/?q=what+is+paid+for+lunch")
    expect(page.get_by_text("The meal allowance is 38 euros.")).to_be_visible()
    page.goto(f"{library.agent}/documents/")
    page.get_by_label("Travel rules").check()
    page.get_by_role("button", name="Save documents").click()
    expect(page.get_by_label("Travel rules")).to_be_checked()
    looked_up = {"tool_calls": [call("search_knowledge", query="lunch")]}
    library.stack.models.conversation("lunch", looked_up, {"reply": "38 euros [1]."})
    page.goto(f"{library.agent}/playground/")
    page.get_by_label("Message", exact=True).fill("What is paid for lunch?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("38 euros [1].")).to_be_visible()
    told = library.stack.models.requests[-1].tool_results[0].content
    assert "[1] Travel rules, Meals" in told
