"""The estimate of tokens against counts of o200k_base, made with bpe-openai 0.1.4 on texts it was not fitted to."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from automatos.llm.parts import Image, Text, ToolCall, ToolResult
from automatos.llm.tokens import IMAGE_TOKENS, estimate_message, estimate_request, estimate_tokens
from automatos.llm.types import Message, ToolSpec

SAMPLES = orjson.loads(Path(__file__).with_name("token_samples.json").read_bytes())


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["name"] for sample in SAMPLES])
def test_the_estimate_is_within_a_quarter(sample: dict[str, Any]) -> None:
    assert abs(estimate_tokens(sample["text"]) - sample["tokens"]) <= sample["tokens"] / 4


def test_nothing_costs_nothing() -> None:
    assert estimate_tokens("") == 0


def test_every_part_of_a_prompt_counts() -> None:
    call, result = ToolCall("c", "weather", {"city": "Oslo"}), ToolResult("c", "rain " * 100)
    turns = [Message("user", [Text("hello"), Image(b"", "image/png")]), Message("assistant", [call])]
    before = estimate_request(turns)
    assert before > IMAGE_TOKENS
    assert estimate_request([*turns, Message("tool", [result])]) - before == estimate_message(Message("tool", [result]))
    spec = ToolSpec("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})
    assert estimate_request(turns, [spec]) - before > 20


def test_a_megabyte_is_estimated_in_time() -> None:
    assert estimate_tokens("word " * 200_000) > 150_000
