"""Redis and PostgreSQL die during a run and come back: nothing is lost, nothing is stuck."""

import os
import signal
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connection, connections

from automatos import events
from automatos.testing import Stack
from recipes.models import Call, Execution
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, wait_for
from recipes.tests.test_socket import durable, read_to_end, recorded, watching

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (settings.EMBEDDED_DATABASE and settings.EMBEDDED_REDIS), reason="stops only servers that the suite started"
    ),
]


@pytest.fixture
def cast(stack: Stack) -> Iterator[Cast]:
    stack.models.clear()
    yield Cast()
    stack.wait_ready()


def kill_valkey() -> None:
    pid = int((settings.LOCAL.run / "valkey.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: _valkey_pid() not in (0, pid) and _answers(), 30, "Valkey did not come back")


def _valkey_pid() -> int:
    try:
        return int((settings.LOCAL.run / "valkey.pid").read_text())
    except (OSError, ValueError):
        return 0


def _answers() -> bool:
    try:
        return bool(events.sync_client().ping())
    except redis.RedisError:
        return False


def crash_postgres() -> None:
    """An immediate shutdown, as after a power cut: every connection breaks, recovery runs at the next start."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        lines = open(f"{cursor.fetchone()[0]}/postmaster.pid").read().splitlines()  # noqa: SIM115
    os.kill(int(lines[0]), signal.SIGQUIT)
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    wait_for(_connects, 30, "PostgreSQL did not come back")


def _connects() -> bool:
    try:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_postmaster_start_time() > now() - interval '30 s'")
    except OperationalError:
        connection.close_pool()  # type: ignore[attr-defined]
        return False
    return True


def test_a_run_goes_on_when_redis_is_killed_in_a_step(stack: Stack, cast: Cast) -> None:
    held = stack.models.hold("first", after_chunks=1)
    execution = cast.cook(cast.recipe("first", "second"))
    held.wait_for_requests(1)
    kill_valkey()
    held.release()
    assert ended(execution).status == "completed"
    assert set(Call.objects.filter(step__execution=execution).values_list("sends", flat=True)) == {1}


def test_a_run_started_while_redis_is_away_is_found_by_the_poll(stack: Stack, cast: Cast) -> None:
    recipe = cast.recipe("only")
    os.kill(_valkey_pid(), signal.SIGKILL)
    execution = cast.cook(recipe)
    assert ended(execution).status == "completed"
    wait_for(_answers)


def test_a_viewer_who_comes_while_redis_is_away_misses_nothing(stack: Stack, cast: Cast) -> None:
    words = [f"word{number} " for number in range(100)]
    held = stack.models.hold("first", chunks=words, chunk_delay=0.07, after_chunks=1)
    execution = cast.cook(cast.recipe("first"))
    held.wait_for_requests(1)
    os.kill(_valkey_pid(), signal.SIGKILL)
    with watching(stack, cast, execution.id) as viewer:
        wait_for(_answers)
        held.release()
        messages, code = read_to_end(viewer)
    assert code == 1000
    assert durable(messages) == recorded(execution)
    assert any(message["type"] == "text" for message in messages), "text streams again once Redis is back"


def test_a_finished_call_is_not_paid_again_when_postgres_crashes_meanwhile(stack: Stack, cast: Cast) -> None:
    held = stack.models.hold("first")
    execution = cast.cook(cast.recipe("first", "second"))
    held.wait_for_requests(1)
    crash_postgres()
    held.release()
    assert ended(execution).status == "completed"
    assert_numbered_without_gap(execution)
    assert stack.models.count("second") == 1
    assert Execution.objects.get(id=execution.id).total_steps == Call.objects.filter(step__execution=execution).count()
