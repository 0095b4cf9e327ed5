"""The pages of knowledge in a real browser, with something on them."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from agents.knowledge import services as knowledge_services
from agents.models import Document
from automatos.testing import Stack
from automatos.tests.browser import People, Visitor, no_axe_violations, no_sideways_scroll
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


DROP = """async (files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
  document.querySelector('[data-drop]').dispatchEvent(new DragEvent('drop', options));
}"""


def test_a_folder_and_dropped_files_are_sent_one_by_one(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    (folder / "travel").mkdir(parents=True)
    (folder / "travel" / "README.md").write_text("# Trains\nSecond class.")
    (folder / "README.md").write_text("# Meals\n38 euros.")
    (folder / "broken.exe").write_bytes(b"MZ\x00")
    (folder / ".hidden").write_text("secret")
    page = library.visitor.open(f"{library.root}/knowledge/new/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
    expect(page.locator("[data-sum]")).to_contain_text("3 files chosen")
    page.evaluate(DROP, [["prices.md", "# Prices\nTwo euros."]])
    expect(page.locator("[data-sum]")).to_contain_text(
        "4 files chosen; press Add to send them. Hidden files left out: 1."
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-sum]")).to_contain_text("Added: 3. Not taken: 1.", timeout=60_000)
    row = page.get_by_role("listitem").filter(has_text="handbook/broken.exe")
    expect(row).to_contain_text("no kind that can be read")
    rows = Document.objects.filter(workspace=library.cast.workspace)
    assert sorted(rows.values_list("file_name", flat=True)) == [
        "handbook/README.md",
        "handbook/travel/README.md",
        "prices.md",
    ]
    wait_for(lambda: rows.filter(status="ready").count() == 3, 60)
    no_sideways_scroll(page)
    no_axe_violations(page)
    page.set_viewport_size({"width": 360, "height": 800})
    no_sideways_scroll(page)
    # The refused file is the browser's only complaint.
    library.visitor.console = [said for said in library.visitor.console if "422" not in said]


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
