"""A server a workspace names itself: called with its own key, and only where outsiders may send us."""

from typing import Any

import pytest

from automatos.llm.errors import ModelNotConfigured
from automatos.llm.registry import COMPATIBLE, Credential, Models, resolve
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.types import Message, ModelRequest
from automatos.private_hosts import parse

ASKED = ModelRequest(f"{COMPATIBLE}:their-model", (Message("user", "hello"),), timeout=10.0)


async def test_it_is_asked_with_its_own_key(models: Models, server: ScriptedServer, settings: Any) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{server.port}"])
    server.on("hello", reply="hi")
    reply = await models.complete(ASKED, credentials={COMPATIBLE: Credential("their-key", server.openai_url)})
    assert (reply.text, reply.model) == ("hi", ASKED.model)
    seen = server.requests[-1]
    assert {name.lower(): value for name, value in seen.headers.items()}["authorization"] == "Bearer their-key"
    assert seen.model == "their-model"
    pieces: list[str] = []
    await models.complete(ASKED, pieces.append, credentials={COMPATIBLE: Credential("their-key", server.openai_url)})
    assert "".join(pieces) == "hi"


async def test_a_private_address_is_refused_and_nothing_is_sent(
    models: Models, server: ScriptedServer, settings: Any
) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([])
    for host in (f"127.0.0.1:{server.port}", f"localhost:{server.port}", f"[::1]:{server.port}"):
        with pytest.raises(ModelNotConfigured, match="is not called"):
            await models.complete(ASKED, credentials={COMPATIBLE: Credential("their-key", f"http://{host}/v1")})
    assert server.requests == []


def test_without_a_server_the_cure_is_named() -> None:
    with pytest.raises(ModelNotConfigured, match="Add an OpenAI-compatible server to the workspace's credentials"):
        resolve(ASKED.model)
