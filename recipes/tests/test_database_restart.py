"""The web process after a crash of PostgreSQL: whoever comes next is answered at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from automatos.testing import Stack
from recipes.tests.chat_kit import Room, model, openai_client
from recipes.tests.test_outages import crash_postgres

pytestmark = pytest.mark.slow
HELLO: Any = [{"role": "user", "content": "Say hello"}]


def test_no_request_waits_for_the_connections_that_a_crash_broke(stack: Stack) -> None:
    room = Room(stack)
    stack.models.on("Say hello", reply="Hello.")
    with contextmanager(openai_client)(room) as client:

        def ask(_: int) -> str | None:
            answer = client.chat.completions.create(model=model(room), messages=HELLO)
            return answer.choices[0].message.content

        with ThreadPoolExecutor(12) as many:
            assert set(many.map(ask, range(48))) == {"Hello."}
        crash_postgres()
        for number in range(4):
            began = time.monotonic()
            assert ask(number) == "Hello."
            assert time.monotonic() - began < 10
