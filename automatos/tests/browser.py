"""A real browser for page tests: themes and widths, silence on the console, axe, no sideways scroll.

The fixtures are loaded for every app by the root conftest. A page's test is one line: `visitor.check("/w/x/agents/")`.
"""

import contextlib
import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

from automatos.testing import Stack
from workspaces.models import Membership, Role, User, Workspace
from workspaces.services import create_personal_workspace

# Debian's; the first is the same browser without windows, and takes half the processor time.
CHROMIUMS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(os.path.exists, CHROMIUMS), CHROMIUMS[-1])
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    # A process for each page, and one more in waiting, cost more than the pages.
    "--renderer-process-limit=1",
    "--disable-features=SpareRendererForSitePerProcess",
]
# Milliseconds that what is expected may take; a busy machine takes long, and a pass never waits.
expect.set_options(timeout=45_000)
WIDTHS = (1440, 360)
NARROWEST = 320
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
# Of all rules, the theme can change the outcome of this one alone.
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
# Changes the theme at once: no colour may be on its way when it is looked at.
DARK = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; }");
    document.adoptedStyleSheets = [still];
    document.documentElement.dataset.theme = "dark";
}"""


def no_console_messages(messages: list[str]) -> None:
    """Fail when the page said anything on the console: a blocked script, a missing file, an exception."""
    assert not messages, "The console is not silent:\n" + "\n".join(messages)


def no_sideways_scroll(page: Page) -> None:
    """Fail when the page is wider than the window, naming what sticks out."""
    wide = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            return [...document.querySelectorAll('body *')]
                .filter((one) => one.getBoundingClientRect().right > width + 0.5)
                .map((one) => `${one.tagName}.${one.className}`).slice(0, 8);
        }"""
    )
    assert not wide, f"Wider than {page.viewport_size}: {wide}"


def no_axe_violations(page: Page, options: dict[str, Any] = AXE) -> None:
    """Fail on any violation axe finds; names the rule, the place and the reason."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("(options) => axe.run(document, options).then((found) => found.violations)", options)
    lines = [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
    assert not lines, f"{page.url}\n" + "\n".join(lines)


def hold_script(page: Page, name: str) -> Callable[[], None]:
    """Keep static/js/<name>.js back from now on, as a slow line does. What comes back lets it through."""
    held: list[Route] = []
    page.route(re.compile(rf"/js/{name}(\.\w+)?\.js"), lambda route: held.append(route))  # noqa: PLW0108 (a built-in takes no mark)

    def release() -> None:
        for _ in range(300):
            if held:
                break
            page.wait_for_timeout(100)
        assert held, f"{name}.js was not asked for."
        held[0].continue_()
        page.unroute_all()

    return release


class Visitor:
    """Someone with a browser, signed in or not. `console` collects what their pages complain about."""

    def __init__(self, browser: Browser, base_url: str, session: str = "") -> None:
        self.browser = browser
        self.base_url = base_url
        self.session = session
        self.console: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(
        self, path: str, *, theme: str = "light", width: int = 1440, height: int = 900, script: bool = True
    ) -> Page:
        """The page at this path, loaded, with the theme pinned and motion stopped."""
        context = self.browser.new_context(
            base_url=self.base_url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        self.contexts.append(context)
        cookies = {"theme": theme, **({"sessionid": self.session} if self.session else {})}
        context.add_cookies([{"name": name, "value": value, "url": self.base_url} for name, value in cookies.items()])
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.console.append(f"{page.url}: {error}"))
        page.goto(path, wait_until="load")
        page.evaluate("document.fonts.ready") if script else None
        return page

    def _note(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        # That the page itself is a 404 is what some tests are about.
        if message.page and where == message.page.url and "Failed to load resource" in message.text:
            return
        # Said of the font where the machine is too busy to draw within seconds.
        if "was preloaded using link preload but not used" in message.text:
            return
        self.console.append(f"{where} {message.type}: {message.text}")

    def check(self, path: str, then: Callable[[Page], Any] | None = None) -> None:
        """The page in both themes and widths: silent console, no sideways scroll (also at 320 px), axe finds nothing.

        then: brings the page into the state to look at (a menu opened, a form sent).
        """
        page = self.open(path, width=WIDTHS[0])
        if then:
            then(page)
            # Not `wait_for_function`: whenever it has to ask again it does so by `eval`, which our policy forbids.
            page.wait_for_load_state("load")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            no_sideways_scroll(page)
            no_axe_violations(page)
        # The other theme, as its cookie would have had it rendered.
        page.emulate_media(color_scheme="dark")
        page.evaluate(DARK)
        no_axe_violations(page, CONTRAST)
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        no_sideways_scroll(page)
        page.context.close()
        no_console_messages(self.console)

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()


class _Running:
    """The one Chromium of this process. Playwright keeps an event loop running in this thread as long as it is open."""

    def __init__(self) -> None:
        self.browser: Browser | None = None
        self._open = contextlib.ExitStack()

    def start(self) -> Browser:
        """It, started if it does not run."""
        if self.browser is None:
            patch = self._open.enter_context(pytest.MonkeyPatch.context())
            playwright = self._open.enter_context(sync_playwright())
            # Django is told not to mind the loop.
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
            self.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            self._open.callback(self.browser.close)
            # Under its loop Django keeps other connections than outside; a database restarted since broke them.
            connections.close_all()
        return self.browser

    def stop(self) -> None:
        """End it, if it runs."""
        self.browser = None
        self._open.close()


_running = _Running()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests without a browser find no event loop running: they may bring their own."""
    if "chromium" not in getattr(item, "fixturenames", ()):
        _running.stop()


