"""Behaviours of OpenAI's wire that are no answers, or broken ones."""

import json
from typing import Any

from automatos.llm import errors
from automatos.llm.testing.quirks import (
    PAGE,
    USAGE,
    Expected,
    Quirk,
    chunk,
    document,
    first,
    stream,
    texts,
)

ATTEMPTS = 3
BEGUN = chunk({"content": "It wor"})
BROKEN = Expected(
    "It wor", usage=None, finish="cut", error=errors.ModelUnavailable, words="broke off .* Upstream is gone"
)
UPSTREAM = {"code": 502, "message": "Upstream is gone"}
PAGES = b"<!doctype html><html><head><title>Sign in &amp; go on</title></head><body>Sign in</body></html>"


def failed(error: type[errors.ModelError], words: str, sends: int = 1, **more: Any) -> Expected:
    return Expected(error=error, words=words, sends=sends, usage=(0, 0), **more)


# Answers that broke off: never complete, whatever was read of them.
BROKEN_OFF = (
    Quirk(
        "cut-no-end",
        stream([BEGUN], done=False),
        Expected("It wor", usage=None, finish="cut", error=errors.ModelBadReply, words="cut short"),
    ),
    Quirk(
        "cut-torn",
        stream([BEGUN], done=False, torn=True),
        Expected("It wor", usage=None, finish="cut", error=errors.ModelBadReply, words="cut short"),
    ),
    Quirk(
        "finish-error",
        stream([BEGUN, chunk({}, "error")]),
        Expected("It wor", usage=None, finish="cut", error=errors.ModelUnavailable, words="broke off"),
    ),
    Quirk(
        "finish-error-in-choice",
        stream(
            [BEGUN, {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error", "error": UPSTREAM}]}]
        ),
        BROKEN,
    ),
    Quirk(
        "finish-no-resources",
        stream([BEGUN, chunk({}, "insufficient_system_resource")]),
        Expected("It wor", usage=None, finish="cut", error=errors.ModelUnavailable, words="broke off"),
    ),
    Quirk(
        "finish-malformed-call",
        stream([chunk({}, "MALFORMED_FUNCTION_CALL")]),
        failed(errors.ModelUnavailable, "could not answer|broke off", ATTEMPTS),
    ),
    Quirk(
        "finish-safety",
        stream([BEGUN, chunk({}, "SAFETY", usage=USAGE)]),
        Expected("It wor", finish="content_filter", error=errors.ModelRefused, words="declined"),
    ),
    Quirk("error-after-text", stream([BEGUN, {"error": UPSTREAM, "choices": []}]), BROKEN),
    Quirk("error-line", stream([BEGUN, b'error: {"code":502,"message":"Upstream is gone"}\n\n'], done=False), BROKEN),
    Quirk("error-event", stream([BEGUN, b'event: error\ndata: {"code":502,"message":"Upstream is gone"}\n\n']), BROKEN),
    Quirk(
        "call-cut",
        stream(
            [
                chunk(
                    {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "calculator", "arguments": '{"expr'}}]}
                )
            ]
        ),
        Expected(usage=None, finish="cut", calls=(("calculator", {}),), error=errors.ModelBadReply, words="cut short"),
    ),
    Quirk("empty", stream(texts("")), Expected(error=errors.ModelBadReply, words="empty answer")),
    Quirk("nothing", document(b""), failed(errors.ModelBadReply, "sent nothing", ATTEMPTS)),
)
# Errors whose status says 200.
IN_ANSWERS = (
    Quirk(
        "error-200-object",
        document({"error": {"message": "Invalid model identifier", "code": 400}}),
        failed(errors.ModelRejected, r"Invalid model identifier"),
    ),
    Quirk(
        "error-200-text",
        document({"error": "model 'x' not found, try pulling it first"}),
        failed(errors.ModelNotFound, "try pulling it first"),
    ),
    Quirk(
        "error-200-plain",
        document({"object": "error", "message": "This model's maximum context length is 4096 tokens.", "code": 400}),
        failed(errors.ContextTooLong, "maximum context length"),
    ),
    Quirk(
        "error-200-busy",
        first(document({"error": {"code": 429, "message": "Slow down"}}), stream(texts("It works."))),
        Expected("It works.", sends=2),
    ),
    Quirk(
        "error-200-key",
        document({"error": {"code": "401", "message": "Who are you?"}}),
        failed(errors.ModelKeyRefused, "does not accept the key"),
    ),
    Quirk(
        "error-200-words-of-key",
        document({"error": "Invalid API key"}),
        failed(errors.ModelKeyRefused, "Invalid API key"),
    ),
    Quirk(
        "error-200-credit",
        document({"error": {"message": "Insufficient credits", "type": "billing_error"}}),
        failed(errors.ModelNoCredit, "no credit left"),
    ),
    Quirk(
        "error-200-detail",
        document({"detail": "The model `x` does not exist."}),
        failed(errors.ModelNotFound, "`x` does not"),
    ),
    Quirk(
        "error-200-stream",
        stream([{"error": {"type": "server_error", "message": "Out of memory"}}]),
        failed(errors.ModelUnavailable, "Out of memory", ATTEMPTS),
    ),
    Quirk(
        "error-200-cloudflare",
        document({"success": False, "errors": [{"code": 7003, "message": "No route for that URI"}]}),
        failed(errors.ModelUnavailable, "No route for that URI", ATTEMPTS),
    ),
    Quirk(
        "error-200-list",
        document([{"error": {"code": 404, "message": "models/x is not found", "status": "NOT_FOUND"}}]),
        failed(errors.ModelNotFound, "is not found"),
    ),
    Quirk("html-200", document(PAGES, kind=PAGE), failed(errors.ModelNotFound, "titled “Sign in & go on”.*base URL")),
    Quirk(
        "words-200",
        document(b"Ollama is running", kind="text/plain"),
        failed(errors.ModelNotFound, "Ollama is running"),
    ),
    Quirk("json-200-other", document({"status": "ok"}), failed(errors.ModelBadReply, "not a valid answer")),
    Quirk("json-200-broken", document(b'{"choices": [{"mess'), failed(errors.ModelBadReply, "not a valid answer")),
    Quirk("json-200-list", document([1, 2]), failed(errors.ModelBadReply, "not a valid answer")),
)
# Errors with a status, whose words have to reach the person.
WITH_STATUS = (
    Quirk(
        "detail-404",
        document({"detail": "The model `x` does not exist."}, 404),
        failed(errors.ModelNotFound, "`x` does not exist"),
    ),
    Quirk(
        "detail-422",
        document({"detail": [{"type": "missing", "loc": ["body", "user"], "msg": "Field required"}]}, 422),
        failed(errors.ModelRejected, "body.user: Field required"),
    ),
    Quirk(
        "message-nested",
        document({"object": "error", "message": {"detail": [{"loc": ["body", "user"], "msg": "Field required"}]}}, 422),
        failed(errors.ModelRejected, "body.user: Field required"),
    ),
    Quirk(
        "provider-raw",
        document(
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": "the upstream's own words", "provider_name": "P"},
                }
            },
            400,
        ),
        failed(errors.ModelRejected, "upstream's own words"),
    ),
    Quirk(
        "gemini-list",
        document([{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}], 400),
        failed(errors.ModelRejected, "API key not valid"),
    ),
    Quirk("html-502", first(document(PAGES, 502, PAGE), stream(texts("It works."))), Expected("It works.", sends=2)),
    Quirk("html-403", document(PAGES, 403, PAGE), failed(errors.ModelKeyRefused, "Sign in & go on")),
    Quirk(
        "plain-400",
        document(b"bad thing happened", 400, "text/plain"),
        failed(errors.ModelRejected, "bad thing happened"),
    ),
    Quirk(
        "413",
        document({"error": {"message": "Request Entity Too Large"}}, 413),
        failed(errors.ContextTooLong, "too large"),
    ),
    Quirk(
        "429-once",
        first(
            document({"error": {"message": "Slow"}}, 429, headers=(("Retry-After", "0.01"),)),
            stream(texts("It works.")),
        ),
        Expected("It works.", sends=2),
    ),
    Quirk("500-json", document({"error": "CUDA error"}, 500), failed(errors.ModelUnavailable, "CUDA error", ATTEMPTS)),
    Quirk(
        "redirect",
        document(b"", 302, headers=(("Location", "http://127.0.0.1:9/"),)),
        failed(errors.ModelRejected, "redirect"),
    ),
    Quirk("teapot", document({"msg": "I'm a teapot"}, 418), failed(errors.ModelRejected, "I'm a teapot")),
)


