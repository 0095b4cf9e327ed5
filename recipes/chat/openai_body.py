"""The body of a chat completion, read: what is used, what is left aside, what is refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automatos.errors import wrong_field
from recipes.chat.openai_pictures import Picture, read_picture, uploads
from recipes.chat.openai_tools import Wishes, read_wishes
from recipes.chat.services import Saying, Turn
from tools.untrusted import fenced

MOST_MESSAGES = 1000
MOST_PICTURES = 10
# OpenAI's newer name for the same role.
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
# What would change the shape of the answer: parameter, the values that ask for nothing, why not.
REFUSED: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("n", (None, 1), "One answer is given at a time; leave n out."),
    ("logprobs", (None, False), "Log probabilities are not given; leave logprobs out."),
    ("top_logprobs", (None, 0), "Log probabilities are not given; leave top_logprobs out."),
    ("functions", (None, []), "functions is the older name; send them as tools."),
    ("audio", (None,), "Agents answer in text; leave audio out."),
)
# Where the text of such messages came from, as approvals and steps name it.
UNTRUSTED = "a message of the chat client"
PARTS = "The content is a text, or a list of parts of the types text and image_url."


@dataclass(frozen=True, slots=True)
class Said:
    """One message. calls: of the client's tools, as id, name and arguments; answers: the call a result belongs to.

    is_untrusted: somebody else wrote it, as the client says.
    """

    role: str
    text: str
    pictures: tuple[Picture, ...] = ()
    calls: tuple[dict[str, str], ...] = ()
    answers: str = ""
    is_untrusted: bool = False


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked: the messages, and what the answer has to be."""

    model: str
    messages: tuple[Said, ...]
    stream: bool
    include_usage: bool
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def pictures(self) -> list[Picture]:
        """Those of all messages, in order."""
        return [picture for message in self.messages for picture in message.pictures]


