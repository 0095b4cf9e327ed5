"""Between a look and its request a connection is opened: whoever was given up meanwhile sends nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from automatos.llm.registry import COMPATIBLE, Credential, Models
from automatos.llm.testing.server import ScriptedServer
from automatos.llm.tests.conftest import MODELS
from automatos.llm.types import Message, ModelRequest
from automatos.private_hosts import parse


class Away(BaseException):
    """Somebody else has the work by now."""


def looks(*, most: int) -> Callable[[], Awaitable[None]]:
    """A look that allows so much and no more."""
    seen: list[int] = []

    async def look() -> None:
        seen.append(1)
        if len(seen) > most:
            raise Away

    return look


@pytest.mark.parametrize("provider", [*MODELS, COMPATIBLE])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
async def test_nothing_is_sent_after_the_second_look(
    models: Models, server: ScriptedServer, settings: Any, provider: str, streamed: bool, kept: bool
) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{server.port}"])
    own = {COMPATIBLE: Credential("their-key", server.openai_url)} if provider == COMPATIBLE else {}
    asked = ModelRequest(MODELS.get(provider, f"{COMPATIBLE}:m"), (Message("user", "hello"),), timeout=10.0)
    server.on("hello", reply="hi")
    on_text = (lambda _: None) if streamed else None
    if kept:  # the connection is there already
        await models.complete(asked, on_text, credentials=own, before_sending=looks(most=2))
    before = len(server.requests)
    with pytest.raises(Away):
        await models.complete(asked, on_text, credentials=own, before_sending=looks(most=1))
    assert len(server.requests) == before
    reply = await models.complete(asked, on_text, credentials=own, before_sending=looks(most=2))
    assert (reply.text, len(server.requests)) == ("hi", before + 1)
