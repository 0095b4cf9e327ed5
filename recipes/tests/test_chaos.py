"""Recipes with a step of every kind, and everything killed, frozen and cut meanwhile: `make chaos` runs these.

RUNS is how many each test starts; BUSY how many processes keep the machine busy besides. With `-s` each prints what it
saw.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from uuid import UUID

import psutil
import pytest
from django.conf import settings
from django.db import connection
from websockets.exceptions import ConnectionClosed, WebSocketException

from automatos import events
from automatos.database_roles import APP_ROLE
from automatos.testing import Part, Stack
from automatos.tests.commit_cutter import CommitCutter
from recipes.models import Approval, Event, Execution
from recipes.runs import services as runs
from recipes.tests.chaos_kit import ASKED, Feast, Place, another_worker, beside
from recipes.tests.chat_kit import Room
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, wait_for
from recipes.tests.site_kit import Site, reachable_site
from recipes.tests.test_outages import crash_postgres, kill_valkey
from recipes.tests.test_socket import cookie_of, watching
from recipes.waits import services as approvals

RUNS = int(os.environ.get("RUNS", "40"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.environ.get("LOAD") != "full", reason="LOAD=full, as `make chaos` has it, runs it"),
]
OURS = pytest.mark.skipif(
    not (settings.EMBEDDED_DATABASE and settings.EMBEDDED_REDIS), reason="stops only servers that the suite started"
)
Seen = dict[tuple[UUID, int], list[int]]
BUSY = int(os.environ.get("BUSY", "0"))


@pytest.fixture(scope="module", autouse=True)
def busy() -> Iterator[None]:
    """So many processes that do nothing but work, while these tests run."""
    made = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    yield
    for one in made:
        one.kill()
        one.wait()


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    yield from reachable_site(stack)


@pytest.fixture
def second(stack: Stack, site: Site) -> Iterator[Part]:
    """Another worker that reaches the site, too."""
    with beside(another_worker(stack)) as part:
        yield part
    stack.worker.start()
    stack.web.start()
    stack.wait_ready()


def tree(part: Part) -> list[psutil.Process]:
    """The part's process and those under it."""
    assert part.process is not None
    top = psutil.Process(part.process.pid)
    return [top, *top.children(recursive=True)]


@contextlib.contextmanager
def frozen(processes: list[psutil.Process]) -> Iterator[None]:
    """Stopped until the end of the block, without a word."""
    for one in processes:
        one.suspend()
    try:
        yield
    finally:
        for one in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.resume()