def pytest_sessionfinish() -> None:
    """Nothing of it stays."""
    _running.stop()


@pytest.fixture
def chromium(stack: Stack) -> Browser:
    """Debian's Chromium, one for all. Where there is none, its tests are skipped and say so; in CI they fail."""
    if not Path(CHROMIUM).exists():
        message = f"No Chromium at {CHROMIUM}: install it or set CHROMIUM. Browser tests are NOT run."
        if os.environ.get("CI"):
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    return _running.start()


class People:
    """Makes people who are really there for the running product, not only inside a test's transaction."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self.browser = browser
        self.stack = stack
        self.visitors: list[Visitor] = []

    def anyone(self) -> Visitor:
        """A visitor who is not signed in."""
        return self._visitor("")

    def member(self, workspace: Workspace, role: Role = Role.OWNER) -> Visitor:
        """A signed-in member of the workspace."""
        number = User.objects.count()
        user = User.objects.create_user(f"{role}-{number}@example.com", name=f"{role.label} {number}")
        Membership.objects.create(workspace=workspace, user=user, role=role)
        return self.as_user(user)

    def owner(self, name: str) -> tuple[Visitor, Workspace]:
        """A signed-in person with a personal workspace of their own."""
        user = User.objects.create_user(f"{name.lower()}-{User.objects.count()}@example.com", name=name)
        workspace = create_personal_workspace(user=user)
        return self.as_user(user), workspace

    def as_user(self, user: User) -> Visitor:
        """A visitor signed in as this user."""
        client = Client()
        client.force_login(user)
        return self._visitor(client.cookies["sessionid"].value)

    def _visitor(self, session: str) -> Visitor:
        visitor = Visitor(self.browser, self.stack.url, session)
        self.visitors.append(visitor)
        return visitor


@pytest.fixture
def people(chromium: Browser, stack: Stack, django_db_blocker: Any) -> Iterator[People]:
    """People with browsers in front of the running product; what they do is committed."""
    with django_db_blocker.unblock():
        made = People(chromium, stack)
        yield made
        for visitor in made.visitors:
            visitor.close()
