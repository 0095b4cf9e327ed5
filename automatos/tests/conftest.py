"""The world of the isolation tests: two workspaces with everything in them."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings

from automatos.tests import isolation_report
from workspaces.credentials.types import seed_credential_types
from workspaces.tests.matrix import World


@pytest.fixture
def calm(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit of requests; and what streams and sockets ask the database stays in the test's transaction."""
    settings.API_RATE_LIMIT = 0
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    seed_credential_types()


@pytest.fixture
def world(calm: None) -> World:
    """Everybody and everything there is, in a transaction that is taken back."""
    return World()


@pytest.fixture
def quiet_database(db: None) -> Iterator[None]:
    """PostgreSQL has no error to note, whatever a client sends: an error holds words of whoever caused it."""
    log = Path(os.environ["DATA"]) / "logs" / "postgres.log"
    before = log.stat().st_size if settings.EMBEDDED_DATABASE else 0
    yield
    if settings.EMBEDDED_DATABASE:
        with log.open("rb") as text:
            text.seek(before)
            assert [line for line in text.read().decode(errors="replace").splitlines() if "ERROR:" in line] == []


@pytest.fixture
def report(record_property: Any) -> isolation_report.Report:
    """Call it at the end."""

    def told(world: World, what: str, number: int) -> None:
        leaks = Counter(world.leaks)
        numbers = {"tried": number, "requests": world.requests, "leaks": len(leaks)}
        record_property(isolation_report.NAME, {"what": what, "numbers": numbers})
        assert not leaks, "\n".join(leaks)

    return told


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What all parts tried together."""
    done = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    if found := isolation_report.lines(report for report in done if report.when == "call"):
        terminalreporter.section("isolation")
        terminalreporter.write("\n".join(found) + "\n")
