"""OpenAI Chat Completions, and every server that speaks it, as it speaks it."""

from collections.abc import Mapping
from typing import Any, cast

import httpx2
import openai

from automatos.llm.deltas import Listener
from automatos.llm.errors import ModelNotFound
from automatos.llm.families import OPENAI_THINKERS
from automatos.llm.parts import Json, read_arguments
from automatos.llm.presets import preset
from automatos.llm.providers.base import Outgoing, Provider
from automatos.llm.providers.collected import THINKING_AT, Collected
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.openai_responses import ResponsesProvider, client
from automatos.llm.providers.openai_words import messages, untaken_by, wire_settings
from automatos.llm.providers.reading import plain_error
from automatos.llm.providers.refusals import Learned, leave_out, refused_part
from automatos.llm.providers.shapes import arguments_text, counted, ending, mapping, mappings, said, text
from automatos.llm.providers.think_tags import ThinkTags
from automatos.llm.types import ModelReply, ModelRequest

UNKNOWN_REASON = "The answer ended with “{word}”, which is not known here."
UNKNOWN_PART = "A part of the answer of the type “{kind}” was left out."
# Where servers put thinking beside the text, the likeliest first; the same thinking may stand in several.
THOUGHTS = ("reasoning_content", "reasoning")
# What of a detail of thinking comes in pieces, and where the arguments of a call are.
GROWING = ("text", "summary", "data")
ARGUMENTS = ("arguments", "input", "parameters")


class OpenAIProvider(Provider):
    """Speaks through the `openai` SDK on its aiohttp transport."""

    path = "/chat/completions"
    has_responses = True

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._preset = preset(endpoint.preset)
        self._learned = Learned(self._preset.refuses)
        self._client = self.connect(endpoint)
        # Thinkers take calls of tools well, or at all, only on the newer wire.
        self._responses = ResponsesProvider(endpoint, self._client)
        self._chat_only: set[str] = set()

    def connect(self, endpoint: Endpoint) -> openai.AsyncOpenAI:
        """The SDK's client of this endpoint."""
        return client(endpoint)

    async def attempt(self, model: str, request: ModelRequest, listener: Listener | None) -> ModelReply:
        """Models that think are asked by Responses, where the server has that; the others by Chat Completions."""
        if self.has_responses and OPENAI_THINKERS.match(model) and model not in self._chat_only:
            try:
                return await self._responses.attempt(model, request, listener)
            except ModelNotFound:
                self._chat_only.add(model)
        return await super().attempt(model, request, listener)

    def body(self, model: str, request: ModelRequest, stream: bool) -> dict[str, Any]:
        """Settings left at their defaults are not sent."""
        body: dict[str, Any] = {"model": model, "messages": messages(request.messages, request.model)}
        body |= wire_settings(model, request)
        if stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        if self._preset.asks_for_cost:
            body["usage"] = {"include": True}
        return body

    def untaken(self, model: str, request: ModelRequest) -> list[str]:
        return untaken_by(model, request, self._learned.of(model))

    def collected(self, listener: Listener | None) -> Collected:
        return Collected(listener, tags=ThinkTags())

    async def send(self, outgoing: Outgoing) -> httpx2.Response:
        """Sent again at once without what the server turns down and can be left out; that is remembered."""
        model, body = outgoing.model, outgoing.body
        outgoing.left_out = [part for part in self._learned.of(model) if leave_out(body, part)]
        while True:
            try:
                # With this cast the SDK hands out the response itself, unread; its types do not say so.
                response = await self._client.post(
                    self.path,
                    cast_to=httpx2.Response,
                    body=body,
                    options={"headers": outgoing.headers},
                    stream=True,
                    stream_cls=openai.AsyncStream[Any],
                )
                return cast(httpx2.Response, response)
            except openai.APIStatusError as error:
                part = refused_part(error.status_code, error.body, body)
                if not part or part in outgoing.left_out or not leave_out(body, part):
                    raise
                self._learned.add(model, part)
                outgoing.left_out.append(part)

    def read_whole(self, answer: dict[str, Any], into: Collected) -> None:
        """The first choice counts."""
        self.read_event(answer, into)

    def read_event(self, event: dict[str, Any], into: Collected) -> None:
        """Usage comes in a last event without choices, or anywhere else."""
        into.count(
            counted(event.get("usage") or mapping(event.get("x_groq")).get("usage") or event.get("usageMetadata"))
        )
        if not into.served_model:
            into.served_model = text(event.get("model"))
        choice = _first_choice(event)
        if choice is None:
            return
        if choice.get("error"):
            into.broke = choice["error"]
        is_whole = not isinstance(choice.get("delta"), Mapping)
        if is_whole and not isinstance(choice.get("message"), Mapping):
            # The older wire of completions has its text here.
            self._take({"content": choice.get("text")}, into, is_whole=False)
        else:
            self._take(mapping(choice["message" if is_whole else "delta"]), into, is_whole=is_whole)
        _take_finish(choice, into)

    def _take(self, message: Mapping[str, Any], into: Collected, *, is_whole: bool) -> None:
        """A message or what is new in it. A whole one that repeats what was streamed is passed over."""
        if is_whole and (into.text or into.calls):
            return
        _take_thinking(message, into)
        content = said(message.get("content"))
        if content.thinking:
            into.think("think", content.thinking)
        for kind in content.unknown:
            into.note(UNKNOWN_PART.format(kind=kind[:60]))
        if content.text:
            into.say(content.text)
        if refusal := content.refusal or text(message.get("refusal")):
            into.refusal.append(refusal)
        _take_calls(message, into, is_whole=is_whole)

    def error_in(self, event: dict[str, Any]) -> object:
        """An event of the answer may have a message of its own; one without any choice is an error."""
        error = plain_error(event)
        if error is None and "choices" not in event and isinstance(event.get("message"), str):
            return None if event.keys() & {"usage", "delta"} else event
        return error

    def status_error(self, error: Exception) -> tuple[int, object, Mapping[str, str]] | None:
        if isinstance(error, openai.APIStatusError):
            return error.status_code, error.body, error.response.headers
        return None

    async def close(self) -> None:
        await self._client.close()


