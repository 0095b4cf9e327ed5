"""Behaviours of OpenAI's wire that are answers, however they are written."""

import gzip
import json

from automatos.llm.errors import ModelBadReply
from automatos.llm.testing.quirks import (
    EVENTS,
    JSON_TYPE,
    USAGE,
    Expected,
    Json,
    Quirk,
    chunk,
    document,
    stream,
    texts,
    whole,
)

ONE, TWO = {"expression": "1+1"}, {"expression": "2+3"}
TEXT_ONE, TEXT_TWO = json.dumps(ONE), json.dumps(TWO)
BOTH = (("calculator", ONE), ("calculator", TWO))
SINGLE = (("calculator", ONE),)
FINE = Expected("It works.")
UNTOLD = Expected("It works.", usage=None)
UNSAID = Expected("It works.", words="no reason")


def call(arguments: object, *, name: str | None = "calculator", **place: object) -> Json:
    """A piece of a call."""
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {**place, "type": "function", "function": function}


def calling(*pieces: Json, finish: object = "tool_calls") -> list[Json]:
    """The events of an answer that calls tools, a piece in each."""
    made = [chunk({"tool_calls": [piece]}) for piece in pieces]
    return [chunk({"role": "assistant", "content": None}), *made, chunk({}, finish), chunk(choices=[], usage=USAGE)]


def called(calls: tuple[tuple[str, Json], ...] = SINGLE, **more: object) -> Expected:
    return Expected(calls=calls, finish="tool_calls", **more)  # type: ignore[arg-type]


def _raw(text: str) -> bytes:
    return text.encode()


