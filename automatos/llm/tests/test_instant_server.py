"""The benchmark's model server, as a process of its own."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from automatos.llm.registry import Models
from automatos.llm.tests.conftest import Caller


@pytest.fixture
def address() -> Iterator[str]:
    """The base address of a server that answers after 0.3 s in 24 pieces."""
    command = [sys.executable, "-m", "automatos.llm.testing", "--port", "0", "--delay", "0.3", "--chunks", "24"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_it_answers_many_calls_on_both_wires(
    models: Models, settings: Settings, address: str, provider: str
) -> None:
    settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = "sk-any"
    settings.OPENAI_BASE_URL, settings.ANTHROPIC_BASE_URL = address, address.removesuffix("/v1")
    callers = [Caller(models, provider, streamed, []) for streamed in (True, False)] * 25
    began = time.monotonic()
    replies = await asyncio.gather(*(caller.ask("hello") for caller in callers))
    assert 0.3 <= time.monotonic() - began < 5
    assert {len(reply.text.split()) for reply in replies} == {24}
    assert {reply.usage.output_tokens for reply in replies} == {24}
    assert len(callers[0].pieces) == 24 * 25
