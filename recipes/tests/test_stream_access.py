"""An event stream that is open when its reader loses the way in ends at once, and says nothing more."""

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import Cast
from workspaces.api_keys.services import create_api_key, revoke_api_key
from workspaces.models import User

pytestmark = pytest.mark.slow
# Seconds until it is looked at by itself (ASK_AGAIN, LOOK_AGAIN), with room for a busy machine.
SOON = 15.0


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


def by_key(cast: Cast) -> tuple[dict[str, str], Callable[[], object]]:
    key, text = create_api_key(workspace=cast.workspace, user=cast.owner, name="T", role="editor")
    return {"X-API-Key": text}, lambda: revoke_api_key(key=key)


def by_session(cast: Cast) -> tuple[dict[str, str], Callable[[], object]]:
    browser = Client()
    browser.force_login(cast.owner)
    name = browser.cookies["sessionid"].value
    sent = {
        "Cookie": f"sessionid={name}; csrftoken={'c' * 32}",
        "X-CSRFToken": "c" * 32,
        "X-Workspace-ID": str(cast.workspace.pk),
    }
    return sent, lambda: Session.objects.all().delete()


def by_person(cast: Cast) -> tuple[dict[str, str], Callable[[], object]]:
    headers, _ = by_session(cast)
    return headers, lambda: User.objects.filter(pk=cast.owner.pk).update(is_active=False)


@contextmanager
def streaming(
    stack: Stack, method: str, path: str, headers: dict[str, str], body: str | None = None
) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(stack.url.removeprefix("http://"), timeout=60)
    kind = {"Accept": "text/event-stream", "Content-Type": "application/json"}
    connection.request(method, path, body, headers={**kind, **headers})
    try:
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        yield answer
    finally:
        connection.close()


def read_until(answer: http.client.HTTPResponse, wanted: bytes) -> None:
    while wanted not in (line := answer.readline()):
        assert line, "the stream ended before"


def seconds_to_end(answer: http.client.HTTPResponse) -> tuple[float, bytes]:
    began, said = time.monotonic(), b""
    while line := answer.readline():
        said += line
        assert time.monotonic() - began < SOON, "the stream goes on"
    return time.monotonic() - began, said


@pytest.mark.parametrize("way", [by_key, by_session, by_person])
def test_the_stream_of_a_run_ends_with_the_way_in(
    stack: Stack, cast: Cast, way: Callable[[Cast], tuple[dict[str, str], Callable[[], object]]]
) -> None:
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    headers, end = way(cast)
    with streaming(stack, "GET", f"/api/executions/{execution.pk}/events", headers) as answer:
        read_until(answer, b"step.started")
        end()
        seconds_to_end(answer)
    held.release()


def test_the_streams_of_answers_end_with_their_key(stack: Stack, cast: Cast) -> None:
    agent = cast.add_agent("speaker")
    for path, body in (
        (f"/api/agents/{agent.pk}/chat", '{"message": "%s"}'),
        (
            "/v1/chat/completions",
            '{"model": "agent:' + agent.slug + '", "stream": true, "messages": [{"role": "user", "content": "%s"}]}',
        ),
    ):
        word = f"{cast.workspace.slug} {path}"
        held = stack.models.hold(word)
        headers, end = by_key(cast)
        with streaming(stack, "POST", path, headers, body % word) as answer:
            held.wait_for_requests(1)
            end()
            _, said = seconds_to_end(answer)
        assert b"[DONE]" not in said
        assert b'"final"' not in said
        held.release()
    assert Execution.objects.filter(workspace=cast.workspace).count() == 2
