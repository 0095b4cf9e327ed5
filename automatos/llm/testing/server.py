"""A scripted model server on a loopback port, for tests and demonstrations.

It speaks the wires of OpenAI Chat Completions, OpenAI Responses and Anthropic Messages, streaming or not, answers by
rules, and refuses what the vendors would refuse:

    with ScriptedServer() as server:
        server.on("weather", reply="Sunny.", delay=0.5, times=1)
        server.conversation("report", {"tool_calls": [ToolCall("call_1", "search", {})]}, {"reply": "Here it is."})
        ...
        assert server.count("weather") == 1
        assert server.requests[-1].tool_results[0].content == "found"

`python -m automatos.llm.testing --port 8081 --delay 2` runs the quick one for benchmarks (see instant_server).
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any

from aiohttp import web

from automatos.llm.testing import wires
from automatos.llm.testing.answers import Events, Wire
from automatos.llm.testing.checks import objection
from automatos.llm.testing.requests import Recorded, last_user_text
from automatos.llm.testing.rules import Hold, Rule, Script

__all__ = ["Hold", "Recorded", "Rule", "Script", "ScriptedServer"]


class ScriptedServer(Script):
    """The server; runs in a thread of its own, start() and stop() or `with`."""

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.port = port
        self.refused_keys: set[str] = set()
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
        for path, wire in wires.PATHS.items():
            app.router.add_post(path, self._door(wire))
        app.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = runner.addresses[0][1]
        ready.set()
        await self._stopping.wait()
        await runner.cleanup()

    # --- answers: the server's loop ---------------------------------------------------------------------------------

    async def _models(self, request: web.Request) -> web.Response:
        """The list of models, which shows whether a key is good. A refused one is repeated, as careless servers do."""
        key = request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key in self.refused_keys:
            return web.json_response({"error": {"message": f"Incorrect API key provided: {key}."}}, status=401)
        return web.json_response({"object": "list", "data": [{"id": "test-model", "object": "model"}]})

    def _door(self, wire: Wire) -> Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            body = json.loads(await request.read())
            recorded = _recorded(wire, body, request)
            rule = self.rule_for(recorded)
            try:
                response = await self._answer(request, rule, recorded)
            except (asyncio.CancelledError, ConnectionError):
                recorded.gone = True
                raise
            finally:
                self.note_end(recorded)
            return response

        return answer

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
        answer = wires.body(seen.wire, rule.answer(seen))
        return web.Response(body=answer, content_type="application/json", headers=rule.headers)

    def _error(self, rule: Rule, seen: Recorded) -> web.Response | None:
        status, text, code, param = rule.status, rule.error, rule.error_code, rule.error_param
        if rule.context_error:
            status, text, code = 400, wires.CONTEXT_TEXT[seen.wire], "context_length_exceeded"
        if rule.overloaded:
            status, text = wires.OVERLOADED[seen.wire]
        if wrong := objection(seen):
            status, text, param = 400, wrong, "reasoning_effort" if "reasoning_effort" in wrong else None
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
            if wires.is_piece(event):
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

    def _events(self, rule: Rule, seen: Recorded) -> Events:
        if rule.raw is not None:
            return iter([f"data: {rule.raw}\n\n".encode()])
        return wires.events(seen.wire, rule.answer(seen), seen.body)

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


def _recorded(wire: Wire, body: dict[str, Any], came: web.Request) -> Recorded:
    peer = came.get_extra_info("peername", ("", 0))[1]
    return Recorded(wire, str(body.get("model")), last_user_text(body), body, dict(came.headers), time.time(), peer)


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
