"""What a server turns down and can be left out: found in its words, left out of the body, remembered.

A server that refuses `stream_options` refuses it for each model; anything else is remembered for the model alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import orjson

from automatos.llm.parts import Json
from automatos.llm.providers.words import error_words

# Settings that may be missing, as the wire names them.
OPTIONAL = (
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "stream_options", "max_tokens",
    "max_completion_tokens", "parallel_tool_calls", "reasoning_effort", "tool_choice",
)  # fmt: skip
# Not settings but ways to write a request.
SYSTEM, ROLES, TOOLS, SCHEMA, JSON_MODE, STREAM = (
    "system messages", "turns of one role in a row", "tools", "a JSON schema", "response_format", "streaming",
)  # fmt: skip
# On this wire several models call tools only when they do not think; leaving the effort out is not enough for them.
UNTHINKING_TOOLS = "thinking with tools"
FOR_ALL_MODELS = frozenset({"stream_options"})
# Words with which servers turn something down.
REFUSES = re.compile(
    r"unsupported|not (?:be )?(?:supported|permitted|allowed|enabled|accepted|recogni[sz]ed|available|implemented)|"
    r"unrecogni[sz]ed|unexpected|unknown (?:field|param|arg|name|key|option|request)|"
    r"extra[ _](?:input|field|param|forbidden)|invalid (?:param|arg|field|key|property|option)|deprecated|no longer|"
    r"(?:does|do|did)(?: not|n't) (?:support|accept|allow|take|have|recogni[sz]e)|cannot both|only the default|"
    r"must be (?:unset|omitted|removed)|requires? --",
    re.I,
)
NO_SYSTEM = re.compile(
    r"(?:system|developer)[ _-]*(?:role|message|prompt|instruction)s?\b.{0,60}\b(?:not|unsupported|cannot|no)\b|"
    r"(?:not|unsupported|n't)\b.{0,40}(?:system|developer)[ _-]*(?:role|message|prompt|instruction)|"
    r"only (?:user|`user`).{0,40}(?:assistant|model).{0,20}roles?|role.{0,20}['\"`]?system['\"`]?.{0,40}"
    r"(?:not|invalid|unsupported)|invalid.{0,20}role.{0,20}system",
    re.I | re.S,
)
MUST_ALTERNATE = re.compile(r"roles? must alternate|must alternate|consecutive .{0,20}(?:role|message)s?", re.I)
NO_TOOLS = re.compile(
    r"(?:not|n't|no endpoints found that)\s+support\s+(?:the\s+)?(?:use of\s+)?(?:tool|function)|"
    r"(?:tool|function)(?:s| use| calling| calls)?[^.]{0,30}(?:(?:is|are) not|not (?:supported|enabled)|unsupported)|"
    r"tool choice requires --|enable-auto-tool-choice|no endpoints found that support tool",
    re.I,
)
NO_SCHEMA = re.compile(r"json[ _]?schema|response[ _]?format|structured output", re.I)
NO_STREAM = re.compile(r"\bstream(?:ing|ed)?\b(?!_options)", re.I)
ONLY_JSON = "Answer with one JSON value alone, without a code fence, that follows this JSON Schema: "
FIRST = 2000


def refused_part(status: int, said: object, body: Mapping[str, Any]) -> str:
    """What of this request the server turns down and can be left out; empty if there is none.

    said: the body of its answer. The name it gives in `param` or in a path counts most, its words after that.
    """
    if status not in (400, 404, 405, 422, 500, 501):
        return ""
    words = _all_words(said)
    named = [name for name in OPTIONAL if name in body and _names(said, words, name)]
    if "reasoning_effort" in named and "unction tools" in words:
        return UNTHINKING_TOOLS if body.get("reasoning_effort") != "none" else ""
    code = str(_inner(said).get("code") or "")
    if named and (REFUSES.search(words) or code.startswith("unsupported")):
        return named[0]
    if status == 500:
        return ""
    return next((part for part, applies in PARTS if applies(words, body)), "")


def _no_system(words: str, body: Mapping[str, Any]) -> bool:
    return bool(NO_SYSTEM.search(words)) and any(turn.get("role") == "system" for turn in body.get("messages", ()))


def _alternate(words: str, body: Mapping[str, Any]) -> bool:
    roles = [turn.get("role") for turn in body.get("messages", ())]
    return bool(MUST_ALTERNATE.search(words)) and (
        "system" in roles or any(one == other for one, other in pairwise(roles))
    )


def _no_tools(words: str, body: Mapping[str, Any]) -> bool:
    return bool(body.get("tools")) and bool(NO_TOOLS.search(words))


def _no_schema(words: str, body: Mapping[str, Any]) -> bool:
    wanted = body.get("response_format")
    kind = wanted.get("type") if isinstance(wanted, Mapping) else None
    return kind == "json_schema" and bool(NO_SCHEMA.search(words)) and bool(REFUSES.search(words))


def _no_json(words: str, body: Mapping[str, Any]) -> bool:
    wanted = body.get("response_format")
    kind = wanted.get("type") if isinstance(wanted, Mapping) else None
    return kind == "json_object" and bool(NO_SCHEMA.search(words)) and bool(REFUSES.search(words))


def _no_stream(words: str, body: Mapping[str, Any]) -> bool:
    return bool(body.get("stream")) and bool(NO_STREAM.search(words)) and bool(REFUSES.search(words))


PARTS: tuple[tuple[str, Callable[[str, Mapping[str, Any]], bool]], ...] = (
    (TOOLS, _no_tools),
    (SCHEMA, _no_schema),
    (JSON_MODE, _no_json),
    (ROLES, _alternate),
    (SYSTEM, _no_system),
    (STREAM, _no_stream),
)


class Learned:
    """What the models of one server do not take. known: what none of them is known to take."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._parts: dict[str, list[str]] = {"": list(known)}

    def of(self, model: str) -> list[str]:
        """In the order in which it was learned."""
        return [*self._parts.get("", ()), *self._parts.get(model, ())]

    def add(self, model: str, part: str) -> None:
        """Remember it for all later calls."""
        parts = self._parts.setdefault("" if part in FOR_ALL_MODELS else model, [])
        if part not in parts:
            parts.append(part)


