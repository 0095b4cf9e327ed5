"""Each way a call can fail ends in one of our few errors, in words for people."""

import socket

import pytest
from pytest_django.fixtures import Settings

from automatos.llm.errors import (
    ContextTooLong,
    ModelBadReply,
    ModelError,
    ModelKeyRefused,
    ModelNoCredit,
    ModelNotFound,
    ModelOverloaded,
    ModelRateLimited,
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
)
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.tests.conftest import Caller
from automatos.llm.types import Usage


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, ModelRejected, r"refuses this request to .* \(400\): The scripted server"),
        (401, ModelKeyRefused, r"does not accept the key \(401\)\. Check (OPENAI|ANTHROPIC)_API_KEY"),
        (403, ModelKeyRefused, r"does not let this key use"),
        (402, ModelNoCredit, r"no credit left \(402\)"),
        (404, ModelNotFound, r"has no model"),
        (413, ContextTooLong, r"too large"),
        (302, ModelRejected, r"redirect .*Check its base URL"),
        (409, ModelUnavailable, r"has trouble \(409\)"),
        (429, ModelRateLimited, r"asks for fewer calls \(429\)"),
        (500, ModelUnavailable, r"has trouble \(500\)"),
        (503, ModelOverloaded, r"is overloaded \(503\)"),
        (529, ModelOverloaded, r"is overloaded \(529\)"),
    ],
)
async def test_an_error_status_becomes_a_sentence(
    caller: Caller, server: ScriptedServer, status: int, kind: type[ModelError], words: str
) -> None:
    server.on(status=status, headers={"Location": "http://127.0.0.1:9/"} if status == 302 else {})
    with pytest.raises(kind, match=words) as caught:
        await caller.ask("hello")
    assert type(caught.value) is kind
    assert server.count() == (
        3 if issubclass(kind, ModelUnavailable) else 1 + (status == 404 and caller.provider == "responses")
    )


CONTEXT_WORDS = [
    (400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 90000 tokens."),
    (400, "Your input exceeds the context window of this model. Please adjust your input and try again."),
    (400, "prompt is too long: 90000 tokens > 8192 maximum"),
    (400, "input length and `max_tokens` exceed context limit: 188240 + 20000 > 200000, decrease input length"),
    (400, "request (9107 tokens) exceeds the available context size (4096 tokens), try increasing it"),
    (429, "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 60000."),
]


@pytest.mark.parametrize(("status", "words"), CONTEXT_WORDS)
async def test_a_prompt_too_long_is_a_kind_of_its_own(
    caller: Caller, server: ScriptedServer, status: int, words: str
) -> None:
    server.on(status=status, error=words)
    with pytest.raises(ContextTooLong, match=r"prompt is too long for .* Shorten it") as caught:
        await caller.ask("long")
    assert caught.value.helps_to_try_other_model
    assert server.count() == 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (429, {"error_code": "insufficient_quota"}),
        (400, {"error": "Your credit balance is too low to access the Anthropic API."}),
    ],
)
async def test_an_account_without_credit_is_not_asked_again(
    caller: Caller, server: ScriptedServer, status: int, answer: dict[str, str]
) -> None:
    if caller.provider == "anthropic" and "error_code" in answer:
        pytest.skip("this vendor sends no codes")
    server.on(status=status, **answer)
    with pytest.raises(ModelNoCredit, match="no credit left") as caught:
        await caller.ask("hello")
    assert caught.value.helps_to_try_other_model
    assert server.count() == 1


async def test_a_wrong_request_is_not_worth_another_model(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=400, error="tools.0.name: String should match pattern")
    with pytest.raises(ModelRejected) as caught:
        await caller.ask("hello")
    assert not caught.value.helps_to_try_other_model


async def test_no_message_holds_the_key(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=400, error="Bad key sk-open-secret or sk-ant-secret")
    with pytest.raises(ModelRejected) as caught:
        await caller.ask("hello")
    secret = "sk-ant-secret" if caller.provider == "anthropic" else "sk-open-secret"
    assert "[key]" in caught.value.message
    assert secret not in caught.value.message


async def test_a_page_of_html_instead_of_an_error_is_not_quoted(caller: Caller, server: ScriptedServer) -> None:
    server.on(status=502, raw="<html><body>Bad gateway</body></html>")
    with pytest.raises(ModelUnavailable, match=r"has trouble \(502\)") as caught:
        await caller.ask("hello")
    assert "<html>" not in caught.value.message


