"""The pages of knowledge in a real browser, with something on them."""

import pytest

from agents import services_knowledge
from agents.models import Document
from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from recipes.tests.chat_kit import Room
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
    row = services_knowledge.paste(workspace=cast.workspace, user=cast.owner, title="Travel rules", text=text)
    wait_for(lambda: Document.objects.get(pk=row.pk).status == "ready", 60)
    for path in ("knowledge/?q=lunch", f"knowledge/{row.pk}/", "knowledge/new/?way=upload"):
        library.visitor.check(f"{library.root}/{path}")
    library.visitor.check(f"{library.agent}/documents/")
