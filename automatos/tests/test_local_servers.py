"""The embedded servers, through the commands and the suite's own fixtures."""

import contextlib
import os
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest
import redis
from django.conf import settings
from django.db import connection

from automatos.local import servers
from automatos.local.addresses import addresses
from automatos.local.keeper import State, read_state
from automatos.testing import NetworkCut


@pytest.mark.django_db
def test_the_database_is_postgresql_18_with_pgvector() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, '[1,2]'::vector::text")
        assert cursor.fetchone() == (18, "[1,2]")


def test_the_queue_answers() -> None:
    assert redis.Redis.from_url(settings.REDIS_URL).ping()


def test_no_test_can_reach_another_machine() -> None:
    with pytest.raises(NetworkCut):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="automatos-servers-"))
    yield path
    rmtree(path, ignore_errors=True)


def keeper_of(folder: Path) -> State:
    state = read_state(addresses(folder))
    assert state
    return state


def test_servers_are_shared_and_stop_with_the_last_user(folder: Path) -> None:
    first = servers.hold(folder, ["valkey"])
    keeper = keeper_of(folder)
    second = servers.hold(folder, ["valkey"])
    assert (first.started_here, second.started_here) == (True, False)
    first.release()
    assert keeper.alive()
    second.release()
    assert not keeper.alive()


def test_a_killed_server_is_started_again(folder: Path) -> None:
    held = servers.hold(folder, ["valkey"], temporary=True)
    client = redis.Redis.from_url(addresses(folder).redis_url)
    pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(redis.ConnectionError):
            assert client.info("server")["process_id"] != pid
            break
        time.sleep(0.05)
    else:
        pytest.fail("Valkey did not come back.")
    held.release()
    assert not folder.exists()


def test_a_user_with_other_settings_is_told_so(folder: Path) -> None:
    held = servers.hold(folder, ["valkey"])
    with pytest.raises(servers.ServersFailed, match="run without postgres"):
        servers.hold(folder, ["postgres", "valkey"])
    held.release()


def test_a_data_folder_that_is_a_file_is_named_with_the_cure(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(servers.ServersFailed, match="set DATA to one you own"):
        servers.hold(folder / "file", ["valkey"])