async def test_a_server_that_is_down_is_named_with_the_reason(caller: Caller, settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{port}/v1"
    settings.ANTHROPIC_BASE_URL = f"http://127.0.0.1:{port}"
    with pytest.raises(
        ModelUnavailable, match=rf"Could not reach \w+ at 127.0.0.1:{port}: connection refused"
    ) as caught:
        await caller.ask("hello")
    assert caught.value.code == "model_unavailable"


async def test_a_key_that_cannot_travel_is_told(caller: Caller, server: ScriptedServer, settings: Settings) -> None:
    settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = "sk-two\nlines"
    with pytest.raises(ModelRejected, match=r"could not be made: .* Check (OPENAI|ANTHROPIC)_API_KEY") as caught:
        await caller.ask("hello")
    assert "lines" not in caught.value.message


async def test_a_connection_closed_before_the_answer_is_unavailable(caller: Caller, server: ScriptedServer) -> None:
    server.on(cut_after=0)
    with pytest.raises(ModelUnavailable, match="it closed the connection"):
        await caller.ask("hello")
    assert server.count() == 3


@pytest.mark.parametrize("politely", [False, True], ids=["torn", "without an end"])
async def test_a_stream_cut_short_is_a_failure(streaming: Caller, server: ScriptedServer, politely: bool) -> None:
    server.on(reply="one two three four", cut_after=2, cut_politely=politely)
    with pytest.raises(ModelBadReply, match="was cut short") as caught:
        await streaming.ask("hello")
    assert caught.value.code == "model_cut_short"
    assert streaming.pieces == ["one ", "two "]
    assert caught.value.reply is not None
    assert (caught.value.reply.text, caught.value.reply.finish_reason) == ("one two ", "cut")
    assert server.count() == 1


async def test_an_error_inside_a_stream_is_told(streaming: Caller, server: ScriptedServer) -> None:
    server.on(reply="one two three", cut_after=1, stream_error="Overloaded")
    kind = ModelOverloaded if streaming.provider == "anthropic" else ModelUnavailable
    with pytest.raises(kind, match=r"broke off while .* Overloaded"):
        await streaming.ask("hello")


@pytest.mark.parametrize("text", ["", "  \n "], ids=["nothing", "blanks"])
async def test_an_empty_answer_is_no_answer(caller: Caller, server: ScriptedServer, text: str) -> None:
    server.on(chunks=[text] if text else [])
    with pytest.raises(ModelBadReply, match="empty answer"):
        await caller.ask("hello")
    assert server.count() == 1


async def test_thinking_that_used_up_the_tokens_is_explained(caller: Caller, server: ScriptedServer) -> None:
    server.on(reply="", finish="length")
    with pytest.raises(ModelBadReply, match="used up its 30 tokens") as caught:
        await caller.ask("hello", max_tokens=30)
    assert caught.value.usage.input_tokens > 0


async def test_a_refusal_is_not_an_answer(caller: Caller, server: ScriptedServer) -> None:
    usage = Usage(input_tokens=100, output_tokens=7, reasoning_tokens=3)
    server.on(refusal="I will not help with that.", usage=usage)
    with pytest.raises(ModelRefused, match="declined to answer") as caught:
        await caller.ask("hello")
    assert server.count() == 1
    reply = caught.value.reply
    assert reply is not None
    assert (reply.finish_reason, reply.usage) == ("refusal", usage)
    assert reply.cost > 0


async def test_a_content_filter_is_a_refusal(caller: Caller, server: ScriptedServer) -> None:
    server.on(reply="Well, ", finish="content_filter")
    with pytest.raises(ModelRefused) as caught:
        await caller.ask("hello")
    assert caught.value.reply is not None
    assert (caught.value.reply.text, caught.value.usage.output_tokens) == ("Well, ", 1)
    assert caught.value.reply.finish_reason == ("refusal" if caller.provider == "anthropic" else "content_filter")


@pytest.mark.parametrize(
    "raw",
    ["{nope", "[]", '{"choices": [7], "content": [7], "type": "content_block_delta"}', '"text"', "null"],
)
async def test_an_answer_of_the_wrong_shape_is_malformed(caller: Caller, server: ScriptedServer, raw: str) -> None:
    server.on(raw=raw)
    with pytest.raises(ModelBadReply, match=r"not a valid answer|was cut short"):
        await caller.ask("hello")


async def test_what_on_text_raises_comes_through_unchanged(streaming: Caller, server: ScriptedServer) -> None:
    class Stop(ValueError):
        pass

    class Pieces(list[str]):
        def append(self, piece: str) -> None:
            raise Stop

    streaming.pieces = Pieces()
    with pytest.raises(Stop):
        await streaming.ask("hello")
    assert server.count() == 1
