"""A wrong or missing master key stops the start with the cure, before anything is touched."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from automatos import env, master_keys
from automatos.local import commands
from automatos.local.addresses import PROJECT
from automatos.master_keys import MasterKey, MasterKeys
from automatos.testing import Stack, free_port
from workspaces.credentials import master_key
from workspaces.tests.credential_kit import made, stocked_company

OLD, OTHER = MasterKey("old", b"o" * 32), MasterKey("old", b"x" * 32)
WRITTEN = base64.b64encode(b"n" * 32).decode()


def keys(*found: MasterKey) -> MasterKeys:
    return MasterKeys(found, "CREDENTIALS_KEYS")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (WRITTEN, "has no id"),
        (f":{WRITTEN}", "has no id"),
        (f"k 1:{WRITTEN}", "has no id"),
        (f"k1:{WRITTEN[:-4]}", "of 30 bytes; it takes 32"),
        ("k1:not*base64", "not base64"),
        (f"k1:{WRITTEN},k1:{WRITTEN}", "names two keys the same"),
        (",", "holds no key"),
    ],
)
def test_nonsense_is_named_with_the_cure_and_never_repeated(text: str, problem: str) -> None:
    with pytest.raises(env.EnvError) as stopped:
        master_keys.parse(text, "CREDENTIALS_KEYS")
    told = str(stopped.value)
    assert told.startswith("CREDENTIALS_KEYS ")
    assert problem in told
    assert "id:key, newest first" in told or "id of its own" in told
    assert WRITTEN[:20] not in told
    assert "not*base64" not in told


def test_a_key_is_made_once_for_the_embedded_database_and_only_its_owner_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_KEYS", raising=False)
    path = tmp_path / "new" / "credentials_key"
    first = master_keys.read(path, make=True)
    assert master_keys.read(path, make=True) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["credentials_key"]
    assert str(first.newest.secret) not in repr(first)


def test_with_a_database_of_ones_own_a_key_is_demanded() -> None:
    ended = run(
        [sys.executable, "manage.py", "migrate"], DATABASE_URL="postgresql://localhost/none", CREDENTIALS_KEYS=""
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("CREDENTIALS_KEYS is not set.")
    assert "os.urandom(32)" in ended.stderr


def test_a_printed_command_makes_a_key_that_works() -> None:
    line = run(["sh", "-c", master_keys.MAKE_ONE.replace("python ", f"{sys.executable} ", 1)]).stdout.strip()
    assert master_keys.parse(line, "CREDENTIALS_KEYS")[0].id == "k1"


@pytest.fixture
def sealed_under_old(settings: Any, db: None) -> None:
    # Asked once in a process, on a connection of its own: later it would wait for this transaction, and this for it.
    master_key.check_before_sealing()
    settings.CREDENTIALS_KEYS = keys(OLD)
    master_key.check(note=True)
    made(stocked_company().admin)


@pytest.mark.usefixtures("sealed_under_old")
@pytest.mark.parametrize("command", ["migrate", "seed", "check_master_key", "rotate_credentials"])
def test_another_key_of_the_same_name_stops_every_command(settings: Any, command: str) -> None:
    settings.CREDENTIALS_KEYS = keys(OTHER)
    with pytest.raises(SystemExit, match="'old' is not the one this database was sealed under") as stopped:
        call_command(command)
    assert stopped.value.code != 0


@pytest.mark.usefixtures("sealed_under_old")
def test_a_missing_key_stops_as_long_as_it_is_needed(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = keys(MasterKey("new", b"n" * 32))
    with pytest.raises(SystemExit, match="1 credentials are sealed under the master key 'old'") as stopped:
        call_command("check_master_key")
    assert "as old:…, and run manage.py rotate_credentials" in str(stopped.value)
    settings.CREDENTIALS_KEYS = keys(MasterKey("new", b"n" * 32), OLD)
    call_command("rotate_credentials", verbosity=0)
    settings.CREDENTIALS_KEYS = keys(MasterKey("new", b"n" * 32))
    call_command("check_master_key")


@pytest.mark.django_db
def test_the_check_leaves_no_way_into_other_workspaces_behind(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = keys(OLD)
    master_key.check(note=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM key_checks WHERE key_id = 'old'")
        assert cursor.fetchone()[0] == 1


def test_a_start_does_not_wait_for_a_database_that_is_not_there(tmp_path: Path) -> None:
    ended = run([sys.executable, "-c", "import automatos.asgi"], DATA=str(tmp_path), DATABASE_URL="")
    assert ended.returncode == 0, ended.stderr
    assert "The master keys are checked later, the database does not answer" in ended.stderr
    # What the pool says once it gives up, after 20 seconds.
    assert "couldn't get a connection" not in ended.stderr


def test_web_and_worker_do_not_start_with_a_wrong_key(stack: Stack) -> None:
    """The key of this installation's name with other bytes: each process ends with the sentence, and serves nothing."""
    wrong = f"tests:{WRITTEN}"
    for command in (commands.web(free_port()), commands.worker()):
        ended = run(command, **{**stack.web.environment, "CREDENTIALS_KEYS": wrong})
        assert ended.returncode == 1, ended.stderr[-2000:]
        assert "key 'tests' is not the one this database was sealed under" in ended.stderr
        assert WRITTEN not in ended.stderr + ended.stdout


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
