"""The scripted server's wires: whole answers, streams and errors in the words of each vendor."""

from collections.abc import Mapping
from typing import Any

from automatos.llm.testing import anthropic, chat, responses
from automatos.llm.testing.answers import Answer, Events, Wire, as_json, data, event

PATHS: dict[str, Wire] = {
    "/v1/chat/completions": "openai",
    "/v1/responses": "responses",
    "/v1/messages": "anthropic",
}
ANTHROPIC_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
OPENAI_ERRORS = {401: "invalid_request_error", 429: "rate_limit_exceeded"}
OVERLOADED: dict[Wire, tuple[int, str]] = {
    "openai": (503, "The engine is currently overloaded, please try again later."),
    "responses": (503, "The engine is currently overloaded, please try again later."),
    "anthropic": (529, "Overloaded"),
}
CONTEXT_TEXT: dict[Wire, str] = {
    "openai": "This model's maximum context length is 8192 tokens. However, your messages resulted in 90000 tokens.",
    "responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "anthropic": "prompt is too long: 90000 tokens > 8192 maximum",
}
# A piece of an answer's text or of a call's arguments, the way each wire writes it.
PIECES = (
    b'"delta":{"content":"', b'"type":"text_delta"', b'"type":"response.output_text.delta"',
    b'"function":{"arguments":"', b'"type":"input_json_delta"', b'"type":"response.function_call_arguments.delta"',
)  # fmt: skip


def body(wire: Wire, answer: Answer) -> bytes:
    """A whole answer."""
    if wire == "anthropic":
        return anthropic.body(answer)
    return responses.body(answer) if wire == "responses" else chat.body(answer)


def events(wire: Wire, answer: Answer, asked: Mapping[str, Any]) -> Events:
    """An answer as a stream. asked: the body of the request."""
    if wire == "anthropic":
        return anthropic.events(answer)
    if wire == "responses":
        return responses.events(answer)
    return chat.events(answer, bool((asked.get("stream_options") or {}).get("include_usage")))


def is_piece(event: bytes) -> bool:
    """Whether an event of a stream holds text or arguments."""
    return any(sign in event for sign in PIECES)


def error_body(wire: Wire, status: int, message: str, code: str | None = None, param: str | None = None) -> bytes:
    """The vendor's error envelope for a status."""
    if wire == "anthropic":
        kind = ANTHROPIC_ERRORS.get(status, "api_error")
        return as_json({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_scripted"})
    kind = "server_error" if status >= 500 else OPENAI_ERRORS.get(status, "invalid_request_error")
    return as_json({"error": {"message": message, "type": kind, "param": param, "code": code}})


def stream_error(wire: Wire, message: str) -> bytes:
    """An error in the middle of a stream whose status was 200."""
    if wire == "anthropic":
        return event("error", error={"type": "overloaded_error", "message": message})
    if wire == "responses":
        return event("error", code="server_error", message=message, param=None)
    return data({"error": {"message": message, "type": "server_error", "param": None, "code": None}})
