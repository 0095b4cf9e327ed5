"""A Redis that takes connections and never answers costs whoever tells something little, and only once."""

import socket
import time
from typing import Any

import pytest
from redis.exceptions import TimeoutError as NoAnswer

from automatos import events


def test_a_redis_that_hangs_is_waited_for_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    took = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        monkeypatch.setattr(events, "_silence", events._Silence())
        events.sync_client.cache_clear()
        for _ in range(5):
            began = time.monotonic()
            with pytest.raises(NoAnswer):
                events.wake_workers()
            took.append(time.monotonic() - began)
    events.sync_client.cache_clear()
    assert took[0] >= 0.4
    assert max(took[1:]) < 0.2 < sum(took) < 3
