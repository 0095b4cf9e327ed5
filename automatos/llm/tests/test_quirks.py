"""Every way in which a model server is known to misbehave, read to the end that the table wants."""

import re
import time
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from automatos.llm.deltas import TextDelta, ThinkingDelta
from automatos.llm.errors import ModelError
from automatos.llm.registry import COMPATIBLE, Credential, Models
from automatos.llm.testing.quirks import Quirk, QuirkServer
from automatos.llm.testing.quirks_anthropic import ANTHROPIC
from automatos.llm.testing.quirks_chat import ANSWERS
from automatos.llm.testing.quirks_errors import FAILURES, TOO_MUCH
from automatos.llm.testing.quirks_refusals import LEFT_OUT
from automatos.llm.types import Message, ModelReply, ModelRequest, ToolSpec
from automatos.private_hosts import parse

QUIRKS = (*ANSWERS, *FAILURES, *LEFT_OUT, *ANTHROPIC)
TOOL = ToolSpec("calculator", "Calculates.", {"type": "object", "properties": {"expression": {"type": "string"}}})
SCHEMA = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
# Seconds for reading any of them; the endless ones are read up to their caps.
QUICK = 10.0


@pytest.fixture(scope="module")
def quirks() -> Iterator[QuirkServer]:
    with QuirkServer(QUIRKS) as server:
        yield server


@pytest.fixture(autouse=True)
def _reached(quirks: QuirkServer, settings: Settings) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{quirks.port}"])
    settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = "sk-ant-x", quirks.anthropic_url
    quirks.clear()


def asked(quirk: Quirk) -> ModelRequest:
    """A question that holds everything a server may refuse."""
    provider = "anthropic" if quirk.wire == "anthropic" else COMPATIBLE
    wants_json = quirk.name in ("refuses-schema", "refuses-json")
    return ModelRequest(
        f"{provider}:{quirk.name}",
        (Message("system", "Be brief."), Message("user", "First."), Message("user", "What is 1+1?")),
        max_tokens=100,
        temperature=0.5,
        frequency_penalty=0.5,
        tools=() if wants_json else (TOOL,),
        response_schema=SCHEMA if wants_json else None,
        timeout=30.0,
    )


async def read(
    models: Models, server: QuirkServer, quirk: Quirk
) -> tuple[ModelReply | None, ModelError | None, list[str]]:
    """(the reply, also that of an error; the error; what was told as text and as thinking)."""
    told, thought = [], []

    def hear(delta: object) -> None:
        if isinstance(delta, TextDelta):
            told.append(delta.text)
        elif isinstance(delta, ThinkingDelta):
            thought.append(delta.text)

    credentials = {COMPATIBLE: Credential("sk-quirk", server.url)}
    try:
        reply = await models.complete(asked(quirk), on_delta=hear, credentials=credentials)
    except ModelError as error:
        return error.reply, error, ["".join(told), "".join(thought)]
    return reply, None, ["".join(told), "".join(thought)]


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
async def test_it_is_read_as_the_table_says(models: Models, quirks: QuirkServer, quirk: Quirk) -> None:
    want, start = quirk.expected, time.monotonic()
    reply, error, told = await read(models, quirks, quirk)
    assert time.monotonic() - start < QUICK
    assert isinstance(error, want.error or type(None)), error
    assert quirks.count(quirk.name) == want.sends
    words = " ".join([error.message if error else "", *(reply.notes if reply else ())])
    assert re.search(want.words, words), words
    if want.usage != (0, 0):
        assert reply is not None
        check(reply, quirk, told)


def check(reply: ModelReply, quirk: Quirk, told: list[str]) -> None:
    """What came in, and that it was told as it came."""
    want = quirk.expected
    if quirk not in TOO_MUCH:
        assert reply.text == want.text
        assert reply.thinking == want.thinking
        if quirk.name != "think-tags-closing-alone":  # what it thinks shows only at the end
            assert told == [want.text, want.thinking]
    assert [(call.name, call.arguments) for call in reply.tool_calls] == list(want.calls)
    if want.error is None or want.finish != "stop":
        assert reply.finish_reason == want.finish
    usage = reply.usage
    if want.usage is None:
        assert usage.is_estimated
        assert usage.input_tokens > 5
        assert usage.output_tokens > 0
        assert any("estimated" in note for note in reply.notes)
    else:
        assert (usage.input_tokens, usage.output_tokens, usage.is_estimated) == (*want.usage, False)


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len(QUIRKS) == len({quirk.name for quirk in QUIRKS})
    assert len(QUIRKS) >= 80
