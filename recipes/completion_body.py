"""The body of a chat completion, read: what is used, what is left aside, what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automatos.errors import wrong_field

MOST_MESSAGES = 1000
# OpenAI's newer name for the same role.
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
# What would change the shape of the answer: parameter, the values that ask for nothing, why not.
REFUSED: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("n", (None, 1), "One answer is given at a time; leave n out."),
    ("logprobs", (None, False), "Log probabilities are not given; leave logprobs out."),
    ("top_logprobs", (None, 0), "Log probabilities are not given; leave top_logprobs out."),
    ("tools", (None, []), "An agent uses the tools it was given; tools of the client are not called."),
    ("functions", (None, []), "An agent uses the tools it was given; functions of the client are not called."),
    ("audio", (None,), "Agents answer in text; leave audio out."),
    ("response_format", (None, {"type": "text"}), "Set the schema of answers at the agent; leave response_format out."),
)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked. before: role and content of the messages before the last one."""

    model: str
    text: str
    before: tuple[Mapping[str, str], ...]
    stream: bool
    include_usage: bool


def read_request(body: Any) -> ChatRequest:
    """The request. Raises InvalidInput naming the parameter and the cure."""
    if not isinstance(body, dict):
        raise wrong_field("messages", "Send an object with model and messages.")
    for name, nothing, why in REFUSED:
        if body.get(name) not in nothing:
            raise wrong_field(name, why)
    if set(body.get("modalities") or ["text"]) != {"text"}:
        raise wrong_field("modalities", "Agents answer in text.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise wrong_field("model", "Name an agent as the model, such as agent:quill.")
    turns = _turns(body.get("messages"))
    if turns[-1]["role"] != "user":
        raise wrong_field("messages", "The last message has to be of the role user.")
    options = body.get("stream_options") or {}
    usage = isinstance(options, dict) and options.get("include_usage") is True
    return ChatRequest(model, turns[-1]["content"], tuple(turns[:-1]), body.get("stream") is True, usage)


def _turns(messages: Any) -> list[dict[str, str]]:
    if not isinstance(messages, list) or not 0 < len(messages) <= MOST_MESSAGES:
        raise wrong_field("messages", f"Send 1 to {MOST_MESSAGES:,} messages.")
    return [_turn(f"messages.{index}", message) for index, message in enumerate(messages)]


def _turn(field: str, message: Any) -> dict[str, str]:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        raise wrong_field(f"{field}.role", f"The role is one of {', '.join(ROLES)}; tools of clients are not called.")
    if message.get("tool_calls"):
        raise wrong_field(f"{field}.tool_calls", "Tools of clients are not called; send the text alone.")
    return {"role": ROLES[role], "content": _text(f"{field}.content", message.get("content"))}


def _text(field: str, content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise wrong_field(field, "The content is a text, or a list of parts of the type text.")
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise wrong_field(field, "Only parts of the type text are taken. Attach files in the playground.")
    return "\n".join(part["text"] for part in content)
