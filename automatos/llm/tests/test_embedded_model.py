"""The model that comes with the product, for real: it loads, answers, keeps to a schema and calls tools with help."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import orjson
import pytest
from pytest_django.fixtures import Settings

from automatos.llm.errors import ContextTooLong
from automatos.llm.parts import ToolResult
from automatos.llm.registry import Models
from automatos.llm.tests.test_local_tools import asking
from automatos.llm.types import Message
from automatos.local.addresses import Addresses, addresses

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of a server around the bundled model."""
    folder = tmp_path_factory.mktemp("embedded")
    place = addresses(folder)
    place.run.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "DATA": str(folder), "LOCAL_LLM_MODEL_PATH": ""}
    command = [sys.executable, "-m", "automatos.local.model_server"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield _address(place)
        finally:
            process.terminate()


def _address(place: Addresses) -> str:
    for _ in range(600):
        if url := place.model_url():
            return url
        time.sleep(0.1)
    raise AssertionError("the embedded model did not start within a minute")


@pytest.fixture
def embedded(address: str, settings: Settings) -> None:
    settings.LOCAL_LLM_URL = address


@pytest.mark.usefixtures("embedded")
class TestEmbeddedModel:
    async def test_it_calls_a_tool_and_answers_from_the_result(self, models: Models) -> None:
        question = (Message("system", "You are a helpful assistant."), Message("user", "What is the weather in Paris?"))
        reply = await models.complete(asking(*question, timeout=60.0))
        (call,) = reply.tool_calls
        assert (call.name, call.arguments) == ("get_weather", {"city": "Paris"})
        results = Message("tool", [ToolResult(call.id, "14 degrees, light rain")])
        told: list[str] = []
        answer = await models.complete(
            asking(*question, reply.message, results, timeout=60.0, max_tokens=60), told.append
        )
        assert answer.text == "".join(told)
        assert "14 degrees" in answer.text

    async def test_it_keeps_to_a_schema(self, models: Models) -> None:
        request = asking("Say hello to Oslo.", tools=(), response_schema=CITY, timeout=60.0, max_tokens=60)
        assert set(orjson.loads((await models.complete(request)).text)) == {"city"}

    async def test_a_prompt_over_its_context_is_named(self, models: Models) -> None:
        with pytest.raises(ContextTooLong):
            await models.complete(asking("word " * 6000, tools=(), timeout=60.0))
