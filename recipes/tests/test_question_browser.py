"""A server's question in a real browser: clean in both widths and themes, typed into while the run goes on, mended."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from automatos.private_hosts import parse
from automatos.testing import Stack
from automatos.tests.browser import People, Visitor, no_axe_violations, no_sideways_scroll
from recipes.models import Execution
from recipes.tests.kit import ended, final_output
from recipes.tests.test_mcp_tools_at_work import Bench, asked, call
from tools.mcp.connections import read_server
from tools.mcp.tests.servers import Tracker, tracker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def read_apart(workspace_id: UUID, service_id: UUID) -> None:
    """Read the server in another thread: the browser's loop runs in this one."""

    def read() -> None:
        read_server(workspace_id, service_id)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(read).result()


class Room:
    """A run that waits with a question of the tracker, and its owner's browser."""

    def __init__(self, stack: Stack, people: People, made: Tracker, url: str) -> None:
        self.bench = Bench(made, url, read_apart, is_trusted=True)
        self.visitor: Visitor = people.as_user(self.bench.cast.owner)
        stack.models.conversation("book", call("tracker_book", place="Rosa"), {"reply": "Booked."})
        self.run: Execution = self.bench.cook("book")
        self.question = asked(self.bench, self.run)
        self.root = f"/w/{self.bench.cast.workspace.slug}"


@pytest.fixture
def room(stack: Stack, people: People, settings: Settings) -> Iterator[Room]:
    stack.models.clear()
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{stack.tools_port}"])
    with tracker(stack.tools_port) as (made, url):
        yield Room(stack, people, made, url)


def answer(page: Page, seats: str) -> None:
    page.get_by_label("Seats").fill(seats)
    page.get_by_label("Kind").select_option("outside")
    page.get_by_label("Comment").fill("We are more.")
    page.get_by_role("button", name="Answer").click()


def test_the_question_is_clean_wherever_it_stands(room: Room) -> None:
    def wrong(page: Page) -> None:
        answer(page, "99")
        expect(page.get_by_role("heading", level=1)).to_have_text("Correct the answer")

    room.visitor.check(f"{room.root}/runs/{room.run.pk}/")
    room.visitor.check(f"{room.root}/approvals/")
    room.visitor.check(f"{room.root}/approvals/", wrong)


def test_a_wrong_answer_keeps_what_was_typed(room: Room) -> None:
    page = room.visitor.open(f"{room.root}/runs/{room.run.pk}/", width=360)
    answer(page, "99")
    expect(page.get_by_role("alert")).to_contain_text("One thing to fix before this can be sent.")
    expect(page.get_by_role("alert")).to_be_focused()
    seats = page.get_by_label("Seats")
    expect(seats).to_have_value("99")
    expect(seats).to_have_attribute("aria-invalid", "true")
    expect(seats).to_have_accessible_description("Write a number of 20 or less. How many people. From 1 to 20.")
    expect(page.get_by_label("Kind")).to_have_value("outside")
    expect(page.get_by_label("Comment")).to_have_value("We are more.")
    no_sideways_scroll(page)
    no_axe_violations(page)
    # By keys alone: the line of the summary leads to its field, Enter sends.
    page.get_by_role("link", name="Seats").focus()
    page.keyboard.press("Enter")
    expect(seats).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Booked.")
    assert f"/runs/{room.run.pk}/" in page.url
    assert final_output(ended(room.run)) == "Booked."
    assert room.bench.made.issues == ["Rosa 4 outside"]
    room.question.refresh_from_db()
    assert room.question.comment == "We are more."


def test_what_is_typed_stays_while_the_page_follows_the_run(room: Room) -> None:
    page = room.visitor.open(f"{room.root}/runs/{room.run.pk}/")
    expect(page.locator("[data-ref=conn]")).to_have_text("Live")
    page.get_by_label("Seats").fill("3")
    page.get_by_label("Comment").fill("By the window.")
    page.get_by_label("Kind").focus()
    with page.expect_response(lambda found: found.url.startswith(page.url)):
        page.locator("run-kitchen").evaluate("room => room.load()")
    expect(page.get_by_label("Seats")).to_have_value("3")
    expect(page.get_by_label("Comment")).to_have_value("By the window.")
    expect(page.get_by_label("Kind")).to_be_focused()


def test_declining_needs_nothing_filled_in(room: Room) -> None:
    page = room.visitor.open(f"{room.root}/approvals/")
    page.get_by_role("button", name="Decline").click()
    expect(page.locator("body")).to_contain_text("tracker was told that you decline")
    ended(room.run)
    assert room.bench.made.issues == []