EVENT = json.dumps(chunk({"content": "It works."}))
LAST = json.dumps(chunk({}, "stop", usage=USAGE))
# The same answer in each form that the standard for event streams allows, and in some that it does not.
FORMS = (
    Quirk("plain", stream(texts("It ", "works.")), FINE),
    Quirk("sse-crlf", stream(texts("It works."), end="\r\n\r\n"), FINE),
    Quirk("sse-cr", stream(texts("It works."), end="\r\r"), FINE),
    Quirk("sse-no-space", stream(texts("It works."), start="data:"), FINE),
    Quirk("sse-single-newline", stream(texts("It works."), end="\n"), FINE),
    Quirk("sse-comments", stream([b": OPENROUTER PROCESSING\n\n", *texts("It works."), b": ping\n\n"]), FINE),
    Quirk("sse-event-names", stream(texts("It works."), start="id: 7\nevent: message\nretry: 10\ndata: "), FINE),
    Quirk("sse-bom", stream([b"\xef\xbb\xbf", *texts("It works.")]), FINE),
    Quirk(
        "sse-many-lines", stream([_raw("data: " + EVENT.replace(", ", ",\ndata: ") + f"\n\ndata: {LAST}\n\n")]), FINE
    ),
    Quirk(
        "sse-pretty",
        stream(
            [
                _raw("data: " + json.dumps(json.loads(EVENT), indent=1).replace("\n", "\ndata: ") + "\n\n"),
                _raw(f"data: {LAST}\n\n"),
            ]
        ),
        FINE,
    ),
    Quirk("sse-byte-by-byte", stream([bytes([byte]) for byte in f"data: {EVENT}\n\ndata: {LAST}\n\n".encode()]), FINE),
    Quirk("sse-empty-data", stream([b"data:\n\n", b"data: \n\n", b"data: null\n\n", *texts("It works.")]), FINE),
    Quirk("sse-no-blank-at-end", stream([*texts("It works."), b"data: [DONE]"], done=False), FINE),
    Quirk(
        "sse-late-usage",
        stream([*texts("It works.", usage=None), "[DONE]", chunk(choices=[], usage=USAGE)], done=False),
        FINE,
    ),
    Quirk(
        "sse-garbage-line", stream([b"data: ping\n\n", *texts("It works.")]), Expected("It works.", words="left out")
    ),
    Quirk("sse-octet-stream", stream(texts("It works."), kind="application/octet-stream"), FINE),
    Quirk("sse-as-json-type", stream(texts("It works."), kind=JSON_TYPE), FINE),
    Quirk(
        "sse-gzip",
        lambda body, count: document(
            gzip.compress(b"".join(stream(texts("It works."))(body, count).chunks)),
            kind=EVENTS,
            headers=(("Content-Encoding", "gzip"),),
        )(body, count),
        FINE,
    ),
    Quirk("sse-stays-open", stream(texts("It works."), stays=True), FINE),
    Quirk("ndjson", stream(texts("It works."), start="", end="\n", done=False, kind="application/x-ndjson"), FINE),
    Quirk("json-for-stream", document(whole("It works.")), FINE),
    Quirk("json-pretty", document(json.dumps(whole("It works."), indent=2).encode(), kind="text/plain"), FINE),
    Quirk("json-in-event", stream([whole("It works.")]), FINE),
    Quirk("json-after-deltas", stream([chunk({"content": "It works."}), whole("It works.")]), FINE),
    Quirk("json-no-finish", document(whole("It works.", finish=None)), UNSAID),
    Quirk(
        "ollama-native",
        stream(
            [
                {"model": "m", "message": {"role": "assistant", "content": "It works."}, "done": False},
                {"model": "m", "message": {"content": ""}, "done": True, "usage": USAGE},
            ],
            start="",
            end="\n",
            done=False,
        ),
        FINE,
    ),
)
# Contents that are no plain text, and what stands beside them.
CONTENTS = (
    Quirk("content-parts", stream(texts([{"type": "text", "text": "It "}], "works.")), FINE),
    Quirk("content-part", stream(texts({"type": "text", "text": "It works."})), FINE),
    Quirk("content-strings", stream(texts(["It ", "works."])), FINE),
    Quirk("content-nested-value", stream(texts([{"type": "text", "text": {"value": "It works."}}])), FINE),
    Quirk(
        "content-unknown-part",
        stream(texts([{"type": "audio", "id": "a"}], "It works.")),
        Expected("It works.", words="type “audio” was left out"),
    ),
    Quirk("content-number", stream(texts("It took ", 42, ".")), Expected("It took 42.")),
    Quirk("content-null-first", stream([chunk({"role": "assistant", "content": None}), *texts("It works.")]), FINE),
    Quirk("whole-parts", document(whole([{"type": "text", "text": "It works."}])), FINE),
    Quirk("choices-null", stream([{"id": "x", "choices": None}, *texts("It works.")]), FINE),
    Quirk(
        "choices-empty-first",
        stream([{"id": "", "choices": [], "prompt_filter_results": []}, *texts("It works.")]),
        FINE,
    ),
    Quirk("delta-null", stream([{"choices": [{"index": 0, "delta": None}]}, *texts("It works.")]), FINE),
    Quirk(
        "delta-missing",
        stream([chunk({"content": "It works."}), {"choices": [{"index": 0, "finish_reason": "stop"}], "usage": USAGE}]),
        FINE,
    ),
    Quirk(
        "index-one",
        stream(
            [{"choices": [{"index": 1, "delta": {"content": "It works."}, "finish_reason": "stop"}], "usage": USAGE}]
        ),
        FINE,
    ),
    Quirk(
        "completion-text", stream([{"choices": [{"text": "It works.", "finish_reason": "stop"}], "usage": USAGE}]), FINE
    ),
    Quirk(
        "role-each-chunk",
        stream(
            [
                chunk({"role": "assistant", "content": "It "}),
                chunk({"role": "assistant", "content": "works."}),
                chunk({"role": "assistant", "content": ""}, "stop", usage=USAGE),
            ]
        ),
        FINE,
    ),
    Quirk(
        "text-after-finish",
        stream([chunk({"content": "It "}, "stop"), chunk({"content": "works."}, "stop", usage=USAGE)]),
        FINE,
    ),
    Quirk(
        "model-missing",
        stream([{"choices": [{"delta": {"content": "It works."}, "finish_reason": "stop"}], "usage": USAGE}]),
        FINE,
    ),
    Quirk(
        "nul-and-surrogates",
        stream(
            [
                b'data: {"choices":[{"delta":{"content":"It\\u0000 \\ud83d"}}]}\n\n',
                b'data: {"choices":[{"delta":{"content":"\\ude80 works"},"finish_reason":"stop"}],"usage":'
                + json.dumps(USAGE).encode()
                + b"}\n\n",
            ]
        ),
        Expected("It 🚀 works"),
    ),
    Quirk(
        "thinking-only",
        stream([chunk({"reasoning_content": "I wonder."}), chunk({}, "stop")]),
        Expected(thinking="I wonder.", usage=None, error=ModelBadReply, words="thought, but sent an empty answer"),
    ),
)
# Reasons for the end in other words, or none.
ENDINGS = (
    Quirk("finish-eos", stream(texts("It works.", finish="eos_token")), FINE),
    Quirk("finish-upper", stream(texts("It works.", finish="STOP")), FINE),
    Quirk("finish-end-turn", stream(texts("It works.", finish="end_turn")), FINE),
    Quirk("finish-length-upper", stream(texts("It wor", finish="MAX_TOKENS")), Expected("It wor", finish="length")),
    Quirk("finish-length", stream(texts("It wor", finish="length")), Expected("It wor", finish="length")),
    Quirk("finish-unknown", stream(texts("It works.", finish="sunset")), Expected("It works.", words="“sunset”")),
    Quirk("finish-object", stream(texts("It works.", finish={"type": "stop"})), FINE),
    Quirk("finish-empty", stream(texts("It works.", finish="")), UNSAID),
    Quirk("finish-missing", stream([chunk({"content": "It works."}), chunk(choices=[], usage=USAGE)]), UNSAID),
    Quirk("no-done", stream(texts("It works."), done=False), FINE),
)
# Usage missing, early, late, in pieces and in odd types.
USAGES = (
    Quirk("usage-none", stream(texts("It works.", usage=None)), UNTOLD),
    Quirk(
        "usage-null-input", stream(texts("It works.", usage={"prompt_tokens": None, "completion_tokens": 5})), UNTOLD
    ),
    Quirk("usage-zeros", stream(texts("It works.", usage={"prompt_tokens": 0, "completion_tokens": 0})), UNTOLD),
    Quirk("usage-floats", stream(texts("It works.", usage={"prompt_tokens": 20.0, "completion_tokens": 8.0})), FINE),
    Quirk("usage-texts", stream(texts("It works.", usage={"prompt_tokens": "20", "completion_tokens": "8"})), FINE),
    Quirk("usage-huge", stream(texts("It works.", usage={"prompt_tokens": 10**30, "completion_tokens": 8})), UNTOLD),
    Quirk("usage-negative", stream(texts("It works.", usage={"prompt_tokens": -1, "completion_tokens": 8})), UNTOLD),
    Quirk("usage-other-names", stream(texts("It works.", usage={"input_tokens": 20, "output_tokens": 8})), FINE),
    Quirk("usage-total-only", stream(texts("It works.", usage={"prompt_tokens": 20, "total_tokens": 28})), FINE),
    Quirk(
        "usage-each-chunk",
        stream(
            [
                chunk({"content": "It "}, usage={**USAGE, "completion_tokens": 1}),
                chunk({"content": "works."}, usage=USAGE),
                chunk({}, "stop", usage=USAGE),
            ]
        ),
        FINE,
    ),
    Quirk("usage-early", stream([chunk({"content": ""}, usage=USAGE), *texts("It works.", usage=None)]), FINE),
    Quirk("usage-groq", stream([*texts("It works.", usage=None), chunk(choices=[], x_groq={"usage": USAGE})]), FINE),
    Quirk(
        "usage-odd-details",
        stream(texts("It works.", usage={**USAGE, "prompt_tokens_details": [], "completion_tokens_details": "x"})),
        FINE,
    ),
)
# Calls whose pieces are not where they should be.
CALLS = (
    Quirk(
        "calls-plain", stream(calling(call(TEXT_ONE, index=0, id="a"), call(TEXT_TWO, index=1, id="b"))), called(BOTH)
    ),
    Quirk(
        "calls-in-pieces",
        stream(
            calling(
                call("", index=0, id="a"),
                call(TEXT_ONE[:7], name=None, index=0),
                call(TEXT_ONE[7:], name=None, index=0),
            )
        ),
        called(),
    ),
    Quirk(
        "calls-same-index",
        stream(calling(call(TEXT_ONE, index=0, id="a"), call(TEXT_TWO, index=0, id="b"))),
        called(BOTH),
    ),
    Quirk("calls-no-index", stream(calling(call(TEXT_ONE, id="a"), call(TEXT_TWO, id="b"))), called(BOTH)),
    Quirk(
        "calls-no-index-in-pieces",
        stream(calling(call(TEXT_ONE[:7], id="a"), call(TEXT_ONE[7:], name=None, id=None), call(TEXT_TWO, id="b"))),
        called(BOTH),
    ),
    Quirk(
        "calls-null-id",
        stream(calling(call(TEXT_ONE, index=0, id=None), call(TEXT_TWO, index=1, id=None))),
        called(BOTH),
    ),
    Quirk("calls-nothing-but-names", stream(calling(call(TEXT_ONE), call(TEXT_TWO))), called(BOTH)),
    Quirk(
        "calls-one-id", stream(calling(call(TEXT_ONE, index=0, id="x"), call(TEXT_TWO, index=1, id="x"))), called(BOTH)
    ),
    Quirk("calls-arguments-object", stream(calling(call(ONE, index=0, id="a"))), called()),
    Quirk("calls-arguments-twice-encoded", stream(calling(call(json.dumps(TEXT_ONE), index=0, id="a"))), called()),
    Quirk(
        "calls-arguments-null-first",
        stream(calling(call(None, index=0, id="a"), call(TEXT_ONE, name=None, index=0))),
        called(),
    ),
    Quirk(
        "calls-empty-object-first",
        stream(calling(call("{}", index=0, id="a"), call(TEXT_ONE, name=None, index=0))),
        called(),
    ),
    Quirk(
        "calls-repeated-whole",
        stream(calling(call(TEXT_ONE, index=0, id="a"), call(TEXT_ONE, name=None, index=0))),
        called(),
    ),
    Quirk(
        "calls-id-and-name-repeated",
        stream(calling(call(TEXT_ONE[:7], index=0, id="a"), call(TEXT_ONE[7:], index=0, id="a"))),
        called(),
    ),
    Quirk("calls-finish-stop", stream(calling(call(TEXT_ONE, index=0, id="a"), finish="stop")), called()),
    Quirk("calls-no-finish", stream(calling(call(TEXT_ONE, index=0, id="a"), finish=None)), called(words="no reason")),
    Quirk(
        "calls-legacy",
        stream(
            [
                chunk({"function_call": {"name": "calculator", "arguments": TEXT_ONE}}),
                chunk({}, "function_call", usage=USAGE),
            ]
        ),
        called(),
    ),
    Quirk(
        "calls-flat",
        stream(
            [
                chunk({"tool_calls": [{"id": "a", "name": "calculator", "arguments": ONE}]}),
                chunk({}, "tool_use", usage=USAGE),
            ]
        ),
        called(),
    ),
    Quirk(
        "calls-whole",
        document(whole(None, "tool_calls", tool_calls=[call(ONE, id="a"), call(TWO, id="b")])),
        called(BOTH),
    ),
    Quirk("calls-lone-object", document(whole(None, "tool_calls", tool_calls=call(TEXT_ONE, id="a"))), called()),
)
# Thinking beside the text and in it.
THOUGHT = Expected("It works.", thinking="I wonder.")
THINKING = (
    Quirk(
        "think-reasoning-content",
        stream([chunk({"reasoning_content": "I won"}), chunk({"reasoning_content": "der."}), *texts("It works.")]),
        THOUGHT,
    ),
    Quirk("think-reasoning", stream([chunk({"reasoning": "I wonder."}), *texts("It works.")]), THOUGHT),
    Quirk(
        "think-both-fields",
        stream([chunk({"reasoning": "I wonder.", "reasoning_content": "I wonder."}), *texts("It works.")]),
        THOUGHT,
    ),
    Quirk(
        "think-details",
        stream(
            [
                chunk({"reasoning_details": [{"type": "reasoning.text", "text": "I won", "index": 0}]}),
                chunk(
                    {"reasoning_details": [{"type": "reasoning.text", "text": "der.", "index": 0, "signature": "s"}]}
                ),
                *texts("It works."),
            ]
        ),
        THOUGHT,
    ),
    Quirk("think-tags", stream(texts("<thi", "nk>I won", "der.</thi", "nk>\n\n", "It works.")), THOUGHT),
    Quirk("think-tags-square", stream(texts("[THINK]I wonder.[/THINK]It works.")), THOUGHT),
    Quirk("think-tags-closing-alone", stream(texts("I wonder.\n</think>\n\nIt works.")), THOUGHT),
    Quirk(
        "think-tags-never-closed",
        stream(texts("<think>I wonder.")),
        Expected(thinking="I wonder.", error=ModelBadReply, words="empty answer"),
    ),
    Quirk(
        "think-tags-channels",
        stream(
            texts(
                "<|channel|>analysis<|message|>I wonder.<|end|><|start|>assistant",
                "<|channel|>final<|message|>It works.",
            )
        ),
        THOUGHT,
    ),
    Quirk(
        "think-tags-further-on",
        stream(texts("The tag <think> opens, </think> closes.")),
        Expected("The tag <think> opens, </think> closes."),
    ),
    Quirk(
        "think-parts",
        stream(texts([{"type": "thinking", "thinking": [{"type": "text", "text": "I wonder."}]}], "It works.")),
        THOUGHT,
    ),
    Quirk("think-whole", document(whole("<think>I wonder.</think>It works.")), THOUGHT),
    Quirk(
        "think-and-call",
        stream([chunk({"reasoning_content": "I wonder."}), *calling(call(TEXT_ONE, index=0, id="a"))]),
        called(thinking="I wonder."),
    ),
    Quirk(
        "think-signature",
        stream(
            calling({**call(TEXT_ONE, index=0, id="a"), "extra_content": {"google": {"thought_signature": "c2ln"}}})
        ),
        called(),
    ),
)
ANSWERS = (*FORMS, *CONTENTS, *ENDINGS, *USAGES, *CALLS, *THINKING)
