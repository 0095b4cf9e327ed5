"""What the scripted server is told to answer, and what it was asked."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from automatos.llm.parts import ToolCall
from automatos.llm.testing.answers import Answer
from automatos.llm.testing.requests import Recorded, turns
from automatos.llm.types import FinishReason, Usage

# Seconds to wait for requests; a busy machine takes long, and a pass never waits.
PATIENCE = 60.0
# The words of an answer, see Rule; or None to let the next rule answer.
Decision = Mapping[str, Any] | None


@dataclass(slots=True)
class Rule:
    """What to answer when `match` occurs in the last text of the user or in the model's name. Times in seconds.

    chunks: the pieces of a streamed answer (default: word by word). delay: before the first byte. chunk_delay: between
    pieces. times: answer so often, then the next rule counts. round: only after so many rounds of calls since that
    text. decide: gives the words of the answer for a request, or None to leave it to the next rule.

    thinking: what the model thinks first; signature: what has to come back with it. tool_calls may be malformed, made
    with ToolCall.read. refusal, finish: how the answer ends.

    status, error, error_code, error_param, retry_after: an error answer. context_error: the vendor's "prompt too long".
    overloaded: the vendor's "overloaded". cut_after: break off after so many pieces (of text, then of calls'
    arguments), by closing the connection, or politely but unfinished if `cut_politely`, or with an error event saying
    `stream_error`. raw: this body instead of a well-formed one.
    """

    match: str = ""
    reply: str | None = None
    chunks: Sequence[str] | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    thinking: str = ""
    signature: str = "c2lnbmVkIHRoaW5raW5n"
    tool_calls: Sequence[ToolCall] = ()
    refusal: str = ""
    finish: FinishReason | None = None
    usage: Usage | None = None
    times: int | None = None
    round: int | None = None
    decide: Callable[[Recorded], Decision] | None = None
    status: int = 200
    error: str = "The scripted server was told to fail."
    error_code: str | None = None
    error_param: str | None = None
    retry_after: float | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    context_error: bool = False
    overloaded: bool = False
    cut_after: int | None = None
    cut_politely: bool = False
    stream_error: str = ""
    raw: str | None = None
    hold: "Hold | None" = None

    def answers(self, request: Recorded) -> bool:
        """Whether this rule may answer the request."""
        return self.times != 0 and fits(self.match, request) and self.round in (None, request.round)

    def pieces(self, prompt: str) -> list[str]:
        """The text of the answer in the pieces a stream sends."""
        if self.chunks is not None:
            return list(self.chunks)
        if self.reply is None and (self.tool_calls or self.refusal):
            return []
        text = f"Scripted answer to: {prompt[:80]}" if self.reply is None else self.reply
        words = text.split(" ")
        return [word + " " for word in words[:-1]] + words[-1:] if text else []

    def answer(self, request: Recorded) -> Answer:
        """Usage as asked for, else one token per word, so that figures in tests can be told in advance."""
        pieces, calls = self.pieces(request.prompt), tuple(self.tool_calls)
        words = sum(len(str(turn.get("content")).split()) for turn in turns(request.body))
        usage = self.usage or Usage(input_tokens=words, output_tokens=len("".join(pieces).split()))
        finish = self.finish or ("tool_calls" if calls else "stop")
        return Answer(request.model, pieces, calls, self.refusal, finish, usage, self.thinking, self.signature)


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

    def wait_for_requests(self, count: int, timeout: float = PATIENCE) -> list[Recorded]:
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

    def conversation(self, match: str, *answers: Mapping[str, Any]) -> None:
        """Answer round after round of calls with the words of one answer each; the last one also later ones."""
        for number, answer in enumerate(answers):
            self.on(match, round=number if number < len(answers) - 1 else None, **answer)

    def clear(self) -> None:
        """Forget rules and log; let held requests go."""
        for hold in self._holds:
            hold.release()
        with self._changed:
            self._holds.clear()
            self._rules.clear()
            self._requests.clear()

    def rule_for(self, request: Recorded) -> Rule:
        """Note a request, and the first rule that answers it."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            for rule in self._rules:
                if not rule.answers(request):
                    continue
                decision: Decision = rule.decide(request) if rule.decide else {}
                if decision is not None:
                    rule.times = None if rule.times is None else rule.times - 1
                    return replace(rule, **decision)
        return Rule()

    def note_end(self, request: Recorded) -> None:
        """A request is over; those who wait for that look again."""
        with self._changed:
            request.finished = not request.gone
            self._changed.notify_all()

    @property
    def requests(self) -> list[Recorded]:
        """Every request so far, oldest first."""
        with self._changed:
            return list(self._requests)

    def count(self, match: str = "") -> int:
        """How many requests had `match` in the last user message or the model's name."""
        return sum(1 for request in self.requests if fits(match, request))

    def wait_for_requests(self, count: int, *, timeout: float = PATIENCE, match: str = "") -> list[Recorded]:
        """The matching requests, once there are `count`; AssertionError after `timeout` seconds."""

        return self._wait(lambda request: fits(match, request), count, timeout)

    def wait_until_gone(self, count: int, *, timeout: float = PATIENCE) -> list[Recorded]:
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


def fits(match: str, request: Recorded) -> bool:
    """Whether a text occurs in the last text of the user or in the model's name."""
    return match in request.prompt or match in request.model
