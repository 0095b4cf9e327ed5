"""The socket of a run: exact replay from any point, live and afterwards; text by offset; refusals."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from automatos.events import Notice, publish
from automatos.testing import Stack
from recipes.models import Event, Execution
from recipes.runs.reading import event_body
from recipes.tests.kit import PATIENCE, Cast, ended, final_output, wait_for
from workspaces.api_keys.services import create_api_key
from workspaces.models import User

pytestmark = pytest.mark.slow

Message = dict[str, Any]
# Stands for the address of the product that runs.
OURS = "our own page"


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


def cookie_of(user: User) -> dict[str, str]:
    """What a browser in which the user is signed in sends: the cookie, and that a page of ours opens the socket."""
    browser = Client()
    browser.force_login(user)
    return sent_by(browser)


def sent_by(browser: Client) -> dict[str, str]:
    """The same for a browser there is already."""
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}", "Origin": OURS}


def opened_by_our_page(stack: Stack, headers: dict[str, str]) -> dict[str, str]:
    """The headers, with the address of the running product as the page's."""
    return {name: stack.url if value == OURS else value for name, value in headers.items()}


@contextmanager
def watching(
    stack: Stack, cast: Cast, execution_id: object, after: object = 0, **headers: str
) -> Iterator[ClientConnection]:
    address = f"{stack.url.replace('http', 'ws')}/ws/executions/{execution_id}/?after={after}"
    # While one socket is read to its end the others pile up what came; a full queue would stop answering the server.
    with connect(
        address,
        additional_headers=opened_by_our_page(stack, headers or cookie_of(cast.owner)),
        max_queue=None,
        open_timeout=PATIENCE,
        ping_interval=None,
    ) as socket:
        yield socket


def read_to_end(socket: ClientConnection, seconds: float = PATIENCE) -> tuple[list[Message], int]:
    """Every message until the server closes, and its close code."""
    messages, end = [], time.monotonic() + seconds
    while True:
        try:
            messages.append(json.loads(socket.recv(timeout=end - time.monotonic())))
        except ConnectionClosed as closed:
            return messages, closed.rcvd.code if closed.rcvd else 1006


def durable(messages: list[Message]) -> list[Message]:
    return [message for message in messages if "seq" in message]


def recorded(execution: Execution, after: int = 0) -> list[Message]:
    return [event_body(event) for event in Event.objects.filter(execution=execution, seq__gt=after).order_by("seq")]


def test_replay_after_the_run_is_exact_from_every_point(stack: Stack, cast: Cast) -> None:
    execution = ended(cast.cook(cast.recipe("one", "two", "three")))
    for after in range(execution.last_seq + 2):
        with watching(stack, cast, execution.id, after) as socket:
            assert read_to_end(socket) == (recorded(execution, after), 1000)


def test_a_viewer_from_the_start_and_a_late_one_get_the_same_events(stack: Stack, cast: Cast) -> None:
    word = cast.workspace.slug
    held = stack.models.hold(f"two {word}", after_chunks=1)
    execution = cast.cook(cast.recipe(f"one {word}", f"two {word}", "three"))
    with watching(stack, cast, execution.id) as early:
        held.wait_for_requests(1)
        with watching(stack, cast, execution.id) as late, watching(stack, cast, execution.id, 3) as later:
            held.release()
            seen = [durable(read_to_end(socket)[0]) for socket in (early, late, later)]
    ended(execution)
    assert seen == [recorded(execution), recorded(execution), recorded(execution, 3)]


def test_fifty_viewers_get_all_events_and_text_without_a_hole(stack: Stack, cast: Cast) -> None:
    word = cast.workspace.slug
    held = stack.models.hold(word, chunks=["tide "] * 200, chunk_delay=0.01, after_chunks=1)
    execution = cast.cook(cast.recipe(word))
    held.wait_for_requests(1)
    cookie = cookie_of(cast.owner)
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(watching(stack, cast, execution.id, **cookie)) for _ in range(50)]
        held.release()
        seen = [read_to_end(socket) for socket in sockets]
    ended(execution)
    assert [(durable(messages), code) for messages, code in seen] == [(recorded(execution), 1000)] * 50
    for messages, _ in seen:
        text = ""
        for message in messages:
            if message["type"] == "text":
                assert message["offset"] <= len(text), "a piece came before the one that it follows"
                text = text[: message["offset"]] + message["text"]
        assert text
        assert final_output(execution).startswith(text)