def postgres() -> list[psutil.Process]:
    """The database's processes."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        lines = open(f"{cursor.fetchone()[0]}/postmaster.pid").read().splitlines()  # noqa: SIM115
    top = psutil.Process(int(lines[0]))
    return [top, *top.children(recursive=True)]


def valkey() -> psutil.Process:
    return psutil.Process(int((settings.LOCAL.run / "valkey.pid").read_text()))


def test_workers_are_killed_at_random(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site)
    feast.cook(RUNS)
    finished: dict[Place, int] = {}
    for number in range(6):
        feast.wait_for_calls((number + 1) * RUNS * ASKED // 8)
        part = feast.dice.choice([stack.worker, second])
        part.kill()
        finished = feast.finished() | finished
        part.start()
    feast.check(finished)


def test_all_workers_are_killed_at_once(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site)
    feast.cook(RUNS)
    feast.wait_for_calls(RUNS * ASKED // 2)
    for part in (stack.worker, second):
        part.kill()
    finished = feast.finished()
    for part in (stack.worker, second):
        part.start()
    feast.check(finished)


def test_workers_are_replaced_in_turn(stack: Stack, site: Site, second: Part) -> None:
    """In order, as a new release does it: no call is cut that was paid."""
    feast = Feast(stack, site)
    feast.cook(RUNS)
    finished: dict[Place, int] = {}
    for number, part in enumerate([stack.worker, second] * 2, 1):
        feast.wait_for_calls(number * RUNS * ASKED // 6)
        part.stop()
        finished = feast.finished() | finished
        part.start()
    feast.check(finished)


def test_a_worker_is_frozen_past_its_lease_and_comes_back(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site)
    feast.cook(RUNS)
    feast.wait_for_calls(RUNS * ASKED // 3)
    with frozen(tree(stack.worker)):
        finished = feast.finished()
        time.sleep(12)
        finished = feast.finished() | finished
    feast.check(finished)


def test_nothing_fails_and_nothing_is_sent_again(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site)
    feast.cook(2 * RUNS)
    feast.check({})
    assert not feast.calls().filter(sends__gt=1).exists()
    assert len(stack.models.requests) == 2 * RUNS * ASKED


def test_the_model_server_fails_now_and_then(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site, faults=0.1)
    feast.cook(RUNS)
    feast.check({})


@OURS
def test_the_database_crashes_twice_and_is_frozen(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site)
    feast.cook(RUNS)
    feast.wait_for_calls(RUNS * ASKED // 4)
    crash_postgres()
    finished = feast.finished()
    feast.wait_for_calls(RUNS * ASKED // 2)
    with frozen(postgres()):
        time.sleep(10)
    finished = feast.finished() | finished
    feast.wait_for_calls(RUNS * ASKED * 3 // 4)
    crash_postgres()
    feast.check(feast.finished() | finished)


@OURS
def test_valkey_is_killed_frozen_and_emptied(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site)
    feast.cook(RUNS)
    feast.wait_for_calls(RUNS * ASKED // 5)
    kill_valkey()
    feast.wait_for_calls(RUNS * ASKED * 2 // 5)
    with frozen([valkey()]):
        time.sleep(10)
    feast.wait_for_calls(RUNS * ASKED * 3 // 5)
    events.sync_client().flushall()
    feast.check(feast.finished())
    assert not feast.calls().filter(kind="model", sends__gt=1).exists(), "Valkey decides nothing"


@OURS
def test_answers_of_commits_are_lost(stack: Stack, site: Site) -> None:
    cutter = CommitCutter(settings.DATABASES["default"]["HOST"])
    try:
        with stack.restarted(stack.worker, DATABASE_URL=cutter.url(APP_ROLE, settings.DATABASES["default"]["NAME"])):
            feast = Feast(stack, site)
            feast.cook(RUNS)
            cutter.chance = 0.1
            feast.wait_for_calls(RUNS * ASKED * 3 // 4)
            cutter.chance = 0.0
            feast.check({})
    finally:
        cutter.close()
    assert cutter.cuts > 10
    print(f"{cutter.cuts} answers of commits were lost")


@pytest.mark.parametrize("minutes", [10, -10])
def test_the_clock_of_a_worker_is_wrong(stack: Stack, site: Site, second: Part, minutes: int) -> None:
    """One of two: it takes nothing too early or too late, and gives up nobody's steps."""
    with beside(another_worker(stack, "shifted", CLOCK_SHIFT=str(minutes * 60), PYTHONPATH=SHIFTED)) as shifted:
        second.stop()
        feast = Feast(stack, site)
        feast.cook(RUNS)
        feast.wait_for_calls(RUNS * ASKED // 3)
        stack.worker.kill()
        finished = feast.finished()
        feast.wait_for_calls(RUNS * ASKED * 2 // 3)
        stack.worker.start()
        feast.check(finished)
        assert shifted.process is not None
        assert shifted.process.poll() is None


SHIFTED = os.path.join(os.path.dirname(__file__), "shifted_clock")


def test_runs_are_stopped_at_the_moment_of_death(stack: Stack, site: Site, second: Part) -> None:
    feast = Feast(stack, site)
    feast.cook(RUNS)
    feast.wait_for_calls(RUNS * ASKED // 3)
    stopped = feast.dice.sample(feast.runs, RUNS // 2)
    killing = threading.Thread(target=_kill, args=(stack.worker, second))
    killing.start()
    cancelled = [one for one in stopped if _cancelled(feast.cast, one)]
    killing.join()
    finished = feast.finished()
    stack.worker.start()
    second.start()
    feast.check(finished, cancelled=len(cancelled))


def _kill(*parts: Part) -> None:
    for one in parts:
        one.kill()


def _cancelled(cast: Cast, run: Execution) -> bool:
    """Stop a run; whether it was live until then."""
    try:
        runs.cancel(execution=run, user=cast.owner)
    except Exception:  # over already
        return False
    return Execution.objects.get(pk=run.pk).status == "cancelled"


def test_approvals_are_given_at_the_moment_of_death(stack: Stack, second: Part) -> None:
    room = Room(stack)
    first = room.waiting()
    made = [first, *(room.cast.cook(first.recipe) for _ in range(9))]  # type: ignore[arg-type]
    pending = Approval.objects.filter(workspace=room.cast.workspace, status="pending")
    wait_for(lambda: pending.count() == 10)
    killing = threading.Thread(target=_kill, args=(stack.worker, second))
    killing.start()
    for approval in list(pending):
        approvals.decide(workspace=room.cast.workspace, approval_id=approval.pk, user=room.cast.owner, approve=True)
    killing.join()
    stack.worker.start()
    second.start()
    assert [ended(one).status for one in made] == ["completed"] * 10
    for one in made:
        assert_numbered_without_gap(one)


def test_web_is_killed_with_sixty_viewers(stack: Stack, site: Site, second: Part) -> None:
    """Each comes back with the number of the last event that it saw, and has all of them once."""
    feast = Feast(stack, site)
    feast.cook(20)
    cookie = cookie_of(feast.cast.owner)
    seen: Seen = {}
    threads = [
        threading.Thread(target=_watch, args=(stack, feast.cast, run, cookie, seen, (run.pk, number)))
        for run in feast.runs
        for number in range(3)
    ]
    for one in threads:
        one.start()
    for part in (1, 2):
        feast.wait_for_calls(part * 20 * ASKED // 3)
        stack.web.kill()
        stack.web.start()
        stack.wait_ready()
    feast.check({})
    for one in threads:
        one.join(120)
    for (run, _), numbers in seen.items():
        types = dict(Event.objects.filter(execution=run).values_list("seq", "type"))
        assert numbers == list(range(1, len(numbers) + 1)), "an event is missing or came twice"
        assert "execution.completed" in [types[number] for number in numbers]
    assert len(seen) == 60


def _watch(stack: Stack, cast: Cast, run: Execution, cookie: dict[str, str], seen: Seen, key: tuple[UUID, int]) -> None:
    """Read a run's events to its end, over as many connections as it takes; their numbers go to `seen`."""
    numbers: list[int] = []
    until = time.monotonic() + 600
    while time.monotonic() < until:
        after = numbers[-1] if numbers else 0
        try:
            with watching(stack, cast, run.pk, after, **cookie) as socket:
                while True:
                    message = json.loads(socket.recv(timeout=120))
                    if "seq" in message:
                        numbers.append(message["seq"])
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code == 1000:
                break
        except (OSError, WebSocketException, TimeoutError):
            pass
        time.sleep(0.2)
    seen[key] = numbers