LINE = json.dumps(chunk({"content": "word " * 200}))
# More than an answer can be: read up to a cap, in time in proportion to what was read.
TOO_MUCH = (
    Quirk(
        "endless-text",
        stream([f"data: {LINE}\n\n".encode()], done=False, repeats=True),
        Expected(finish="length", usage=None, words="past the limit"),
    ),
    Quirk(
        "endless-thinking",
        stream(
            [("data: " + json.dumps(chunk({"reasoning_content": "hm " * 400})) + "\n\n").encode()],
            done=False,
            repeats=True,
        ),
        Expected(error=errors.ModelBadReply, usage=None, finish="length", words="tokens"),
    ),
    Quirk(
        "endless-line",
        stream([b"data: ", b'{"x": "', b"y" * 65_536], done=False, repeats=True),
        failed(errors.ModelBadReply, "a line of more than 8 MB"),
    ),
    Quirk(
        "endless-document",
        document(b'{"x": "' + b"y" * 65_536, repeats=True),
        failed(errors.ModelBadReply, "an answer of more than 8 MB"),
    ),
    Quirk(
        "endless-comments",
        stream([b": " + b"y" * 65_536 + b"\n"], done=False, repeats=True),
        failed(errors.ModelBadReply, "more bytes than"),
    ),
    Quirk(
        "endless-error",
        document(b'{"error": "' + b"y" * 65_536, 400, repeats=True),
        failed(errors.ModelRejected, "yyy"),
    ),
)
FAILURES = (*BROKEN_OFF, *IN_ANSWERS, *WITH_STATUS, *TOO_MUCH)