def read_request(body: Any) -> ChatRequest:
    """The request. Raises InvalidInput naming the parameter and the cure."""
    if not isinstance(body, dict):
        raise wrong_field("messages", "Send an object with model and messages.")
    for name, nothing, why in REFUSED:
        if body.get(name) not in nothing:
            raise wrong_field(name, why)
    if body.get("modalities") not in (None, ["text"]):
        raise wrong_field("modalities", "Agents answer in text; leave modalities out.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise wrong_field("model", "Name an agent as the model, such as agent:quill.")
    messages = tuple(_messages(body.get("messages")))
    check_results(messages)
    streams = yes(body, "stream", "stream")
    request = ChatRequest(model, messages, streams, _include_usage(body), read_wishes(body))
    check_pictures("messages", request)
    return request


def check_pictures(field: str, request: ChatRequest) -> None:
    """There are not too many."""
    if len(request.pictures) > MOST_PICTURES:
        text = f"A request takes at most {MOST_PICTURES} pictures; these are {len(request.pictures)}."
        raise wrong_field(field, text)


def as_saying(request: ChatRequest, pictures: Sequence[Picture]) -> Saying:
    """The request as a message with what was said before it. pictures: those of the request, with their bytes."""
    left, turns = list(pictures), []
    for message in request.messages:
        count, start = len(message.pictures), len(pictures) - len(left) + 1
        mine, left = left[:count], left[count:]
        text = fenced(message.text, UNTRUSTED) if message.is_untrusted and message.text else message.text
        turns.append(Turn(message.role, text, uploads(mine, start), message.calls, message.answers))
    wishes = request.wishes.kept()
    origins = (UNTRUSTED,) if any(message.is_untrusted for message in request.messages) else ()
    if turns[-1].role != "user":
        # Results of the client's tools, for example: the answer follows what was said before.
        return Saying(text="", before=turns, wishes=wishes, origins=origins)
    last = turns[-1]
    return Saying(text=last.text, uploads=last.uploads, before=turns[:-1], wishes=wishes, origins=origins)


def check_results(messages: Sequence[Said]) -> None:
    """Each call is answered once, right after the message it is in."""
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        if message.role == "tool":
            if message.answers not in open_calls:
                text = f"{message.answers[:80]} is no id of a call in the message before; a result follows its call."
                raise wrong_field(f"messages.{index}.tool_call_id", text)
            open_calls.discard(message.answers)
            continue
        if open_calls:
            missing = ", ".join(sorted(open_calls))
            raise wrong_field(f"messages.{index}", f"Send the results of these calls first: {missing[:200]}.")
        open_calls = {call["id"] for call in message.calls}
        if len(open_calls) < len(message.calls):
            raise wrong_field(f"messages.{index}", "Two of these calls have one id; give each an id of its own.")
    if open_calls:
        raise wrong_field("messages", f"Send the results of these calls, too: {', '.join(sorted(open_calls))[:200]}.")


def yes(values: Mapping[str, Any], name: str, field: str) -> bool:
    """A value that is true, false or left out. Raises InvalidInput naming the field."""
    value = values.get(name)
    if value not in (None, True, False):
        raise wrong_field(field, f"{field} is true or false.")
    return bool(value)


def _include_usage(body: dict[str, Any]) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise wrong_field("stream_options", 'stream_options is an object, such as {"include_usage": true}.')
    if not body.get("stream"):
        raise wrong_field(
            "stream_options", "stream_options go with stream: true; a whole answer tells its usage anyway."
        )
    return yes(options, "include_usage", "stream_options.include_usage")


def _messages(messages: Any) -> Iterator[Said]:
    if not isinstance(messages, list) or not 0 < len(messages) <= MOST_MESSAGES:
        raise wrong_field("messages", f"Send 1 to {MOST_MESSAGES:,} messages.")
    for index, message in enumerate(messages):
        yield read_message(f"messages.{index}", message)


def read_message(field: str, message: Any, content_name: str = "content") -> Said:
    """One message. Raises InvalidInput naming the part of it and the cure. content_name: what holds its words."""
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        raise wrong_field(f"{field}.role", f"The role is one of {', '.join(ROLES)}.")
    calls = tuple(_calls(f"{field}.tool_calls", message.get("tool_calls"))) if role == "assistant" else ()
    answers = message.get("tool_call_id") if role == "tool" else ""
    if not isinstance(answers, str) or (role == "tool" and not answers):
        raise wrong_field(f"{field}.tool_call_id", "Name the call that this is the result of.")
    content = message.get("content")
    if content is None and calls:
        content = ""
    if content is None and role == "assistant":
        content = message.get("refusal")  # an answer of ours that came back
    text, pictures = _content(f"{field}.{content_name}", content)
    if pictures and role != "user":
        raise wrong_field(f"{field}.{content_name}", "Only messages of the user hold pictures.")
    return Said(ROLES[role], text, pictures, calls, answers, yes(message, "untrusted", f"{field}.untrusted"))


def _calls(field: str, calls: Any) -> Iterator[dict[str, str]]:
    """The client's calls as they were handed out."""
    if calls is not None and not isinstance(calls, list):
        raise wrong_field(field, "tool_calls is a list, as it was handed out.")
    for index, call in enumerate(calls or ()):
        function = call.get("function") if isinstance(call, dict) else None
        given = function if isinstance(function, dict) else {}
        key = call.get("id") if isinstance(call, dict) else None
        values = {"id": key, "name": given.get("name"), "arguments": given.get("arguments")}
        if not all(isinstance(value, str) for value in values.values()) or not values["id"] or not values["name"]:
            raise wrong_field(f"{field}.{index}", "A call has an id, and a function with name and arguments.")
        yield {name: str(value) for name, value in values.items()}


def _content(field: str, content: Any) -> tuple[str, tuple[Picture, ...]]:
    if isinstance(content, str):
        return content, ()
    if not isinstance(content, list):
        raise wrong_field(field, PARTS)
    texts, pictures = [], []
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        value = part.get(kind) if isinstance(kind, str) else None
        if kind == "image_url":
            pictures.append(read_picture(f"{field}.{index}.image_url", value))
        elif kind in ("text", "refusal") and isinstance(value, str):
            texts.append(value)
        else:
            raise wrong_field(f"{field}.{index}", f"{PARTS} Attach other files in the playground.")
    return "\n".join(texts), tuple(pictures)