def _first_choice(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The answer's choice; servers of another house send its message without one."""
    rows = mappings(event.get("choices"))
    if event.get("choices") and not rows:
        raise ValueError("choices that are no objects")
    found = next((row for row in rows if not row.get("index")), rows[0] if rows else None)
    if found is None and not rows and isinstance(event.get("message"), Mapping):
        done = {"finish_reason": event.get("done_reason") or "stop"} if event.get("done") else {}
        return {"delta": event["message"], **done}
    return found


def _take_thinking(source: Mapping[str, Any], into: Collected) -> None:
    """Several servers show what the model thinks, and want it back with the results of its calls."""
    name = next((name for name in THOUGHTS if source.get(name)), "")
    thinking = said(source.get(name)) if name else None
    if thinking is not None:
        into.think(name, thinking.text + thinking.thinking)
    details = mappings(source.get("reasoning_details"))
    if details and source.get("reasoning_details"):
        _take_details(details, into, is_told=bool(name))


def _take_details(details: list[Mapping[str, Any]], into: Collected, *, is_told: bool) -> None:
    """Signed or encrypted thinking; pieces of one detail belong together."""
    kept = into.blocks.get(THINKING_AT, {}).get("reasoning_details") or []
    for detail in details:
        place = (detail.get("type"), detail.get("index"))
        if kept and place[1] is not None and (kept[-1].get("type"), kept[-1].get("index")) == place:
            _grow(kept[-1], detail)
        else:
            kept.append(dict(detail))
        if not is_told:
            into.show_thinking(text(detail.get("text")) or text(detail.get("summary")))
    into.block(THINKING_AT, {**into.blocks.get(THINKING_AT, {}), "reasoning_details": kept})


def _grow(detail: Json, more: Mapping[str, Any]) -> None:
    for field, value in more.items():
        if field in GROWING and isinstance(value, str) and isinstance(detail.get(field), str):
            detail[field] += value
        elif value is not None:
            detail[field] = value


def _take_calls(source: Mapping[str, Any], into: Collected, *, is_whole: bool) -> None:
    rows = mappings(source["tool_calls"]) if source.get("tool_calls") else []
    if source.get("function_call"):
        rows = [*rows, {"function": source["function_call"]}]
    for row in rows:
        function = mapping(row.get("function")) or row
        name, id = text(function.get("name")), str(row.get("id") or "")
        arguments = arguments_text(next((function[key] for key in ARGUMENTS if key in function), None))
        position = len(into.calls) if is_whole else _position(row.get("index"), id, name, into)
        into.call_piece(position, id, name, arguments)
        if extra := row.get("extra_content"):
            into.calls[position].extra = {**into.calls[position].extra, "extra_content": extra}


def _position(index: object, id: str, name: str, into: Collected) -> int:
    """Where a piece of a call belongs: to the last call of its index, or to a new one.

    Servers give several calls one index, or none at all. A new id starts a new call, and so does a name without an id
    once the arguments before it are whole.
    """
    calls = into.calls
    places = into.places
    key = index if isinstance(index, int) else -1
    at = places.get(key) if key in places else None
    if at is None and key == -1 and calls:
        at = max(calls)
    if at is not None:
        call = calls[at]
        is_new = bool(id and name and call.has_id and id != call.id)
        is_next = bool(not id and name and call.text.strip() and not read_arguments(call.text)[1])
        if not is_new and not is_next:
            return at
    places[key] = len(calls)
    return len(calls)


def _take_finish(choice: Mapping[str, Any], into: Collected) -> None:
    reason, unknown = ending(choice.get("finish_reason") or choice.get("stop_reason"))
    if reason is None:
        return
    if unknown:
        into.note(UNKNOWN_REASON.format(word=unknown))
    # Several servers say `stop` after tool calls, or the other way round, so the calls themselves decide.
    if reason in ("stop", "tool_calls"):
        reason = "tool_calls" if into.calls else "stop"
    into.finish = reason
