"""Pictures in the messages of OpenAI's clients: written into the request, or at an address."""

import base64
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import openai
import pytest

from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.chat_kit import Room, model, openai_client
from recipes.tests.test_chat_api import PIXEL

pytestmark = pytest.mark.slow
INLINE = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"


@pytest.fixture
def room(stack: Stack) -> Room:
    return Room(stack)


@pytest.fixture
def client(room: Room) -> Iterator[openai.OpenAI]:
    yield from openai_client(room)


def picture(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


def said(*pictures: dict[str, Any], text: str = "What is this?") -> Any:
    return [{"role": "user", "content": [{"type": "text", "text": text}, *pictures]}]


def test_pictures_of_all_messages_reach_a_model_that_sees(room: Room, client: openai.OpenAI) -> None:
    turns = [
        *said(picture(INLINE)),
        {"role": "assistant", "content": "A dot."},
        *said(picture(INLINE), text="And this?"),
    ]
    room.stack.models.on("And this?", reply="Another dot.")
    answer = client.chat.completions.create(model=model(room), messages=turns)
    assert answer.choices[0].message.content == "Another dot."
    sent = room.stack.models.requests[-1].body["messages"]
    assert [[part["type"] for part in turn["content"]] for turn in (sent[1], sent[3])] == [["text", "image_url"]] * 2
    assert sent[3]["content"][1]["image_url"]["url"] == INLINE
    run = Execution.objects.get(workspace=room.cast.workspace)
    assert (run.steps.get().origins or [])[-2:] == ["file picture-1.png", "file picture-2.png"]


def test_a_model_that_is_blind_says_so(room: Room, client: openai.OpenAI) -> None:
    config = room.cast.agent.agent_model_config
    config.model_id = "gpt-3.5-turbo"
    config.save()
    with pytest.raises(openai.BadRequestError, match="does not see") as refusal:
        client.chat.completions.create(model=model(room), messages=said(picture(INLINE)))
    assert refusal.value.param == "messages.0.content.1.image_url.url"
    assert not Execution.objects.filter(workspace=room.cast.workspace).exists()


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (picture("data:image/png;base64,%%%"), "not base64"),
        (picture("data:image/png;base64," + base64.b64encode(b"soup").decode()), "not a PNG"),
        (picture("data:text/html,<b>"), "data:image/png;base64"),
        (picture(None), "Give the url"),
        (picture("http://127.0.0.1:1/dot.png"), "cannot be read.*public"),
        (picture("ftp://example.org/dot.png"), "cannot be read.*http"),
        ({"type": "input_audio", "input_audio": {"data": "x"}}, "text and image_url"),
    ],
)
def test_what_is_no_picture_is_refused_and_named(
    room: Room, client: openai.OpenAI, part: dict[str, Any], why: str
) -> None:
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match=why) as refusal:
            client.chat.completions.create(model=model(room), messages=said(part), stream=stream)
        assert (refusal.value.param or "").startswith("messages.0.content.1")
    assert not Execution.objects.filter(workspace=room.cast.workspace).exists()


def test_only_ten_pictures_and_only_of_the_user(room: Room, client: openai.OpenAI) -> None:
    of_another = [{"role": "system", "content": [picture(INLINE)]}, *said()]
    for turns, why in ((said(*[picture(INLINE)] * 11), "at most 10"), (of_another, "Only messages of the user")):
        with pytest.raises(openai.BadRequestError, match=why):
            client.chat.completions.create(model=model(room), messages=turns)


@pytest.fixture
def gallery(stack: Stack) -> Iterator[str]:
    """A picture on this machine, which the web process may fetch: its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/dot.png" else 404)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(PIXEL)))
            self.end_headers()
            self.wfile.write(PIXEL)

        def log_message(self, *_: object) -> None:
            """Tests need no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    with stack.restarted(stack.web, OUTSIDE_PRIVATE_HOSTS=f"127.0.0.1:{server.server_port}"):
        yield f"http://127.0.0.1:{server.server_port}/dot.png"
    server.shutdown()
    server.server_close()


def test_a_picture_is_fetched_from_an_address_that_may_be_read(gallery: str, room: Room, client: openai.OpenAI) -> None:
    room.stack.models.on("What is this?", reply="A dot.")
    for stream in (False, True):
        answer: Any = client.chat.completions.create(model=model(room), messages=said(picture(gallery)), stream=stream)
        told = (
            [chunk.choices[0].delta.content or "" for chunk in answer]
            if stream
            else [answer.choices[0].message.content]
        )
        assert "".join(told) == "A dot."
        assert room.stack.models.requests[-1].body["messages"][1]["content"][1]["image_url"]["url"] == INLINE
    with pytest.raises(openai.BadRequestError, match="answered 404"):
        client.chat.completions.create(model=model(room), messages=said(picture(gallery + "x")))
