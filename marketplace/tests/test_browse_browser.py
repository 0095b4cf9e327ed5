"""The marketplace in a real browser: sound in widths and themes, narrowed without a reload, and without scripts."""

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connections
from playwright.sync_api import expect

from automatos.tests.browser import People, Visitor
from marketplace.models import Entry
from marketplace.moderation.seed_services import seed_plugins
from marketplace.plugins.categories import seed_categories

pytestmark = pytest.mark.browser


def seeded() -> None:
    """The project's own plugins; made in another thread, as Playwright keeps an event loop in this one."""

    def work() -> None:
        try:
            seed_categories()
            seed_plugins()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.fixture
def place(people: People) -> tuple[Visitor, str]:
    """Somebody new, and the address of the marketplace."""
    seeded()
    Entry.objects.filter(slug="incident-writer").update(
        is_featured=True,
        feature_note="Writes what happened, and nothing else.",
        reach=["host", "hook"],
        hosts=["api.example.org"],
        counts={"skills": 2, "hooks": 1, "mcp_servers": 1},
        rating=4.5,
        rating_count=12,
    )
    visitor, workspace = people.owner("browser")
    return visitor, f"/w/{workspace.slug}/marketplace/"


def test_the_list_is_sound(place: tuple[Visitor, str]) -> None:
    visitor, root = place
    visitor.check(root)
    visitor.check(f"{root}?q=release&only=text&sort=newest")
    visitor.check(f"{root}?q={uuid4().hex}&verdict=safe&only=no-hosts")


def test_typing_narrows_the_list_and_the_address_without_a_reload(place: tuple[Visitor, str]) -> None:
    visitor, root = place
    page = visitor.open(root)
    page.evaluate("window.same = true")
    page.get_by_label("Search the marketplace").fill("incident")
    expect(page.get_by_role("heading", name="What fits “incident”")).to_be_visible()
    expect(page.get_by_role("link", name="Incident writer").first).to_be_visible()
    expect(page).to_have_url(re.compile("q=incident"))
    assert page.evaluate("window.same")
    page.get_by_label("Category").select_option("testing")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(page).to_have_url(re.compile("category=testing"))
    assert page.evaluate("window.same")
    page.get_by_role("link", name="Without the category").click()
    expect(page.get_by_role("link", name="Incident writer").first).to_be_visible()


def test_without_scripts_forms_and_links_do(place: tuple[Visitor, str]) -> None:
    visitor, root = place
    page = visitor.open(root, script=False)
    page.get_by_label("Search the marketplace").fill("incident")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="Incident writer").first).to_be_visible()
    page.get_by_role("link", name="Text only").click()
    expect(page).to_have_url(re.compile("only=text"))
    assert "q=incident" in page.url


def test_a_plugin_is_read_enabled_reviewed_and_taken_out(place: tuple[Visitor, str]) -> None:
    visitor, root = place
    address = f"{root}plugins/release-notes/"
    visitor.check(address)
    page = visitor.open(address)
    page.get_by_role("link", name="manifest.json").click()
    expect(page.get_by_role("region", name="Text of manifest.json")).to_contain_text("release-notes")
    page.get_by_role("button", name="Enable it").click()
    expect(page.get_by_text("is enabled.")).to_be_visible()
    page.get_by_text("5", exact=True).last.click()
    page.get_by_label("In a sentence").fill("Short and true.")
    page.get_by_role("button", name="Publish as").click()
    expect(page.get_by_text("The review is published.")).to_be_visible()
    visitor.check(address)
    page.get_by_role("link", name="Take it out").click()
    page.get_by_role("button", name="Take it out").click()
    expect(page.get_by_text("is out of this workspace.")).to_be_visible()
