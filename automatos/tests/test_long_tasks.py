"""Long work holds a part of the threads, loses nothing and does nothing twice."""

import threading
from functools import partial

import pytest

from automatos.long_tasks import LongTasks
from automatos.tests.threads import together


def test_what_finds_no_room_waits_without_a_thread_and_is_done_once_in_its_order() -> None:
    tasks, gate, done = LongTasks(2), threading.Event(), list[int]()
    busy = threading.Semaphore(0)

    def work(number: int) -> None:
        busy.release()
        assert gate.wait(60)
        done.append(number)

    threads = [threading.Thread(target=tasks.do, args=(number, partial(work, number))) for number in range(2)]
    for thread in threads:
        thread.start()
    assert busy.acquire(timeout=60)
    assert busy.acquire(timeout=60)
    # Both threads are taken: these come back at once.
    for number in (2, 3, 2, 4):
        tasks.do(number, partial(work, number))
    assert not done
    gate.set()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_work_that_fails_takes_nothing_with_it() -> None:
    tasks, done = LongTasks(1), list[str]()

    def broken() -> None:
        raise ZeroDivisionError

    def fail() -> None:
        tasks.do("after", lambda: done.append("after"))
        tasks.do("broken", broken)
        tasks.do("last", lambda: done.append("last"))
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        tasks.do("first", fail)
    assert done == ["after", "last"]
    tasks.do("again", lambda: done.append("again"))
    assert done[-1] == "again"


def test_many_at_once_are_all_done() -> None:
    tasks, done = LongTasks(3), list[int]()
    together(*[partial(tasks.do, number, partial(done.append, number)) for number in range(40)])
    assert sorted(done) == list(range(40))
