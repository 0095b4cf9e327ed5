"""Pages and JSON leave compressed, streams and what is not asked for do not."""

import gzip
import http.client
import json

import pytest

from automatos.testing import Stack
from recipes.tests.chat_kit import Room, model

pytestmark = pytest.mark.slow


def answer(stack: Stack, path: str, body: object = None, **headers: str) -> tuple[dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
    line.request(method, path, sent, {"Content-Type": "application/json", **headers})
    got = line.getresponse()
    return {name.lower(): value for name, value in got.getheaders()}, got.read()


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/schema/"])
def test_a_page_and_json_are_compressed_where_that_is_taken(stack: Stack, path: str) -> None:
    plain, whole = answer(stack, path)
    small, packed = answer(stack, path, **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain
    assert small["content-encoding"] == "gzip"
    assert "Accept-Encoding" in small["vary"]
    assert len(packed) < len(whole) / 2
    assert len(gzip.decompress(packed)) > len(whole) / 2


@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_of_an_agent_comes_as_it_is_written(stack: Stack, streamed: bool) -> None:
    room = Room(stack)
    stack.models.on("Say hello", reply="Hello there.")
    body = {"model": model(room), "messages": [{"role": "user", "content": "Say hello"}], "stream": streamed}
    headers, text = answer(
        stack, "/v1/chat/completions", body, Authorization=f"Bearer {room.key}", **{"Accept-Encoding": "gzip"}
    )
    assert "content-encoding" not in headers
    assert b"Hello" in text
