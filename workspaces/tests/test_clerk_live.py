"""Clerk at the running product: a process of its own, set up by the environment, with a real server for the keys."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.sync_api import Page
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from automatos.events import sync_client
from automatos.local import commands
from automatos.testing import Part, Stack, free_port
from automatos.tests.browser import People, Visitor
from recipes.tests.kit import Cast, ended
from workspaces.api_keys.services import create_api_key
from workspaces.clerk.key_sets import SharedShelf
from workspaces.tests.clerk_kit import ISSUER, PARTY, WEBHOOK_SECRET, Instance

# One process runs the file, so that what it starts is started once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clerk")]


@dataclass
class Live:
    """The product's web process with Clerk switched on."""

    url: str
    instance: Instance
    web: Part

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.web.start()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if self.ask("/health") == 200:
                    return
            except OSError:
                time.sleep(0.1)

    def ask(self, path: str, **headers: str) -> int:
        """The status of a GET."""
        request = urllib.request.Request(self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def close_code(self, execution_id: object, **headers: str) -> tuple[int, int]:
        """How many messages the socket of a run sent, and the code it closed with."""
        address = f"{self.url.replace('http', 'ws')}/ws/executions/{execution_id}/?after=0"
        count = 0
        # Cookies come from a browser, which says whose page opens the socket.
        named = {"Origin": self.url} if "Cookie" in headers else {}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        with connect(address, additional_headers=named) as socket:
            while True:
                try:
                    json.loads(socket.recv(timeout=20))
                    count += 1
                except ConnectionClosed as closed:
                    return count, closed.rcvd.code if closed.rcvd else 1006


@pytest.fixture(scope="module")
def live(stack: Stack) -> Iterator[Live]:
    instance, port = Instance(), free_port()
    clerk = {
        "CLERK_JWKS_URL": instance.jwks.url,
        "CLERK_ISSUER": ISSUER,
        "CLERK_AUTHORIZED_PARTIES": f"{PARTY},https://other.example.org",
        "CLERK_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    web = Part("web-clerk", commands.web(port), {**stack.web.environment, **clerk}, stack.folder / "web-clerk.log")
    made = Live(f"http://127.0.0.1:{port}", instance, web)
    try:
        made.start()
        yield made
    finally:
        web.stop()
        instance.jwks.stop()


def test_rest_pages_and_sockets_take_the_same_tokens(live: Live) -> None:
    nowhere, sub = uuid4(), f"user_{uuid4().hex}"
    good, stale = live.instance.token(sub), live.instance.token(sub, exp=int(time.time()) - 60)
    for name, value in (("Authorization", "Bearer {}"), ("Cookie", "__session={}"), ("Cookie", "__session_a1b2={}")):
        assert live.ask("/api/me", **{name: value.format(good)}) == 200
        assert live.ask("/", **{name: value.format(good)}) == 200
        assert live.close_code(nowhere, **{name: value.format(good)}) == (0, 4404)
        assert live.ask("/api/me", **{name: value.format(stale)}) == 401
        assert live.ask("/", **{name: value.format(stale)}) == 401
        assert live.close_code(nowhere, **{name: value.format(stale)}) == (0, 4401)
    assert live.close_code(nowhere) == (0, 4401)


def test_a_clerk_person_watches_their_run(live: Live, stack: Stack) -> None:
    stack.models.clear()
    cast, sub = Cast(), f"user_{uuid4().hex}"
    cast.owner.clerk_id = sub
    cast.owner.save()
    execution = ended(cast.cook(cast.recipe("one")))
    token = {"Authorization": f"Bearer {live.instance.token(sub)}"}
    assert live.close_code(execution.pk, **token) == (execution.last_seq, 1000)
    stranger = {"Cookie": f"__session={live.instance.token('user_' + uuid4().hex)}"}
    assert live.close_code(execution.pk, **stranger) == (0, 4404)
    key = create_api_key(workspace=cast.workspace, user=cast.owner, name="Socket", role="viewer")[1]
    assert live.close_code(execution.pk, X_API_Key=key, **token)[1] == 1000
    assert live.close_code(execution.pk, X_API_Key=key, **stranger) == (0, 4401)


def test_everything_starts_anew_while_clerk_does_not_answer_and_nobody_is_signed_out(live: Live) -> None:
    sub = f"user_{uuid4().hex}"
    assert live.ask("/api/me", Authorization=f"Bearer {live.instance.token(sub)}") == 200
    live.instance.jwks.up = False
    try:
        live.web.stop()
        # Redis keeps nothing when it starts anew; what it held of this instance stands for all of it.
        assert sync_client().delete(SharedShelf(live.instance.jwks.url).name) == 1
        live.start()
        assert live.ask("/api/me", Authorization=f"Bearer {live.instance.token(sub)}") == 200
        assert live.ask("/", Cookie=f"__session={live.instance.token(sub)}") == 200
        stale = live.instance.token(sub, exp=int(time.time()) - 60)
        assert live.ask("/api/me", Authorization=f"Bearer {stale}") == 401
    finally:
        live.instance.jwks.up = True


@pytest.mark.browser
def test_the_page_for_a_stale_sign_in_reads_well_and_leads_on(live: Live, people: People) -> None:
    visitor = Visitor(people.browser, live.url)
    people.visitors.append(visitor)
    stale = live.instance.token("user_ada", exp=int(time.time()) - 30)

    def come_back(page: Page) -> None:
        page.context.add_cookies([{"name": "__session", "value": stale, "url": live.url}])
        answer = page.goto("/")
        assert answer is not None
        assert answer.status == 401

    visitor.check("/", come_back)
    page = visitor.open("/")
    come_back(page)
    page.get_by_role("link", name="Sign in here").click()
    page.get_by_role("heading", name="Sign in", exact=True).wait_for()
    assert "__session" not in {cookie["name"] for cookie in page.context.cookies()}
