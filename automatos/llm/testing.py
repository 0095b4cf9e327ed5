"""A scripted model server on a loopback port, for tests and demonstrations.

It speaks the wire of OpenAI Chat Completions and of Anthropic Messages, streaming or not, and answers by rules:

    with ScriptedServer() as server:
        server.on("weather", reply="Sunny.", delay=0.5, times=1)
        ...
        assert server.count("weather") == 1

`python -m automatos.llm.testing --port 8081 --delay 2` runs the quick one for benchmarks (see instant_server).
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

from automatos.llm import scripted_wires as wires
from automatos.llm.parts import ToolCall
from automatos.llm.types import FinishReason, Usage


@dataclass(slots=True)
class Rule:
    """What to answer when `match` occurs in the last user message or in the model's name. Times in seconds.

    chunks: the pieces of a streamed answer (default: word by word). delay: before the first byte. chunk_delay: between
    pieces. times: answer so often, then the next rule counts. status, error, error_code, error_param, retry_after: an
    error answer. context_error: the vendor's "prompt too long". cut_after: break off after so many pieces, by closing
    the connection, or politely but unfinished if `cut_politely`, or with an error event saying `stream_error`.
    raw: this body instead of a well-formed one.
    """

    match: str = ""
    reply: str | None = None
    chunks: Sequence[str] | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str = ""
    finish: FinishReason | None = None
    usage: Usage | None = None
    times: int | None = None
    status: int = 200
    error: str = "The scripted server was told to fail."
    error_code: str | None = None
    error_param: str | None = None
    retry_after: float | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    context_error: bool = False
    cut_after: int | None = None
    cut_politely: bool = False
    stream_error: str = ""
    raw: str | None = None
    hold: "Hold | None" = None

    def pieces(self, prompt: str) -> list[str]:
        """The text of the answer in the pieces a stream sends."""
        if self.chunks is not None:
            return list(self.chunks)
        if self.reply is None and (self.tool_calls or self.refusal):
            return []
        text = f"Scripted answer to: {prompt[:80]}" if self.reply is None else self.reply
        words = text.split(" ")
        return [word + " " for word in words[:-1]] + words[-1:] if text else []


@dataclass(slots=True)
class Recorded:
    """One request as it arrived. at: time.time(). peer: the client's port, another one for each connection.

    gone: the client closed the connection before the answer's end.
    """

    wire: wires.Wire
    model: str
    prompt: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float
    peer: int = 0
    finished: bool = False
    gone: bool = False


class Hold:
    """Keeps matching requests waiting (after `after_chunks` pieces of a stream) until release()."""

    def __init__(self, server: "Script", match: str, after_chunks: int) -> None:
        self.match = match
        self.after_chunks = after_chunks
        self._server = server
        self._event = asyncio.Event()

    def release(self) -> None:
        """Let the waiting requests, and all later ones, go on."""
        self._server.call(self._event.set)

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> list[Recorded]:
        """The matching requests, once there are `count`; AssertionError after `timeout` seconds."""
        return self._server.wait_for_requests(count, timeout=timeout, match=self.match)

    async def wait(self) -> None:
        await self._event.wait()


class Script:
    """What to answer, tried in the order given, and what was asked; usable from any thread."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._requests: list[Recorded] = []
        self._changed = threading.Condition()
        self._holds: list[Hold] = []

    def on(self, match: str = "", **answer: Any) -> Rule:
        """Add a rule; see Rule for the words. The empty match fits every request."""
        rule = Rule(match=match, **answer)
        with self._changed:
            self._rules.append(rule)
        return rule

    def hold(self, match: str = "", *, after_chunks: int = 0, **answer: Any) -> Hold:
        """Like on(), but the answer waits for release()."""
        hold = Hold(self, match, after_chunks)
        self._holds.append(hold)
        self.on(match, hold=hold, **answer)
        return hold

    def clear(self) -> None:
        """Forget rules and log; let held requests go."""
        for hold in self._holds:
            hold.release()
        with self._changed:
            self._holds.clear()
            self._rules.clear()
            self._requests.clear()

    @property
    def requests(self) -> list[Recorded]:
        """Every request so far, oldest first."""
        with self._changed:
            return list(self._requests)

    def count(self, match: str = "") -> int:
        """How many requests had `match` in the last user message or the model's name."""
        return sum(1 for request in self.requests if _fits(match, request))

    def wait_for_requests(self, count: int, *, timeout: float = 10.0, match: str = "") -> list[Recorded]:
        """The matching requests, once there are `count`; AssertionError after `timeout` seconds."""

        return self._wait(lambda request: _fits(match, request), count, timeout)

    def wait_until_gone(self, count: int, *, timeout: float = 10.0) -> list[Recorded]:
        """The requests whose clients closed the connection early, once there are `count`."""
        return self._wait(lambda request: request.gone, count, timeout)

    def _wait(self, wanted: Callable[[Recorded], bool], count: int, timeout: float) -> list[Recorded]:
        def found() -> list[Recorded]:
            return [request for request in self._requests if wanted(request)]

        with self._changed:
            enough = self._changed.wait_for(lambda: len(found()) >= count, timeout)
            assert enough, f"waited {timeout} s for {count} requests, saw {len(found())} of {len(self._requests)}"
            return found()

    def call(self, action: Callable[[], object]) -> None:
        """Run something where the answers are made."""
        raise NotImplementedError


