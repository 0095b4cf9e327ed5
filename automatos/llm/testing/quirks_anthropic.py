"""Behaviours of Anthropic's wire."""

from automatos.llm import errors
from automatos.llm.testing.quirks import Expected, Json, Quirk, document, stream

ONE = {"expression": "1+1"}
USAGE: Json = {"input_tokens": 20, "output_tokens": 8}
FINE = Expected("It works.")


def start(**usage: object) -> Json:
    message = {"id": "m", "model": "stub", "usage": usage or {"input_tokens": 20, "output_tokens": 1}}
    return {"type": "message_start", "message": message}


def said(text: str, index: int | None = 0) -> list[Json]:
    place = {} if index is None else {"index": index}
    return [
        {"type": "content_block_start", **place, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", **place, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", **place},
    ]


def end(reason: object = "end_turn", usage: object = USAGE) -> list[Json]:
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}, {"type": "message_stop"}]


def tool(given: object, *pieces: object) -> list[Json]:
    block = {"type": "tool_use", "id": "t", "name": "calculator", "input": given}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return [
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
    ]


def message(content: object, reason: object = "end_turn", usage: object = USAGE) -> Json:
    return {"type": "message", "model": "stub", "content": content, "stop_reason": reason, "usage": usage}


CALLED = Expected(calls=(("calculator", ONE),), finish="tool_calls")
TEXT = [{"type": "text", "text": "It works."}]
ANTHROPIC = tuple(
    Quirk(f"claude-{name}", answer, expected, "anthropic")
    for name, answer, expected in (
        ("plain", stream([start(), *said("It works."), *end()], done=False), FINE),
        ("pings", stream([start(), {"type": "ping"}, *said("It works."), {"type": "new"}, *end()], done=False), FINE),
        ("event-names", stream([start(), *said("It works."), *end()], done=False, start="event: x\ndata: "), FINE),
        ("no-index", stream([start(), *said("It works.", None), *end()], done=False), FINE),
        ("no-block-start", stream([start(), *said("It works.")[1:], *end()], done=False), FINE),
        ("crlf", stream([start(), *said("It works."), *end()], done=False, end="\r\n\r\n"), FINE),
        ("no-stop", stream([start(), *said("It works."), *end()[:1]], done=False), FINE),
        (
            "no-reason",
            stream([start(), *said("It works."), *end(None)], done=False),
            Expected("It works.", words="no reason"),
        ),
        ("done", stream([start(), *said("It works."), *end()]), FINE),
        (
            "cut",
            stream([start(), *said("It wor")], done=False),
            Expected("It wor", usage=(20, 1), finish="cut", error=errors.ModelBadReply, words="cut short"),
        ),
        ("json-for-stream", document(message(TEXT)), FINE),
        ("json-in-event", stream([message(TEXT)], done=False), FINE),
        ("content-text", document(message("It works.")), FINE),
        (
            "no-usage",
            stream([{"type": "message_start", "message": {}}, *said("It works."), *end(usage=None)], done=False),
            Expected("It works.", usage=None),
        ),
        ("usage-floats", document(message(TEXT, usage={"input_tokens": 20.0, "output_tokens": "8"})), FINE),
        ("input-object", stream([start(), *tool(ONE), *end("tool_use")], done=False), CALLED),
        (
            "input-pieces",
            stream([start(), *tool({}, '{"expr', 'ession": "1+1"}'), *end("tool_use")], done=False),
            CALLED,
        ),
        ("input-delta-object", stream([start(), *tool({}, ONE), *end("tool_use")], done=False), CALLED),
        (
            "thinking",
            stream(
                [
                    start(),
                    {
                        "type": "content_block_delta",
                        "index": 0,
                        "delta": {"type": "thinking_delta", "thinking": "I wonder."},
                    },
                    *said("It works.", 1),
                    *end(),
                ],
                done=False,
            ),
            Expected("It works.", thinking="I wonder."),
        ),
        (
            "length",
            stream([start(), *said("It wor"), *end("max_tokens")], done=False),
            Expected("It wor", finish="length"),
        ),
        (
            "unknown-reason",
            stream([start(), *said("It works."), *end("sunset")], done=False),
            Expected("It works.", words="“sunset”"),
        ),
        (
            "overloaded",
            stream(
                [
                    start(),
                    *said("It wor"),
                    {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
                ],
                done=False,
            ),
            Expected("It wor", usage=(20, 1), finish="cut", error=errors.ModelOverloaded, words="broke off"),
        ),
        (
            "detail",
            document({"detail": "No such deployment"}, 404),
            Expected(error=errors.ModelNotFound, usage=(0, 0), words="No such deployment"),
        ),
        (
            "page",
            document(b"<html><title>Sign in</title></html>", kind="text/html"),
            Expected(error=errors.ModelNotFound, usage=(0, 0), words="“Sign in”"),
        ),
    )
)
