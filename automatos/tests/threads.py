"""Several calls at the same moment, each in a thread with database connections of its own."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """What each of them answers, in their order, all started at the same moment; None for one that raised."""
    gate, found = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place: int) -> None:
        try:
            gate.wait(10)
            found[place] = jobs[place]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def one_waits(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """What both answer: the second one begins when the first is done, and has to wait for its transaction to end."""
    done, found = threading.Event(), list[Any]()

    def begin() -> Any:
        with transaction.atomic():
            found.append(first())
            done.set()
            wait_for_a_waiter()

    def follow() -> Any:
        done.wait(60)
        return second()

    answers = together(begin, follow)
    return found[0], answers[1]


def wait_for_a_waiter() -> None:
    """Until somebody waits for a lock of the database; fails after 30 seconds without."""
    with connection.cursor() as cursor:
        for _ in range(600):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.05)
    pytest.fail("Nobody waits for a lock.")