class ScriptedServer(Script):
    """The server; runs in a thread of its own, start() and stop() or `with`."""

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def openai_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- life -------------------------------------------------------------------------------------------------------

    def start(self) -> "ScriptedServer":
        """Listen; on the same port as before if it ran before."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True, name="scripted")
        self._thread.start()
        assert ready.wait(10), "the scripted server did not start"
        return self

    def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._thread is not None and self._thread.is_alive():
            self.call(self._stopping.set)
            self._thread.join(10)
        self._loop = self._thread = None

    def __enter__(self) -> "ScriptedServer":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def call(self, action: Callable[[], object]) -> None:
        """Run something on the server's loop, or at once when it does not run."""
        if self._loop is None:
            action()
        else:
            self._loop.call_soon_threadsafe(action)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._door("openai"))
        app.router.add_post("/v1/messages", self._door("anthropic"))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = runner.addresses[0][1]
        ready.set()
        await self._stopping.wait()
        await runner.cleanup()

    # --- answers: the server's loop ---------------------------------------------------------------------------------

    def _door(self, wire: wires.Wire) -> Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            body = json.loads(await request.read())
            rule, recorded = self._record(wire, body, request)
            try:
                response = await self._answer(request, rule, recorded)
            except (asyncio.CancelledError, ConnectionError):
                recorded.gone = True
                raise
            finally:
                with self._changed:
                    recorded.finished = not recorded.gone
                    self._changed.notify_all()
            return response

        return answer

    def _record(self, wire: wires.Wire, body: dict[str, Any], came: web.Request) -> tuple[Rule, Recorded]:
        peer = came.get_extra_info("peername", ("", 0))[1]
        request = Recorded(
            wire, str(body.get("model")), last_user_text(body), body, dict(came.headers), time.time(), peer
        )
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            for rule in self._rules:
                if rule.times != 0 and _fits(rule.match, request):
                    rule.times = None if rule.times is None else rule.times - 1
                    return rule, request
        return Rule(), request

    async def _answer(self, request: web.Request, rule: Rule, seen: Recorded) -> web.StreamResponse:
        if rule.delay:
            await asyncio.sleep(rule.delay)
        refused = self._error(rule, seen)
        streamed = bool(seen.body.get("stream")) and refused is None
        if rule.hold and not (streamed and rule.hold.after_chunks):
            await rule.hold.wait()
        if refused is not None:
            return refused
        if rule.cut_after == 0 and not rule.cut_politely and not rule.stream_error:
            _hang_up(request)
            return web.Response()
        if streamed:
            return await self._stream(request, rule, seen)
        if rule.raw is not None:
            return web.Response(text=rule.raw, content_type="application/json", headers=rule.headers)
        build = wires.openai_body if seen.wire == "openai" else wires.anthropic_body
        return web.Response(body=build(_answer(rule, seen)), content_type="application/json", headers=rule.headers)

    def _error(self, rule: Rule, seen: Recorded) -> web.Response | None:
        status, text, code, param = rule.status, rule.error, rule.error_code, rule.error_param
        if rule.context_error:
            status, text, code = 400, wires.CONTEXT_TEXT[seen.wire], "context_length_exceeded"
        if seen.wire == "anthropic" and (bad := {"temperature", "top_p"} & seen.body.keys()):
            status, text = 400, f"{min(bad)}: Extra inputs are not permitted"
        if status == 200:
            return None
        headers = dict(rule.headers)
        if rule.retry_after is not None:
            headers["Retry-After"] = str(rule.retry_after)
        body = rule.raw.encode() if rule.raw is not None else wires.error_body(seen.wire, status, text, code, param)
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

    async def _stream(self, request: web.Request, rule: Rule, seen: Recorded) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **rule.headers})
        await response.prepare(request)
        sent = 0
        for event in self._events(rule, seen):
            if _is_piece(event):
                if sent == rule.cut_after:
                    return await self._cut(request, response, rule, seen)
                if rule.hold and sent == rule.hold.after_chunks:
                    await rule.hold.wait()
                if sent and rule.chunk_delay:
                    await asyncio.sleep(rule.chunk_delay)
                sent += 1
            elif rule.cut_after is not None and sent >= rule.cut_after and sent:
                return await self._cut(request, response, rule, seen)
            await response.write(event)
        await response.write_eof()
        return response

    def _events(self, rule: Rule, seen: Recorded) -> wires.Events:
        if rule.raw is not None:
            return iter([f"data: {rule.raw}\n\n".encode()])
        if seen.wire == "anthropic":
            return wires.anthropic_events(_answer(rule, seen))
        wanted = bool((seen.body.get("stream_options") or {}).get("include_usage"))
        return wires.openai_events(_answer(rule, seen), wanted)

    async def _cut(
        self, request: web.Request, response: web.StreamResponse, rule: Rule, seen: Recorded
    ) -> web.StreamResponse:
        if rule.stream_error:
            await response.write(wires.stream_error(seen.wire, rule.stream_error))
        if rule.cut_politely or rule.stream_error:
            await response.write_eof()
        else:
            await asyncio.sleep(0.02)  # what was written has to leave before the connection is torn down
            _hang_up(request)
        return response


def last_user_text(body: Mapping[str, Any]) -> str:
    """The text of the last user message of either wire."""
    for message in reversed(body.get("messages") or []):
        if message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str):
                return content
            return "".join(str(part.get("text", "")) for part in content or [])
    return ""


def _fits(match: str, request: Recorded) -> bool:
    return match in request.prompt or match in request.model


def _is_piece(event: bytes) -> bool:
    return b'"delta":{"content":"' in event or b'"type":"text_delta"' in event


def _answer(rule: Rule, seen: Recorded) -> wires.Answer:
    """Usage as asked for, else one token per word, so that figures in tests can be told in advance."""
    pieces = rule.pieces(seen.prompt)
    words = sum(len(str(message.get("content")).split()) for message in seen.body.get("messages") or [])
    usage = rule.usage or Usage(input_tokens=words, output_tokens=len("".join(pieces).split()))
    finish = rule.finish or ("tool_calls" if rule.tool_calls else "stop")
    return wires.Answer(seen.model, pieces, rule.tool_calls, rule.refusal, finish, usage)


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


if __name__ == "__main__":
    from automatos.llm.instant_server import main

    main()
