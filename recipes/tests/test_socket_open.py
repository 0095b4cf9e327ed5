"""The socket where nobody has to sign in, and with the operator's own key: a web process started that way."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from automatos.local import commands
from automatos.testing import Part, Stack, free_port
from automatos.tests.browser import Visitor
from recipes.models import Execution
from recipes.tests.kit import Cast, ended
from workspaces.tests.http import get_status

# One process runs the file, so that what it starts is started once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("open access")]

KEY = "an-orchestrators-key-of-many-characters"


@pytest.fixture(scope="module")
def run(stack: Stack) -> Execution:
    """A finished run in the workspace that is open."""
    stack.models.clear()
    cast = Cast()
    return ended(cast.cook(cast.recipe("one")))


@pytest.fixture(scope="module")
def port(stack: Stack, run: Execution) -> Iterator[int]:
    """Of a second web process on the same database."""
    port = free_port()
    chosen = {"REQUIRE_AUTH": "false", "ORCHESTRATOR_API_KEY": KEY, "WORKSPACE_ID": str(run.workspace_id)}
    web = Part("open", commands.web(port), {**stack.web.environment, **chosen}, stack.folder / "open.log")
    web.start()
    deadline = time.monotonic() + 60
    while get_status(f"http://127.0.0.1:{port}/health") != 200:
        assert time.monotonic() < deadline, web.log.read_text()
        time.sleep(0.2)
    yield port
    web.stop()


def close_code(port: int, run: Execution, *more: tuple[str, str], **headers: str) -> int:
    """What the socket closes with after it sent all it had to. more: headers that come as they are."""
    named = [*more, *((name.replace("_", "-"), value) for name, value in headers.items())]
    address = f"ws://127.0.0.1:{port}/ws/executions/{run.pk}/?after=0"
    with connect(address, additional_headers=named, open_timeout=60) as socket:
        while True:
            try:
                socket.recv(timeout=60)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006


def test_headers_are_read_as_everywhere(port: int, run: Execution) -> None:
    right, wrong = ("X-API-Key", KEY), ("X-API-Key", "atm_wrong")
    assert close_code(port, run, right) == 1000
    assert close_code(port, run, wrong, right) == close_code(port, run, right, wrong) == 4401
    # Under this name it is no key at all, so nobody's word: the proxy in front may not know that it means one.
    assert close_code(port, run, ("X_API_Key", "atm_wrong")) == 1000


def test_a_viewer_without_a_credential_is_let_in(port: int, run: Execution) -> None:
    assert close_code(port, run) == 1000
    assert close_code(port, run, Origin=f"http://127.0.0.1:{port}") == 1000


def test_a_page_of_another_program_on_this_machine_is_not(port: int, run: Execution) -> None:
    assert close_code(port, run, Origin="http://localhost:3000") == 4401
    assert close_code(port, run, X_Forwarded_For="192.0.2.7") == 4401


def test_the_operators_key_opens_and_a_wrong_one_does_not_fall_through(port: int, run: Execution) -> None:
    assert close_code(port, run, X_API_Key=KEY) == 1000
    assert close_code(port, run, Authorization=f"ApiKey {KEY}") == 1000
    assert close_code(port, run, X_API_Key=KEY[:-1]) == 4401


def test_the_api_is_open_on_the_same_terms(port: int) -> None:
    address = f"http://127.0.0.1:{port}/api/me"
    assert get_status(address) == 200
    assert get_status(address, Host="evil.example") == 400
    assert get_status(address, Origin="http://localhost:3000") == 401
    assert get_status(address, X_API_Key="atm_wrong") == 401


@pytest.mark.browser
def test_every_page_says_so_and_stays_sound(port: int, run: Execution, chromium: Browser) -> None:
    visitor = Visitor(chromium, f"http://127.0.0.1:{port}")
    for path in (f"/w/{run.workspace.slug}/", "/accounts/login/"):
        visitor.check(path, lambda page: expect(page.get_by_label("Open access", exact=True)).to_be_visible())
    visitor.close()
