"""A worker that starts before its database waits for it, says so, and ends at once when it is told to."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automatos.local.addresses import PROJECT
from automatos.testing import free_port
from automatos.waiting import wait_for_database


@pytest.mark.django_db
def test_it_goes_on_at_once_where_the_database_answers(caplog: pytest.LogCaptureFixture) -> None:
    wait_for_database()
    assert not caplog.records


@pytest.mark.slow
def test_a_worker_without_its_database_waits_without_an_error_and_stops(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POSTGRES_", "REDIS_"))}
    environment = {
        **kept,
        "DATA": str(tmp_path),
        "DATABASE_URL": f"postgresql://automatos:x@127.0.0.1:{free_port()}/automatos",
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CREDENTIALS_KEYS": f"a:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }
    log = tmp_path / "log"
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "automatos", "worker", "-P", "threads"]
    with log.open("wb") as output:
        worker = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 120
        while "Waiting for the database: " not in log.read_text() and time.monotonic() < deadline:
            assert worker.poll() is None, log.read_text()
            time.sleep(0.2)
        time.sleep(3)
        assert log.read_text().count("Waiting for the database: ") == 1
        worker.send_signal(signal.SIGTERM)
        worker.wait(10)
    finally:
        worker.kill()
        worker.wait()
    assert "ERROR" not in log.read_text()
