"""The body of a response, read: the newer of OpenAI's two ways to ask, told in the words of the older one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from automatos.errors import InvalidInput, wrong_field
from recipes.chat.openai_body import ChatRequest, Said, check_pictures, check_results, read_message, yes
from recipes.chat.openai_tools import Wishes, read_wishes

PREFIX = "resp_"
MOST_ITEMS = 1000
MOST_METADATA, LONGEST_NAME, LONGEST_VALUE = 16, 64, 512
# What would change what happens: parameter, the values that ask for nothing, why not.
REFUSED: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("background", (None, False), "A response is waited for or streamed; leave background out."),
    ("conversation", (None,), "Name the response before in previous_response_id; leave conversation out."),
    ("prompt", (None,), "Prompts of templates are not kept here; send instructions and input."),
    ("top_logprobs", (None, 0), "Log probabilities are not given; leave top_logprobs out."),
    ("max_tool_calls", (None,), "The agent's own limits hold for its tools; leave max_tool_calls out."),
)
# Parts of messages: theirs here, and the same of chat completions.
PARTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}
# How fields are called there and here.
RENAMED = (
    (".function.", "."),
    ("response_format.json_schema.schema", "text.format.schema"),
    ("response_format", "text.format"),
    ("max_completion_tokens", "max_output_tokens"),
)


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """What is asked. chat: without what was said before; previous: the response whose conversation goes on.

    told: what the response repeats of the request. is_kept: whether it can be had again.
    """

    chat: ChatRequest
    instructions: str
    previous: UUID | None
    is_kept: bool
    told: Mapping[str, Any]


def read_request(body: Any) -> ResponseRequest:
    """The request. Raises InvalidInput naming the parameter and the cure."""
    if not isinstance(body, dict):
        raise wrong_field("input", "Send an object with model and input.")
    for name, nothing, why in REFUSED:
        if body.get(name) not in nothing:
            raise wrong_field(name, why)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise wrong_field("model", "Name an agent as the model, such as agent:quill.")
    instructions = body.get("instructions") or ""
    if not isinstance(instructions, str):
        raise wrong_field("instructions", "instructions are a text.")
    wishes = _wishes(body)
    messages = tuple(_merged(_items(body.get("input"))))
    if not messages:
        raise wrong_field("input", "There is nothing to answer but reasoning. Send what was said, too.")
    is_kept = body.get("store") is None or yes(body, "store", "store")
    told = {
        "model": model,
        "instructions": instructions or None,
        "max_output_tokens": wishes.max_tokens,
        "metadata": _metadata(body.get("metadata")),
        "parallel_tool_calls": not wishes.one_call,
        "previous_response_id": body.get("previous_response_id"),
        "text": {"format": _text(body).get("format") or {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "store": is_kept,
    }
    chat = ChatRequest(model, messages, yes(body, "stream", "stream"), False, wishes)
    check_pictures("input", chat)
    return ResponseRequest(chat, instructions, _previous(body.get("previous_response_id")), is_kept, told)


def check_calls(before: Iterable[Said], said: Iterable[Said]) -> None:
    """As check_results does, over what was said before and now; in the words of a response."""
    try:
        check_results([*before, *said])
    except InvalidInput as error:
        error.fields = {"input": [error.message]}
        raise


def _previous(value: Any) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(str(value).removeprefix(PREFIX))
    except ValueError:
        raise wrong_field("previous_response_id", "Name a response as it was given: resp_….") from None


def _text(body: Mapping[str, Any]) -> Mapping[str, Any]:
    text = body.get("text") or {}
    if not isinstance(text, dict) or not isinstance(text.get("format") or {}, dict):
        raise wrong_field("text", 'text is an object such as {"format": {"type": "text"}}.')
    return text


def _metadata(value: Any) -> dict[str, str]:
    pairs = value or {}
    fits = isinstance(pairs, dict) and len(pairs) <= MOST_METADATA
    if not fits or not all(
        isinstance(text, str) and len(text) <= LONGEST_VALUE and len(name) <= LONGEST_NAME
        for name, text in pairs.items()
    ):
        raise wrong_field(
            "metadata",
            f"metadata has at most {MOST_METADATA} texts of at most {LONGEST_VALUE} characters, with names of at most "
            f"{LONGEST_NAME}.",
        )
    return dict(pairs)


def _wishes(body: Mapping[str, Any]) -> Wishes:
    tools = body.get("tools") or []
    if isinstance(tools, list):
        tools = [_tool(f"tools.{index}", tool) for index, tool in enumerate(tools)]
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        choice = {"type": "function", "function": {"name": choice.get("name")}}
    form = _text(body).get("format")
    if isinstance(form, dict) and form.get("type") == "json_schema":
        form = {"type": "json_schema", "json_schema": {"schema": form.get("schema")}}
    most = body.get("max_output_tokens")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise wrong_field("max_output_tokens", "max_output_tokens is a whole number from 1.")
    same = {"tools": tools, "tool_choice": choice, "response_format": form, "max_completion_tokens": most}
    try:
        return read_wishes({**same, "parallel_tool_calls": body.get("parallel_tool_calls")})
    except InvalidInput as error:
        error.fields = {_renamed(name): texts for name, texts in error.fields.items()}
        raise


def _renamed(field: str) -> str:
    for there, here in RENAMED:
        field = field.replace(there, here)
    return field


def _tool(field: str, tool: Any) -> Any:
    kind = tool.get("type") if isinstance(tool, dict) else None
    if kind != "function":
        text = "Tools are functions here, which are handed out; whatever else is used the agent has by itself."
        raise wrong_field(f"{field}.type", text)
    return {"type": "function", "function": {name: tool.get(name) for name in ("name", "description", "parameters")}}


def _items(given: Any) -> Iterator[Said]:
    if isinstance(given, str):
        yield read_message("input", {"role": "user", "content": given})
        return
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ITEMS:
        raise wrong_field("input", f"input is a text, or a list of 1 to {MOST_ITEMS:,} items.")
    for index, item in enumerate(given):
        if said := _item(f"input.{index}", item):
            yield said


def _item(field: str, item: Any) -> Said | None:
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if kind == "reasoning":
        return None  # what the model thought stays with the run
    if kind == "message":
        return read_message(field, {**item, "content": _content(f"{field}.content", item.get("content"))})
    if kind == "function_call":
        call = {"id": item.get("call_id"), "name": item.get("name"), "arguments": item.get("arguments")}
        if not all(isinstance(value, str) for value in call.values()) or not call["id"] or not call["name"]:
            raise wrong_field(field, "A function_call has a call_id, a name and arguments.")
        return Said("assistant", "", calls=({name: str(value) for name, value in call.items()},))
    if kind == "function_call_output":
        if not isinstance(item.get("call_id"), str) or not item["call_id"]:
            raise wrong_field(f"{field}.call_id", "Name the call that this is the result of.")
        content = _content(f"{field}.output", item.get("output"))
        return read_message(field, {"role": "tool", "tool_call_id": item["call_id"], "content": content}, "output")
    raise wrong_field(f"{field}.type", "Send items of the types message, function_call and function_call_output.")


def _content(field: str, content: Any) -> Any:
    """In the words of chat completions."""
    if not isinstance(content, list):
        return content
    parts = []
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "input_image":
            if part.get("image_url") is None:
                raise wrong_field(
                    f"{field}.{index}.image_url", "Send the picture itself, as a data: URL; no files are kept."
                )
            parts.append({"type": "image_url", "image_url": {"url": part["image_url"]}})
        elif isinstance(kind, str) and kind in PARTS:
            text = part.get("refusal" if kind == "refusal" else "text")
            parts.append({"type": PARTS[kind], PARTS[kind]: text})
        else:
            raise wrong_field(
                f"{field}.{index}.type", "Parts are of the types input_text, output_text and input_image."
            )
    return parts


def _merged(items: Iterator[Said]) -> Iterator[Said]:
    """Calls belong to the message of the assistant that they follow, and to one another."""
    last: Said | None = None
    for item in items:
        if last and last.role == item.role == "assistant" and item.calls:
            last = replace(last, calls=(*last.calls, *item.calls))
            continue
        if last:
            yield last
        last = item
    if last:
        yield last
