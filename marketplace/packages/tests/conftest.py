"""A git server for intake from repositories."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.tests.git_kit import GitServer, git_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    """A git server of this test's own."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so packages from repositories are not tested")
    (tmp_path / "served").mkdir()
    with git_server(tmp_path / "served") as running:
        yield running
