"""An answer followed to its end: its text as it is written, and what it came to."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.db.models import QuerySet, Sum

from automatos.errors import Conflict, NotSignedIn
from automatos.llm.parts import ToolCall, part_from_json
from recipes.chat.client_history import AGAIN
from recipes.live.following import Followed
from recipes.live.server_sent import happenings, sse
from recipes.models import Call, Execution, ExecutionStatus
from recipes.runs import services as runs
from recipes.runs.tool_calls import in_order
from workspaces.scope.tenancy import workspace_scope

WAITS = (
    "The agent wants to do something that a person has to approve first, and this way of asking cannot wait for that. "
    "The answer was cancelled. Ask in the playground, or change the workspace's policy of approvals."
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What an answer came to. error: code and message, None when it went well.

    finish_reason: of its last model call, empty when none came to an end. calls: of the client's tools, if it ended
    with them.
    """

    text: str
    error: dict[str, str] | None
    finish_reason: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: float
    tool_calls: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    calls: tuple[ToolCall, ...] = ()


class Written:
    """The text sent so far of an answer whose text may start over when another call begins."""

    def __init__(self) -> None:
        self.current = ""
        self.sent = False

    def take(self, piece: dict[str, Any]) -> str:
        """What of a streamed piece is new; empty when it was known or has a hole before it."""
        offset, text = piece["offset"], piece["text"]
        if offset == 0 and self.current and not self.current.startswith(text) and not text.startswith(self.current):
            self.current = ""
            return self._new(text, AGAIN)
        known = len(self.current)
        return "" if offset > known else self._new(text[known - offset :])

    def rest(self, final: str) -> str:
        """What is missing of the final text."""
        if final.startswith(self.current):
            return self._new(final[len(self.current) :])
        self.current = ""
        return self._new(final, AGAIN)

    def _new(self, text: str, between: str = "") -> str:
        self.current += text
        between, self.sent = between if self.sent and text else "", self.sent or bool(text)
        return between + text


async def pieces(followed: Followed, *, stays: bool) -> AsyncGenerator[str, None]:
    """The text as it is written, up to the end of the run. Whoever stops listening before stops it, unless it stays.

    An empty piece means that nothing happened for a while. Raises Conflict where a person would have to approve, and
    NotSignedIn when the caller's way in has ended.
    """
    written, over = Written(), stays
    try:
        async for body in happenings(followed, 0):
            if body is None:
                yield ""
            elif body["type"] == "text":
                if text := written.take(body):
                    yield text
            elif body["type"] == "execution.waiting":
                over = False
                raise Conflict(WAITS, code="approval_required")
        over = True
        if rest := written.rest((await ended(followed)).text):
            yield rest
    finally:
        if not over:
            await stop(followed)


async def stop(followed: Followed) -> None:
    """Cancel the run, also when who asks is being cancelled."""
    await asyncio.shield(asyncio.ensure_future(database_sync_to_async(_cancel)(followed)))


async def whole(followed: Followed, *, stays: bool) -> Ended:
    """The answer once it is over. Whoever stops waiting stops the run, unless it stays."""
    async with contextlib.aclosing(pieces(followed, stays=stays)) as text:
        async for _ in text:
            pass
    return await ended(followed)


async def ended(followed: Followed) -> Ended:
    """What the run came to."""
    found: Ended = await database_sync_to_async(came_to)(followed)
    return found


async def followed_answer(followed: Followed, first: dict[str, Any]) -> AsyncIterator[bytes]:
    """The answer as Server-Sent Events: what was begun, each event and text, and at the end a message `final`."""
    yield b"retry: 2000\n\n" + sse({"type": "started", **first})
    try:
        async for body in happenings(followed, 0):
            yield sse(body) if body else b": waiting\n\n"
    except NotSignedIn:
        return
    end = await ended(followed)
    totals = {"input_tokens": end.input_tokens, "output_tokens": end.output_tokens, "cost": end.cost}
    totals["tool_calls"] = end.tool_calls
    final = {"output": end.text, "error": end.error, "finish_reason": end.finish_reason or None, "model": end.model}
    yield sse({"type": "final", **first, **final, "totals": totals})


def came_to(followed: Followed) -> Ended:
    """What the run came to, asked where nothing is awaited."""
    with workspace_scope(followed.workspace_id):
        run = Execution.objects.get(pk=followed.id)
        rows = run.steps.values_list("model", "finish_reason", "output")
        model, finish_reason, written = rows.first() or ("", "", "")
        replies = Call.objects.filter(step__execution=run, kind=Call.Kind.MODEL)
        counted = replies.aggregate(cached=Sum("cached_tokens"), reasoning=Sum("reasoning_tokens"))
        calls = _handed_out(run, replies) if finish_reason == "tool_calls" else ()
    error = None
    if run.status != ExecutionStatus.COMPLETED:
        told = run.error or {"code": run.status, "message": f"The answer was {run.get_status_display().lower()}."}
        error = {"code": str(told.get("code", "error")), "message": str(told.get("message", ""))}
    text = (run.output_data or {}).get("final_output", "") or written
    tokens = run.input_tokens, run.output_tokens
    more = counted["cached"] or 0, counted["reasoning"] or 0
    return Ended(text, error, finish_reason, model, *tokens, float(run.cost), run.tool_calls, *more, calls)


def _handed_out(run: Execution, replies: QuerySet[Call]) -> tuple[ToolCall, ...]:
    """The calls of the client's tools that the run ended with."""
    names = {tool["name"] for tool in (run.input_data.get("wishes") or {}).get("tools", ())}
    last = in_order(call for call in replies if "." not in call.path)[-1:]
    parts = ((last[0].data or {}).get("parts") or ()) if last else ()
    calls = (part_from_json(part) for part in parts if part.get("type") == "tool_call")
    return tuple(call for call in calls if isinstance(call, ToolCall) and call.name in names)


def _cancel(followed: Followed) -> None:
    with contextlib.suppress(Conflict, Execution.DoesNotExist), workspace_scope(followed.workspace_id):
        runs.cancel(execution=Execution.objects.get(pk=followed.id), user=None)