def written(cast: Cast, execution: Execution, *types: str) -> list[Event]:
    """Events of a run straight into the database, which nobody publishes."""
    time.sleep(0.5)  # the replay looks once more before it follows
    execution.refresh_from_db()
    seqs = range(execution.last_seq + 1, execution.last_seq + 1 + len(types))
    rows = [
        Event(workspace=cast.workspace, execution=execution, seq=seq, type=kind, at=execution.created_at)
        for seq, kind in zip(seqs, types, strict=True)
    ]
    Event.objects.bulk_create(rows)
    Execution.objects.filter(id=execution.id).update(last_seq=seqs[-1])
    return rows


def test_events_whose_messages_were_lost_come_from_the_database(stack: Stack, cast: Cast) -> None:
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    with watching(stack, cast, execution.id) as socket:
        early = until_type(socket, "step.started")
        written(cast, execution, "quality.ready")
        early += until_type(socket, "quality.ready")
        held.release()
        messages, code = read_to_end(socket)
    assert (durable(early + messages), code) == (recorded(ended(execution)), 1000)


def test_events_that_come_out_of_their_turn_are_put_in_order(stack: Stack, cast: Cast) -> None:
    """Two transactions committed at once may be told of the other way round, even in one message."""
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    with watching(stack, cast, execution.id) as socket:
        early = until_type(socket, "step.started")
        first, second, third = written(cast, execution, "quality.1", "quality.2", "quality.3")
        told = [event_body(row) for row in (first, third, second)]
        async_to_sync(publish)([Notice(cast.workspace.pk, execution.pk, told)])
        early += until_type(socket, "quality.3")
        held.release()
        messages, code = read_to_end(socket)
    assert (durable(early + messages), code) == (recorded(ended(execution)), 1000)


def until_type(socket: ClientConnection, kind: str) -> list[Message]:
    """Every message up to the first of this type."""
    messages: list[Message] = [json.loads(socket.recv(timeout=PATIENCE))]
    while messages[-1]["type"] != kind:
        messages.append(json.loads(socket.recv(timeout=PATIENCE)))
    return messages


def test_text_arrives_in_pieces_whose_offsets_fit_together(stack: Stack, cast: Cast) -> None:
    words = [f"word{number} 🍲 " for number in range(30)]
    held = stack.models.hold(cast.workspace.slug, chunks=words, chunk_delay=0.03)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    with watching(stack, cast, execution.id) as socket:
        early = until_type(socket, "step.started")
        held.release()
        messages, _ = read_to_end(socket)
    messages = early + messages
    pieces = [message for message in messages if message["type"] == "text"]
    assert len(pieces) >= 3
    known = ""
    for piece in pieces:
        assert set(piece) == {"type", "step", "attempt", "offset", "text"}
        assert piece["offset"] <= len(known)
        known = known[: piece["offset"]] + piece["text"]
    output = ended(execution).steps.get().output
    assert known
    assert output.startswith(known)


def test_a_late_viewer_gets_the_text_so_far_and_may_ask_from_an_offset(stack: Stack, cast: Cast) -> None:
    held = stack.models.hold(cast.workspace.slug, chunks=["Soup 🍲 ", "and ", "bread"], after_chunks=2)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    with watching(stack, cast, execution.id) as first:
        until_text(first, "Soup 🍲 and ")
        with watching(stack, cast, execution.id) as socket:
            assert until_text(socket, "Soup 🍲 and ")["offset"] == 0
            socket.send(json.dumps({"type": "text_from", "step": 1, "attempt": 1, "offset": 7}))
            # The text so far may come once more before the answer: it was written and sent at the same moment.
            answer = next(piece for piece in iter(lambda: until_text(socket, "and "), None) if piece["offset"])
            assert answer == {"type": "text", "step": 1, "attempt": 1, "offset": 7, "text": "and "}
            held.release()
    assert ended(execution).steps.get().output == "Soup 🍲 and bread"


