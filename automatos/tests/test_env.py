"""Nonsense in the environment stops the start with the variable's name and the cure."""

import os
import subprocess
import sys

import pytest

from automatos.local.addresses import PROJECT


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("DEBUG", "maybe", "Write true or false."),
        ("DATABASE_POOL", "many", "Write a whole number from 1 to 500."),
        ("DATABASE_POOL", "0", "Write a whole number from 1 to 500."),
        ("WORKSPACE_ID", "first", "Write a UUID or remove the variable."),
        ("DATABASE_URL", "mysql://x", "It has to start with postgres:// or postgresql://."),
        ("REDIS_URL", "localhost:6379", "It has to start with redis:// or rediss:// or unix://."),
        ("API_RATE_LIMIT", "-1", "Write a whole number from 0 to 1000000."),
        ("ORCHESTRATOR_API_KEY", "short", "for example from `openssl rand -hex 24`."),
        ("ORCHESTRATOR_API_KEY_ROLE", "owner", "Write viewer, editor or admin."),
        ("REQUIRE_AUTH", "perhaps", "Write true or false."),
        ("PORT", "80000", "Write a whole number from 1 to 65535."),
        (
            "OUTSIDE_PRIVATE_HOSTS",
            "wiki.local, http://x",
            "Write host, host:port, an address or a network such as 10.1.0.0/16, separated by commas.",
        ),
    ],
)
def test_nonsense_stops_the_start_with_name_and_cure(name: str, value: str, cure: str) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=PROJECT,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(name)
    assert ended.stderr.strip().endswith(cure)
    assert "Traceback" not in ended.stderr
