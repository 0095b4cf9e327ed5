"""OpenAI Responses: the wire on which OpenAI's thinking models call tools, and get their thinking back.

Nothing is kept at the vendor's (`store` is off): each call brings the whole conversation, thinking as encrypted items.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import httpx2
import openai

from automatos.llm.parts import Image, Json, ProviderBlock, Text, ToolCall
from automatos.llm.providers.base import LIMITS, TIMEOUT, Outgoing, Provider, capped
from automatos.llm.providers.collected import Collected
from automatos.llm.providers.endpoint import Endpoint
from automatos.llm.providers.openai_words import (
    SAMPLING,
    arguments,
    data_url,
    effort_of,
    named_schema,
    result_text,
    untaken_by,
)
from automatos.llm.providers.reading import plain_error
from automatos.llm.providers.sending import watched
from automatos.llm.providers.shapes import arguments_text, counted, mapping, mappings, said, text
from automatos.llm.text import clean
from automatos.llm.types import FinishReason, Message, ModelRequest

FINISH: dict[str, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
# What this wire takes of the settings that steer sampling.
TAKEN = ("temperature", "top_p")
LEAST_OUTPUT = 16
EFFORT = "reasoning.effort"
FIELDS = {"reasoning.summary": ""}
# Left out, once and for all later calls, when the vendor says that a model does not take them.
OPTIONAL = frozenset({*TAKEN, "parallel_tool_calls", EFFORT, "reasoning.summary"})


def client(endpoint: Endpoint) -> openai.AsyncOpenAI:
    """The vendor's SDK on its aiohttp transport."""
    return openai.AsyncOpenAI(
        api_key=endpoint.key,
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=TIMEOUT,
        http_client=watched(
            openai.DefaultAioHttpClient(limits=LIMITS, timeout=TIMEOUT, follow_redirects=False, event_hooks=capped())
        ),
    )


