"""The frame in a real browser: both themes and widths, keyboard, menus, drawer, palette, toasts."""

import pytest
from playwright.sync_api import Page, expect

from automatos.tests.browser import People, Visitor, no_axe_violations, no_console_messages, no_sideways_scroll

pytestmark = pytest.mark.browser


@pytest.fixture
def home(people: People) -> tuple[Visitor, str]:
    """A signed-in person and the address of their dashboard."""
    visitor, workspace = people.owner("Ines")
    return visitor, f"/w/{workspace.slug}/"


@pytest.mark.parametrize(
    "path",
    ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"],
)
def test_the_pages_before_sign_in_are_sound_everywhere(people: People, path: str) -> None:
    people.anyone().check(path)


def test_the_page_of_an_unknown_address_is_sound_everywhere(people: People) -> None:
    people.anyone().check("/no-such-page")


def test_the_account_pages_are_sound_everywhere(home: tuple[Visitor, str]) -> None:
    home[0].check("/accounts/password/change/")
    home[0].check("/accounts/email/")


def test_an_empty_workspace_is_sound_everywhere(home: tuple[Visitor, str]) -> None:
    home[0].check(home[1])


def test_a_refused_form_is_sound_and_its_first_error_is_tied_to_its_field(people: People) -> None:
    def refused(page: Page) -> None:
        page.get_by_label("E-mail").fill("nonsense")
        page.get_by_label("Password").fill("short")
        page.get_by_role("button", name="Create the account").click()
        expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("E-mail")).to_have_accessible_description("Enter a valid email address.")
        expect(page.get_by_label("E-mail")).to_have_value("nonsense")

    people.anyone().check("/accounts/signup/", refused)


def test_a_person_signs_up_and_stands_in_their_own_workspace(people: People) -> None:
    page = people.anyone().open("/")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("E-mail").fill("first.time@example.com")
    page.get_by_label("Password").fill("a-long-kitchen-word")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.wait_for_url("**/w/first*/")


def test_the_first_tab_stop_is_the_way_past_the_navigation(home: tuple[Visitor, str]) -> None:
    page = home[0].open(home[1])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_palette_opens_by_keyboard_finds_and_gives_the_focus_back(home: tuple[Visitor, str]) -> None:
    visitor, path = home
    page = visitor.open(path)
    page.get_by_role("button", name="Switch colour theme").focus()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or run a command")
    expect(field).to_be_focused()
    no_axe_violations(page)
    field.fill("zzzz")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Switch colour theme")).to_be_focused()
    page.keyboard.press("Control+k")
    field.fill("agents")
    page.keyboard.press("Enter")
    page.wait_for_url("**/agents/")
    no_console_messages(visitor.console)


def test_the_menus_work_by_keyboard_and_close_on_escape(home: tuple[Visitor, str]) -> None:
    visitor, path = home
    page = visitor.open(path)
    account = page.locator("summary.acct")
    account.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    no_axe_violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(account).to_be_focused()
    page.locator("summary.ws").first.click()
    expect(page.get_by_role("link", name="Ines's workspace")).to_be_visible()
    no_axe_violations(page)
    no_console_messages(visitor.console)


def test_the_account_menu_signs_out(home: tuple[Visitor, str]) -> None:
    page = home[0].open(home[1])
    page.locator("summary.acct").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Create an account")).to_be_visible()
    page.goto(home[1])
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_on_a_phone_the_drawer_holds_every_place(home: tuple[Visitor, str]) -> None:
    visitor, path = home
    wide = visitor.open(path).get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()
    page = visitor.open(path, width=360, theme="dark")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.get_by_role("button", name="Open menu").click()
    drawer = page.get_by_role("dialog", name="Menu")
    assert wide
    expect(drawer.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(wide, use_inner_text=True)
    no_axe_violations(page)
    no_sideways_scroll(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open menu")).to_be_focused()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    no_console_messages(visitor.console)


def test_the_theme_is_switched_kept_and_rendered_by_the_server(home: tuple[Visitor, str]) -> None:
    page = home[0].open(home[1], theme="light")
    page.get_by_role("button", name="Switch colour theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_without_script_the_pages_read_and_the_menus_open(home: tuple[Visitor, str]) -> None:
    page = home[0].open(home[1], script=False)
    page.locator("summary.acct").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_the_api_documentation_works_under_the_policy(people: People) -> None:
    visitor = people.anyone()
    page = visitor.open("/api/docs/")
    expect(page.get_by_role("heading", name="Automatos AI")).to_be_visible()
    expect(page.locator(".opblock-summary-path").first).to_be_visible()
    # The page draws only the operations that are in sight.
    agents = page.get_by_text("/api/agents", exact=True).first
    for _ in range(40):
        if agents.is_visible():
            break
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(100)
    expect(agents).to_be_visible()
    no_console_messages(visitor.console)


def test_nothing_moves_while_the_page_loads(home: tuple[Visitor, str]) -> None:
    page = home[0].open(home[1])
    shift = page.evaluate(
        """() => new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
                .observe({ type: 'layout-shift', buffered: true });
            setTimeout(() => done(sum), 300);
        })"""
    )
    assert shift <= 0.01
