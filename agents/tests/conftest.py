"""What several tests of agents stand on."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.tests.git_kit import GitServer, git_server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where fetches of this test keep their files."""
    (tmp_path / "fetched").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "fetched"))
    return tmp_path / "fetched"


@pytest.fixture
def server(tmp_path: Path, folder: Path) -> Iterator[GitServer]:
    """A git server of this test's own."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so skills from repositories are not tested")
    (tmp_path / "served").mkdir()
    with git_server(tmp_path / "served") as running:
        yield running