def leave_out(body: Json, part: str) -> bool:
    """Take it out of a body; whether it was there. A limit is kept under its other name."""
    if part in OTHER_WAYS:
        return OTHER_WAYS[part](body)
    if part not in body:
        return False
    value = body.pop(part)
    if part == "max_tokens":
        body["max_completion_tokens"] = value
    elif part == "max_completion_tokens":
        body["max_tokens"] = value
    return True


def _fold_system(body: Json) -> bool:
    """The system message at the beginning of the first question."""
    turns = body["messages"]
    told = [turn for turn in turns if turn["role"] == "system"]
    if not told:
        return False
    rest = [turn for turn in turns if turn["role"] != "system"]
    words = "\n\n".join(str(turn["content"]) for turn in told)
    if rest and rest[0]["role"] == "user":
        rest[0] = _joined({"role": "user", "content": words}, rest[0])
    else:
        rest.insert(0, {"role": "user", "content": words})
    body["messages"] = rest
    return True


def _merge_roles(body: Json) -> bool:
    """Turns of one role as one; what a system message says comes first in the question."""
    changed = _fold_system(body)
    turns: list[Json] = []
    for turn in body["messages"]:
        is_plain = bool(turns) and not (turn.get("tool_calls") or turns[-1].get("tool_calls"))
        if is_plain and turn["role"] in ("user", "assistant") and turns[-1]["role"] == turn["role"]:
            turns[-1], changed = _joined(turns[-1], turn), True
        else:
            turns.append(turn)
    body["messages"] = turns
    return changed


