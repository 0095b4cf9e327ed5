"""Behaviours of OpenAI's wire that refuse what can be left out, and answer without it."""

from collections.abc import Callable
from itertools import pairwise

from automatos.llm import errors
from automatos.llm.testing.quirks import Answer, Expected, Json, Quirk, document, refusing, stream, texts, whole
from automatos.llm.testing.quirks_errors import failed


def _has(name: str) -> Callable[[Json], bool]:
    return lambda body: name in body


def _role(name: str) -> Callable[[Json], bool]:
    return lambda body: any(turn["role"] == name for turn in body["messages"])


def _in_a_row(body: Json) -> bool:
    roles = [turn["role"] for turn in body["messages"]]
    return roles[0] == "system" or any(one == other for one, other in pairwise(roles))


def _format(kind: str) -> Callable[[Json], bool]:
    return lambda body: (body.get("response_format") or {}).get("type") == kind


def _error(message: str, status: int = 400, **more: object) -> Answer:
    return document({"error": {"message": message, "type": "invalid_request_error", **more}}, status)


def accepted(words: str = "", usage: tuple[int, int] | None = (20, 8)) -> Expected:
    return Expected("Accepted.", words=words, sends=2, usage=usage)


EXTRA = {"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"],
         "msg": "Extra inputs are not permitted", "input": {"include_usage": True}}]}, "code": None}  # fmt: skip
SILENT = stream(texts("Accepted.", usage=None))
# What can be left out is left out at once; a person is told where it makes a difference.
LEFT_OUT = (
    Quirk(
        "refuses-stream-options-422",
        refusing(_has("stream_options"), document(EXTRA, 422), SILENT),
        accepted(usage=None),
    ),
    Quirk(
        "refuses-stream-options-400",
        refusing(_has("stream_options"), _error("Unrecognized request argument supplied: stream_options"), SILENT),
        accepted(usage=None),
    ),
    Quirk(
        "refuses-stream-options-name",
        refusing(
            _has("stream_options"),
            _error('Invalid JSON payload received. Unknown name "stream_options": Cannot find field.'),
        ),
        accepted(),
    ),
    Quirk(
        "refuses-max-tokens",
        refusing(
            _has("max_tokens"),
            _error(
                "Unsupported parameter: 'max_tokens' is not supported "
                "with this model. Use 'max_completion_tokens' instead.",
                param="max_tokens",
                code="unsupported_parameter",
            ),
        ),
        accepted(),
    ),
    Quirk(
        "refuses-temperature",
        refusing(_has("temperature"), _error("`temperature` is deprecated for this model.")),
        accepted("does not take temperature"),
    ),
    Quirk(
        "refuses-penalty-422",
        refusing(
            _has("frequency_penalty"),
            document(
                {
                    "detail": [
                        {
                            "type": "extra_forbidden",
                            "loc": ["body", "frequency_penalty"],
                            "msg": "Extra inputs are not permitted",
                        }
                    ]
                },
                422,
            ),
        ),
        accepted("does not take frequency_penalty"),
    ),
    Quirk(
        "refuses-system", refusing(_role("system"), _error("System role not supported")), accepted("no system message")
    ),
    Quirk(
        "refuses-system-gemma",
        refusing(_role("system"), _error("Developer instruction is not enabled for models/gemma")),
        accepted("no system message"),
    ),
    Quirk(
        "refuses-rows",
        refusing(_in_a_row, _error("Conversation roles must alternate user/assistant/user/assistant/...")),
        accepted("in turn"),
    ),
    Quirk(
        "refuses-tools",
        refusing(_has("tools"), _error("registry.ollama.ai/library/gemma:2b does not support tools")),
        accepted("without them"),
    ),
    Quirk(
        "refuses-tool-choice",
        refusing(
            _has("tools"),
            _error('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        ),
        accepted("without them"),
    ),
    Quirk(
        "refuses-tools-404",
        refusing(_has("tools"), _error("No endpoints found that support tool use.", 404)),
        accepted("without them"),
    ),
    Quirk(
        "refuses-schema",
        refusing(
            _format("json_schema"),
            _error("This response_format type is unavailable: json_schema is not supported"),
            stream(texts('{"answer": 4}')),
        ),
        Expected('{"answer": 4}', words="schema", sends=2),
    ),
    Quirk(
        "refuses-json",
        refusing(_has("response_format"), _error("response_format is not supported"), stream(texts('{"answer": 4}'))),
        Expected('{"answer": 4}', words="schema", sends=3),
    ),
    Quirk(
        "refuses-streaming",
        refusing(_has("stream"), _error("Streaming is not supported for this model"), document(whole("Accepted."))),
        accepted("one piece"),
    ),
    Quirk(
        "refuses-several",
        refusing(
            _has("stream_options"),
            document(EXTRA, 422),
            refusing(_has("temperature"), _error("temperature: Extra inputs are not permitted")),
        ),
        Expected("Accepted.", words="temperature", sends=3),
    ),
    Quirk(
        "refuses-for-good",
        refusing(
            lambda body: True,
            _error("Unsupported parameter: 'max_tokens'", param="max_tokens", code="unsupported_parameter"),
        ),
        failed(errors.ModelRejected, "max_tokens", 2),
    ),
    Quirk(
        "wrong-value", _error("temperature must be between 0 and 1"), failed(errors.ModelRejected, "between 0 and 1")
    ),
)
