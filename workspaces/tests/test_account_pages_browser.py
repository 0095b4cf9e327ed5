"""An account's whole life in a real browser: mail, app, codes, passkey, sessions; and every page looked over by axe."""

import email
import re
import time
from collections.abc import Iterator
from email import policy
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Browser, Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People, Visitor, no_console_messages
from workspaces.limits import throttling
from workspaces.models import User
from workspaces.tests.account_kit import PASSWORD, totp

pytestmark = pytest.mark.browser


class Newcomer(Visitor):
    """Somebody about to sign up."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        super().__init__(browser, base_url)
        self.address = f"lea.{uuid4().hex[:8]}@example.com"


@pytest.fixture
def visitor(chromium: Browser, stack: Stack, people: People) -> Iterator[Newcomer]:
    """Someone at http://localhost: browsers take passkeys at a name, not at an address of numbers."""
    throttling.forget_all()
    made = Newcomer(chromium, stack.url.replace("127.0.0.1", "localhost"))
    yield made
    made.close()


def mailed(subject: str) -> str:
    """The newest message with this subject; the product writes each into a file."""
    for path in sorted(Path(settings.EMAIL_FILE_PATH).iterdir(), key=lambda one: one.stat().st_mtime, reverse=True):
        message = email.message_from_bytes(path.read_bytes().partition(b"\n" + b"-" * 79)[0], policy=policy.default)
        if str(message["Subject"]).endswith(subject):
            return str(message.get_content())
    raise AssertionError(f"no message {subject!r}")


def sign_up_and_confirm(page: Page, address: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page).to_have_url(re.compile("/w/"))
    link = re.search(r"https?://\S+/accounts/confirm-email/\S+", mailed("Confirm your e-mail address"))
    assert link
    page.goto(urlsplit(link.group(0)).path)
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text(f"{address} is confirmed.")).to_be_visible()


def confirm_it_is_me(page: Page) -> None:
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def set_up_the_app(page: Page) -> tuple[str, list[str]]:
    """The key, and the recovery codes."""
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set it up").click()
    confirm_it_is_me(page)
    expect(page.get_by_role("img", name="QR code with the key")).to_be_visible()
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code from the app").fill(totp(secret, -1))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator("#recovery-codes").inner_text().split()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "automatos-recovery-codes.txt"
    assert Path(download.value.path()).read_text().split() == codes
    page.get_by_role("link", name="I have kept them").click()
    return secret, codes


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: "logout" not in url)