def _joined(one: Json, other: Json) -> Json:
    parts = [one["content"], other["content"]]
    if all(isinstance(part, str) for part in parts):
        return {**one, "content": "\n\n".join(part for part in parts if part)}
    lists = [part if isinstance(part, list) else [{"type": "text", "text": part or ""}] for part in parts]
    return {**one, "content": [*lists[0], *lists[1]]}


def _without_tools(body: Json) -> bool:
    """No tools on offer; calls and results of before are told in words."""
    if not body.pop("tools", None):
        return False
    for name in ("tool_choice", "parallel_tool_calls"):
        body.pop(name, None)
    turns: list[Json] = []
    for turn in body["messages"]:
        if turn["role"] == "tool":
            turns.append({"role": "user", "content": f"Result of the tool: {turn['content']}"})
        elif turn.get("tool_calls"):
            made = [call["function"] for call in turn["tool_calls"]]
            calls = ", ".join(f"{call['name']}({call['arguments']})" for call in made)
            text = "\n".join(part for part in (turn.get("content"), f"(Called {calls}.)") if part)
            turns.append({"role": "assistant", "content": text})
        else:
            turns.append(turn)
    body["messages"] = turns
    return True


def _schema_in_words(body: Json) -> bool:
    wanted = body.get("response_format") or {}
    if wanted.get("type") != "json_schema":
        return False
    schema = wanted["json_schema"]["schema"]
    body["response_format"] = {"type": "json_object"}
    words = ONLY_JSON + orjson.dumps(schema).decode()
    turns = body["messages"]
    if turns and turns[0]["role"] == "system":
        turns[0] = _joined(turns[0], {"role": "system", "content": words})
    else:
        turns.insert(0, {"role": "system", "content": words})
    return True


def _free_form(body: Json) -> bool:
    _schema_in_words(body)
    return body.pop("response_format", None) is not None


def _unstreamed(body: Json) -> bool:
    body.pop("stream_options", None)
    return body.pop("stream", None) is not None


def _unthinking_tools(body: Json) -> bool:
    if not body.get("tools") or body.get("reasoning_effort") == "none":
        return False
    body["reasoning_effort"] = "none"
    return True


OTHER_WAYS: dict[str, Callable[[Json], bool]] = {
    SYSTEM: _fold_system,
    ROLES: _merge_roles,
    TOOLS: _without_tools,
    SCHEMA: _schema_in_words,
    JSON_MODE: _free_form,
    STREAM: _unstreamed,
    UNTHINKING_TOOLS: _unthinking_tools,
}
# What a person has to know when it was left out; the other settings are named by themselves.
NOTES = {
    "stream_options": "",
    "max_tokens": "",
    "max_completion_tokens": "",
    SYSTEM: "takes no system message, so the instructions went with the first question.",
    ROLES: "wants questions and answers in turn, so turns of one role were joined.",
    TOOLS: "does not let this model use tools, so the question was sent without them.",
    SCHEMA: "does not enforce a JSON schema, so the schema was written into the instructions.",
    JSON_MODE: "has no JSON mode, so the schema was written into the instructions.",
    STREAM: "does not stream, so the answer came in one piece.",
    UNTHINKING_TOOLS: "lets this model use tools only without thinking.",
}


def notes_of(name: str, parts: Iterable[str]) -> list[str]:
    """Sentences for people. name: the server's."""
    words = [NOTES.get(part, f"does not take {part}, so it was left out.") for part in parts]
    return [f"{name} {text}" for text in dict.fromkeys(words) if text]


def _inner(said: object) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        return {}
    inner = said.get("error")
    return inner if isinstance(inner, Mapping) else said


def _all_words(said: object) -> str:
    """Everything it says, paths to fields among them, but for what it repeats of the request."""
    return error_words(said, longest=FIRST)


def _names(said: object, words: str, name: str) -> bool:
    return _inner(said).get("param") == name or re.search(rf"(?<![\w-]){name}(?![\w-])", words) is not None
