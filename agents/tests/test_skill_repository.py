"""Skills from a git repository: a branch, a tag or a commit, pinned, by https and nothing else."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.skills.discovery import discover
from agents.skills.repository import fetched
from agents.skills.skill import Found
from agents.tests.git_kit import GitServer, commit, git, git_server

PDF = "---\nname: pdf\ndescription: Fill in PDF forms.\n---\n# Steps\nRead forms.md."
FILES = {"skills/pdf/SKILL.md": PDF, "skills/pdf/forms.md": "Forms.", "README.md": "Hello"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    (tmp_path / "served").mkdir()
    (tmp_path / "fetched").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "fetched"))
    with git_server(tmp_path / "served") as running:
        yield running


def found(server: GitServer, name: str, ref: str = "") -> tuple[str, Found]:
    with fetched(server.url(name), ref, network=server.network()) as tree:
        return tree.commit, discover(tree)


def test_the_default_branch_is_fetched_and_its_commit_pinned(server: GitServer) -> None:
    made = commit(server.root / "kitchen.git", FILES)
    at, result = found(server, "kitchen.git")
    assert at == made
    assert [(skill.name, skill.path) for skill in result.skills] == [("pdf", "skills/pdf")]
    assert [(file.path, file.size, file.kind) for file in result.skills[0].resources] == [("forms.md", 6, "text")]
    assert result.skills[0].body == "# Steps\nRead forms.md."


@pytest.mark.parametrize("how", ["branch", "tag", "annotated tag", "commit", "old commit", "full name"])
def test_a_ref_may_be_any_name_of_a_commit(server: GitServer, how: str) -> None:
    folder = server.root / "kitchen.git"
    first = commit(folder, FILES)
    second = commit(folder, {**FILES, "skills/pdf/SKILL.md": PDF + "more"}, branch="feature/new")
    git(folder, "tag", "v1", first)
    git(folder, "tag", "-m", "x", "v2", second)
    ref, expected = {
        "branch": ("feature/new", second),
        "tag": ("v1", first),
        "annotated tag": ("v2", second),
        "commit": (second.upper(), second),
        "old commit": (first, first),
        "full name": ("refs/heads/main", first),
    }[how]
    assert found(server, "kitchen.git", ref)[0] == expected