def give_password(page: Page, address: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def enter_code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/w/"))


def plug_in(page: Page) -> None:
    """A device with a fingerprint reader, by the DevTools protocol's WebAuthn domain."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": device})


def add_passkey(page: Page, name: str) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    confirm_it_is_me(page)
    page.get_by_label("Name, to tell it from others").fill(name)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    expect(page.locator(".rows .t")).to_have_text(name)


def test_an_account_from_sign_up_to_its_last_session(visitor: Newcomer) -> None:
    page = visitor.open("/")
    sign_up_and_confirm(page, visitor.address)
    secret, codes = set_up_the_app(page)
    assert "turned on" in mailed("The authenticator app is on")

    sign_out(page)
    give_password(page, visitor.address)
    enter_code(page, totp(secret))
    sign_out(page)
    give_password(page, visitor.address)
    enter_code(page, codes[0])

    plug_in(page)
    add_passkey(page, "My laptop")
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/w/"))
    no_console_messages(visitor.console)


def test_a_passkey_is_renamed_used_as_second_step_and_removed(visitor: Newcomer) -> None:
    page = visitor.open("/")
    sign_up_and_confirm(page, visitor.address)
    plug_in(page)
    page.goto("/accounts/2fa/webauthn/add/")
    confirm_it_is_me(page)
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Rename Passkey 1").click()
    page.get_by_label("Name").fill("Red key")
    page.get_by_role("button", name="Save the name").click()
    expect(page.locator(".rows .t")).to_have_text("Red key")

    sign_out(page)
    give_password(page, visitor.address)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/w/"))
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Remove Red key").click()
    confirm_it_is_me(page)
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    no_console_messages(visitor.console)


def test_a_session_ended_in_one_browser_is_over_in_the_other(people: People) -> None:
    here, _ = people.owner("Sonja")
    user = User.objects.get(name="Sonja")
    there = people.as_user(user)
    other = there.open("/accounts/")
    page = here.open("/accounts/sessions/")
    expect(page.locator(".rows > li")).to_have_count(2)
    expect(page.locator(".rows > li").first).to_contain_text("This one")
    page.locator(".rows").get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("That device is signed out.")).to_be_visible()
    other.get_by_role("link", name="Security").click()
    expect(other).to_have_url(re.compile(r"/accounts/login/\?next=/accounts/2fa/"))
    no_console_messages(here.console + there.console)


def test_a_deleted_account_opens_nothing_any_more(people: People) -> None:
    visitor, workspace = people.owner("Dora")
    page = visitor.open("/accounts/")
    page.get_by_role("link", name="Delete your account").click()
    expect(page.get_by_text(f"{workspace.name} goes with its agents")).to_be_visible()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    page.goto(f"/w/{workspace.slug}/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    workspace.refresh_from_db()
    assert workspace.deleted_at
    no_console_messages(visitor.console)


def test_at_an_address_of_numbers_the_page_says_where_passkeys_work(people: People) -> None:
    visitor, _ = people.owner("Nils")
    page = visitor.open("/accounts/2fa/webauthn/add/")
    expect(page.get_by_text("Browsers take no passkeys at an address of numbers")).to_be_visible()
    expect(page.get_by_role("button", name="Add the passkey")).to_be_hidden()
    assert str(page.get_by_role("link", name="localhost").get_attribute("href")).startswith("http://localhost:")


def test_the_passkey_page_is_of_no_use_and_says_so_without_javascript(people: People) -> None:
    visitor, _ = people.owner("Jo")
    page = visitor.open("/accounts/2fa/webauthn/add/", script=False)
    expect(page.get_by_text("Passkeys need JavaScript.")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "email/",
        "2fa/",
        "sessions/",
        "delete/",
        "password/change/",
        "password/set/",
        "2fa/totp/activate/",
        "2fa/webauthn/add/",
        "logout/",
    ],
)
def test_each_page_of_the_area_passes_every_check(people: People, path: str) -> None:
    visitor, _ = people.owner("Ada")
    visitor.check(f"/accounts/{path}")


def test_a_forgotten_password_without_mail_passes_every_check(people: People) -> None:
    people.anyone().check("/accounts/password/reset/")


@pytest.mark.parametrize("path", ["login/", "signup/"])
def test_each_way_in_passes_every_check_with_what_is_wrong_shown(people: People, path: str) -> None:
    throttling.forget_all()
    people.anyone().check(f"/accounts/{path}", then=lambda page: page.locator("main form button").first.click())


def test_the_second_step_and_the_codes_pass_every_check(people: People) -> None:
    throttling.forget_all()
    user = User(email=f"second-{time.time_ns()}@example.com", name="Second")
    # The suite's own hasher is not the running product's.
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "some-salt-of-enough-length")
    user.save()
    visitor = people.as_user(user)
    page = visitor.open("/accounts/2fa/totp/activate/")
    confirm_it_is_me(page)
    page.get_by_label("Code from the app").fill(totp(page.locator("#secret").inner_text()))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    def half_way(page: Page) -> None:
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert").first).to_be_visible()

    people.anyone().check("/accounts/login/", then=half_way)
    for path in ("2fa/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/"):
        visitor.check(f"/accounts/{path}")


def test_too_many_attempts_pass_every_check(people: People) -> None:
    throttling.forget_all()

    def too_often(page: Page) -> None:
        for _ in range(11):
            page.get_by_label("E-mail").fill("someone@example.com")
            page.get_by_label("Password").fill("wrong-wrong")
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.wait_for_load_state("load")
            if page.get_by_role("heading", name="Too many attempts").is_visible():
                return

    people.anyone().check("/accounts/login/", then=too_often)