class ResponsesProvider(Provider):
    """Speaks through a client of the `openai` SDK that belongs to someone else, who closes it."""

    path = "/responses"

    def __init__(self, endpoint: Endpoint, client: openai.AsyncOpenAI) -> None:
        super().__init__(endpoint)
        self._client = client
        self._untaken: dict[str, list[str]] = {}

    def body(self, model: str, request: ModelRequest, stream: bool) -> dict[str, Any]:
        """Settings left at their defaults are not sent."""
        body: dict[str, Any] = {
            "model": model,
            "input": items(request.messages, request.model),
            "max_output_tokens": max(LEAST_OUTPUT, request.max_tokens),
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        untaken = self.untaken(model, request)
        for name in TAKEN:
            value = getattr(request, name)
            if value is not None and name not in untaken:
                body[name] = value
        reasoning = {"effort": effort_of(model, request), "summary": "auto" if request.thinking else ""}
        if any(reasoning.values()):
            body["reasoning"] = {name: value for name, value in reasoning.items() if value}
        if request.tools:
            body |= _tool_settings(request)
        if request.response_schema is not None:
            body["text"] = {"format": {"type": "json_schema", **named_schema(request.response_schema)}}
        if stream:
            body["stream"] = True
        for name in self._untaken.get(model, ()):
            _leave_out(body, name)
        return body

    def untaken(self, model: str, request: ModelRequest) -> list[str]:
        effort = f"{EFFORT}={effort_of(model, request)}"
        refused = [FIELDS.get(name, name) for name in self._untaken.get(model, ()) if not name.startswith(EFFORT)]
        if effort in self._untaken.get(model, ()):
            refused += ["effort", "thinking"]
        return [*untaken_by(model, request, refused), *(name for name in SAMPLING if name not in TAKEN)]

    async def send(self, outgoing: Outgoing) -> httpx2.Response:
        """Sent again at once without a parameter this model does not take, or thinking that is not its own."""
        model, body, headers = outgoing.model, outgoing.body, outgoing.headers
        while True:
            try:
                # With this cast the SDK hands out the response itself, unread; its types do not say so.
                response = await self._client.post(
                    self.path,
                    cast_to=httpx2.Response,
                    body=body,
                    options={"headers": headers},
                    stream=True,
                    stream_cls=openai.AsyncStream[Any],
                )
                return cast(httpx2.Response, response)
            except openai.BadRequestError as error:
                name = _untaken(error, body)
                if name:
                    self._untaken.setdefault(model, []).append(name)
                    _leave_out(body, name)
                elif not ("encrypted" in str(error.body) and _forget_thinking(body)):
                    raise

    def read_whole(self, answer: dict[str, Any], into: Collected) -> None:
        into.ordered = True
        if answer.get("output") and not mappings(answer["output"]):
            raise ValueError("output that is no list of items")
        for index, item in enumerate(mappings(answer["output"]) if answer.get("output") else ()):
            if item["type"] == "message":
                into.order.append(("text", len(into.text)))
                content = said(item.get("content"))
                into.say(content.text)
                if content.refusal:
                    into.refusal.append(content.refusal)
            elif item["type"] == "function_call":
                given = arguments_text(item.get("arguments"))
                into.call_piece(index, text(item.get("call_id")), text(item.get("name")), given)
            elif item["type"] == "reasoning":
                into.block(index, _kept(item))
        _take_end(answer, into)

    def read_event(self, event: dict[str, Any], into: Collected) -> None:
        """The last event holds usage and how it ended."""
        kind = event.get("type")
        if kind == "response.output_text.delta":
            into.say(said(event["delta"]).text)
        elif kind == "response.function_call_arguments.delta":
            into.call_piece(event["output_index"], "", "", arguments_text(event["delta"]))
        elif kind == "response.output_item.added":
            item = event["item"]
            if item["type"] == "message":
                into.order.append(("text", len(into.text)))
            elif item["type"] == "function_call":
                into.call_piece(event["output_index"], text(item.get("call_id")), text(item.get("name")), "")
        elif kind == "response.output_item.done" and event["item"]["type"] == "reasoning":
            into.block(event["output_index"], _kept(event["item"]))
        elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            into.show_thinking(text(event["delta"]))
        elif kind == "response.refusal.delta":
            into.refusal.append(text(event["delta"]))
        elif kind == "response.created":
            into.ordered = True
            into.served_model = text(event["response"].get("model"))
        elif kind in ("response.completed", "response.incomplete"):
            _take_end(event["response"], into)
        elif event.get("object") == "response":
            # A whole answer although a stream was asked for.
            self.read_whole(event, into)
        elif event.get("usage"):
            into.count(counted(event["usage"]))

    def error_in(self, event: dict[str, Any]) -> object:
        if event.get("type") == "error":
            return {"code": event.get("code"), "message": event.get("message"), **mapping(event.get("error"))}
        return mapping(event.get("response")).get("error") or plain_error(event)

    def status_error(self, error: Exception) -> tuple[int, object, Mapping[str, str]] | None:
        if isinstance(error, openai.APIStatusError):
            return error.status_code, error.body, error.response.headers
        return None

    async def close(self) -> None:
        """The client is someone else's."""


def items(turns: Sequence[Message], made_by: str) -> list[Json]:
    """The turns as items. Thinking goes back with the calls it led to; blocks of other models are left out."""
    found: list[Json] = []
    for turn in turns:
        if turn.role == "tool":
            found += [
                {"type": "function_call_output", "call_id": result.call_id, "output": result_text(result)}
                for result in turn.tool_results
            ]
        elif turn.role == "assistant":
            found += _said(turn, made_by)
        else:
            found.append({"role": turn.role, "content": _content(turn)})
    return found


def _said(turn: Message, made_by: str) -> list[Json]:
    found: list[Json] = []
    for part in turn.parts:
        match part:
            case Text(text):
                found.append({"role": "assistant", "content": clean(text)})
            case ToolCall():
                call = {"call_id": part.id, "name": part.name, "arguments": arguments(part)}
                found.append({"type": "function_call", **call})
            case ProviderBlock() if part.model == made_by and turn.tool_calls:
                found.append(part.data)
    return found


def _content(turn: Message) -> str | list[Json]:
    if not turn.images:
        return clean(turn.content)
    content: list[Json] = []
    for part in turn.parts:
        if isinstance(part, Text):
            content.append({"type": "input_text", "text": clean(part.text)})
        elif isinstance(part, Image):
            content.append({"type": "input_image", "image_url": data_url(part)})
    return content


def _tool_settings(request: ModelRequest) -> Json:
    settings: Json = {
        "tools": [
            {
                "type": "function",
                "name": tool.name,
                "description": clean(tool.description),
                "parameters": tool.schema,
                "strict": False,
            }
            for tool in request.tools
        ]
    }
    if request.tool_choice in ("none", "required"):
        settings["tool_choice"] = request.tool_choice
    elif request.tool_choice != "auto":
        settings["tool_choice"] = {"type": "function", "name": request.tool_choice}
    if not request.parallel_tool_calls:
        settings["parallel_tool_calls"] = False
    return settings


def _kept(item: Mapping[str, Any]) -> Json:
    """A reasoning item as it may be sent back."""
    return {name: value for name, value in item.items() if value is not None and name != "status"}


def _take_end(response: Mapping[str, Any], into: Collected) -> None:
    into.served_model = text(response.get("model")) or into.served_model
    into.count(counted(response.get("usage")))
    status = response.get("status")
    if status == "incomplete":
        into.finish = FINISH.get((response.get("incomplete_details") or {}).get("reason") or "", "length")
    elif status == "completed":
        into.finish = "tool_calls" if into.calls else "stop"


def _untaken(error: openai.BadRequestError, body: Json) -> str:
    """What the vendor says this model does not support and can be left out, or empty."""
    said = error.body if isinstance(error.body, Mapping) else {}
    name = str(said.get("param") or "")
    if name not in OPTIONAL or not _is_in(body, name):
        return ""
    unsupported = str(said.get("code") or "").startswith("unsupported")
    if name == EFFORT and unsupported:
        # Other efforts may be taken.
        return f"{EFFORT}={body['reasoning']['effort']}"
    return name if unsupported or name == "reasoning.summary" else ""


def _is_in(body: Json, name: str) -> bool:
    outer, _, inner = name.partition(".")
    return inner in body.get(outer, ()) if inner else outer in body


def _leave_out(body: Json, name: str) -> None:
    name, _, value = name.partition("=")
    outer, _, inner = name.partition(".")
    if not inner:
        body.pop(outer, None)
    elif outer in body and value in ("", body[outer].get(inner)):
        body[outer].pop(inner, None)


def _forget_thinking(body: Json) -> bool:
    """Take thinking out of the conversation; whether there was any."""
    kept = [item for item in body["input"] if item.get("type") != "reasoning"]
    found = len(kept) < len(body["input"])
    body["input"] = kept
    return found