def until_text(socket: ClientConnection, wanted: str) -> Message:
    """The piece after which the text known of step 1 ends with `wanted`."""
    known = ""
    while True:
        message: Message = json.loads(socket.recv(timeout=PATIENCE))
        if message["type"] == "text":
            known = known[: message["offset"]] + message["text"]
            if known.endswith(wanted):
                return message


def test_who_is_not_signed_in_is_closed_with_4401(stack: Stack, cast: Cast) -> None:
    execution = ended(cast.cook(cast.recipe("one")))
    nonsense = {"Cookie": "sessionid=nonsense", "Origin": OURS}
    for headers in (nonsense, {"X-API-Key": "atm_wrong"}, {"Authorization": "Bearer what"}):
        with watching(stack, cast, execution.id, **headers) as socket:
            assert read_to_end(socket) == ([], 4401)


def test_what_is_not_there_or_not_ours_is_closed_with_4404(stack: Stack, cast: Cast) -> None:
    execution = ended(cast.cook(cast.recipe("one")))
    stranger = Cast()
    with watching(stack, stranger, execution.id) as socket:
        assert read_to_end(socket) == ([], 4404)
    for key, after in ((uuid4(), 0), ("nonsense", 0), (execution.id, "x"), (execution.id, -1), (execution.id, 10**12)):
        with watching(stack, cast, key, after) as socket:
            assert read_to_end(socket) == ([], 4404)


def test_an_api_key_opens_the_socket_of_its_own_workspace_only(stack: Stack, cast: Cast) -> None:
    execution = ended(cast.cook(cast.recipe("one")))
    _, key = create_api_key(workspace=cast.workspace, user=cast.owner, name="Watcher", role="viewer")
    other = Cast()
    _, foreign = create_api_key(workspace=other.workspace, user=other.owner, name="Watcher", role="owner")
    _, narrow = create_api_key(
        workspace=cast.workspace, user=cast.owner, name="Narrow", role="viewer", scopes=["agents:read"]
    )
    for name, form in (("X-API-Key", "{}"), ("Authorization", "ApiKey {}"), ("Authorization", "Bearer {}")):
        headers = {name: form.format(key)}
        with watching(stack, cast, execution.id, **headers) as socket:
            assert read_to_end(socket) == (recorded(execution), 1000)
    for refused in (foreign, narrow):
        with watching(stack, cast, execution.id, **{"X-API-Key": refused}) as socket:
            assert read_to_end(socket) == ([], 4404)


def test_a_cookie_that_no_page_sends_and_another_host_are_refused(stack: Stack, cast: Cast) -> None:
    execution = ended(cast.cook(cast.recipe("one")))
    nowhere = {name: value for name, value in cookie_of(cast.owner).items() if name != "Origin"}
    elsewhere = cookie_of(cast.owner) | {"Host": "evil.example"}
    other_program = cookie_of(cast.owner) | {"Origin": "http://127.0.0.1:3000"}
    for headers in (nowhere, elsewhere, other_program):
        with pytest.raises(Exception, match=r"40[03]"), watching(stack, cast, execution.id, **headers):
            pass


def test_a_page_of_another_site_may_not_open_a_socket(stack: Stack, cast: Cast) -> None:
    execution = ended(cast.cook(cast.recipe("one")))
    with (
        pytest.raises(Exception, match="403"),
        watching(stack, cast, execution.id, **cookie_of(cast.owner) | {"Origin": "https://evil.example"}),
    ):
        pass


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\x00\x01", 1003),
        ("not json", 1003),
        ("[]", 1003),
        ('{"type": "dance"}', 1003),
        ('{"type": "text_from", "step": 1, "attempt": true, "offset": 0}', 1003),
        ('{"type": "text_from", "step": 1, "attempt": 1, "offset": -1}', 1003),
        ("x" * 5000, 1009),
    ],
)
def test_nonsense_from_a_client_closes_its_socket_politely(
    stack: Stack, cast: Cast, message: str | bytes, code: int
) -> None:
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    with watching(stack, cast, execution.id) as socket:
        socket.send(message)
        assert read_to_end(socket)[1] == code
    held.release()
    wait_for(lambda: ended(execution))
