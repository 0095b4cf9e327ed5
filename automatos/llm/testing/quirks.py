"""A model server that misbehaves in the ways real ones do: the name of the model chooses how.

Each behaviour stands in a table with what has to come of it, so that a reader can be tried against all:

    with QuirkServer() as server:
        for quirk in QUIRKS: ...  # ask server.url for the model quirk.name, compare with quirk.expected
"""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

from automatos.llm import errors
from automatos.llm.types import FinishReason

Json = dict[str, Any]
USAGE: Json = {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28}
TOLD = (20, 8)
EVENTS, JSON_TYPE, PAGE = "text/event-stream", "application/json", "text/html"
# How often one chunk of an endless answer is sent at most, and how long a silence is.
MOST_REPEATS, SILENCE = 1_000_000, 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What the server sends: chunks as they are. torn: the connection is cut after them. repeats: the last, endlessly.

    stays: the connection is kept open in silence afterwards.
    """

    chunks: tuple[bytes, ...]
    status: int = 200
    kind: str = EVENTS
    headers: tuple[tuple[str, str], ...] = ()
    torn: bool = False
    repeats: bool = False
    stays: bool = False


Answer = Callable[[Json, int], Sent]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a reader has to make of it. calls: (name, arguments) each. usage: (in, out) as told; None: estimated.

    error: the kind of error, and words: a pattern of its text or of the notes. sends: requests it takes.
    """

    text: str = ""
    thinking: str = ""
    calls: tuple[tuple[str, Json], ...] = ()
    finish: FinishReason = "stop"
    usage: tuple[int, int] | None = TOLD
    error: type[errors.ModelError] | None = None
    words: str = ""
    sends: int = 1


@dataclass(frozen=True, slots=True)
class Quirk:
    """One behaviour. answer: from the request's body and how often this model was asked before."""

    name: str
    answer: Answer
    expected: Expected = field(default_factory=Expected)
    wire: str = "openai"


# --- what answers are made of -----------------------------------------------------------------------------------------


def chunk(delta: Json | None = None, finish: object = None, **more: object) -> Json:
    """An event of a stream of chat completions."""
    event: Json = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
    if delta is not None:
        event["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {**event, **more}


def texts(*pieces: object, finish: object = "stop", usage: Json | None = USAGE) -> list[Json]:
    """The events of an answer with these pieces of text."""
    last = [chunk(choices=[], usage=usage)] if usage else []
    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": p}) for p in pieces),
        chunk({}, finish),
        *last,
    ]


def whole(text: object = "A whole answer.", finish: object = "stop", usage: object = USAGE, **more: object) -> Json:
    """A chat completion that is not streamed."""
    message = {"role": "assistant", "content": text, **more}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "stub", "choices": [choice], "usage": usage}


def stream(
    events: Sequence[object], *, done: bool = True, start: str = "data: ", end: str = "\n\n", **more: Any
) -> Answer:
    """Answers with these events; bytes go out as they are."""
    marks = [*events, "[DONE]"] if done else list(events)
    chunks = tuple(_event(event, start, end) for event in marks)
    return lambda body, count: Sent(chunks, **more)


def document(value: object, status: int = 200, kind: str = JSON_TYPE, **more: Any) -> Answer:
    """Answers with one document."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return lambda body, count: Sent((data,), status, kind, **more)


def refusing(applies: Callable[[Json], object], refusal: Answer, otherwise: Answer | None = None) -> Answer:
    """Refuses while something applies to the request; otherwise answers in words."""
    fine = otherwise or stream(texts("Accepted."))
    return lambda body, count: (refusal if applies(body) else fine)(body, count)


def first(answer: Answer, then: Answer) -> Answer:
    """One answer the first time, another one later."""
    return lambda body, count: (then if count else answer)(body, count)


def _event(value: object, start: str, end: str) -> bytes:
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{start}{text}{end}".encode()


# --- the server -------------------------------------------------------------------------------------------------------


class QuirkServer:
    """The server; runs in a thread of its own, start() and stop() or `with`. requests: bodies, in order."""

    def __init__(self, quirks: Sequence[Quirk], port: int = 0) -> None:
        self.quirks = {quirk.name: quirk for quirk in quirks}
        self.port = port
        self.requests: list[Json] = []
        self.seen: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL of its OpenAI wire."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, model: str) -> int:
        """How often a model was asked."""
        return self.seen.get(model, 0)

    def clear(self) -> None:
        """Forget what was asked."""
        self.requests.clear()
        self.seen.clear()

    def start(self) -> "QuirkServer":
        """Listen."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True, name="quirks")
        self._thread.start()
        assert ready.wait(10), "the quirk server did not start"
        return self

    def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)

    def __enter__(self) -> "QuirkServer":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        for path in ("/v1/chat/completions", "/v1/messages", "/v1/responses"):
            app.router.add_post(path, self._answer)
        app.router.add_get("/v1/models", self._models)
        app.router.add_route("*", "/{path:.*}", _nothing_here)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        ready.set()
        await self._stopping.wait()
        await runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.quirks]})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        model = str(body.get("model"))
        self.requests.append(body)
        before, self.seen[model] = self.seen.get(model, 0), self.seen.get(model, 0) + 1
        quirk = self.quirks.get(model)
        if quirk is None:
            return web.json_response({"error": {"message": f"The model {model} does not exist"}}, status=404)
        sent = _after_tools(body) or quirk.answer(body, before)
        response = web.StreamResponse(status=sent.status, headers={"Content-Type": sent.kind, **dict(sent.headers)})
        await response.prepare(request)
        for data in sent.chunks:
            await response.write(data)
        await self._end(request, response, sent)
        return response

    async def _end(self, request: web.Request, response: web.StreamResponse, sent: Sent) -> None:
        if sent.repeats:
            for _ in range(MOST_REPEATS):
                await response.write(sent.chunks[-1])
        if sent.stays:
            await asyncio.sleep(SILENCE)
        if sent.torn:
            await asyncio.sleep(0.02)  # what was written has to leave before the connection is torn down
            if request.transport is not None:
                request.transport.abort()
            return
        await response.write_eof()


def _after_tools(body: Json) -> Sent | None:
    """With the results of tools every model answers the same: what it was given."""
    turns = body.get("messages", ())
    results = [turn["content"] for turn in turns if turn.get("role") == "tool"]
    if results:
        return stream(texts("Results: " + " | ".join(map(str, results))))(body, 0)
    blocks = [block for turn in turns if isinstance(turn["content"], list) for block in turn["content"]]
    results = [block["content"] for block in blocks if block.get("type") == "tool_result"]
    if not results:
        return None
    content, usage = [{"type": "text", "text": f"Results: {results}"}], {"input_tokens": 20, "output_tokens": 8}
    message = {"type": "message", "model": "stub", "content": content, "stop_reason": "end_turn", "usage": usage}
    return document(message)(body, 0)


async def _nothing_here(request: web.Request) -> web.Response:
    """A server that answers everything with 200, as LM Studio does."""
    return web.json_response({"error": f"Unexpected endpoint or method. ({request.method} {request.path})"})
