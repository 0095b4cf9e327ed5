"""Skills from a git repository: a branch, a tag or a commit, pinned, by https and nothing else."""

import pytest

from agents.tests.git_kit import GitServer, commit, git
from automatos.errors import InvalidInput
from automatos.skill_format.difference import difference
from automatos.skill_format.discovery import discover
from automatos.skill_format.repository import fetched, newest_commit
from automatos.skill_format.skill import Found
from automatos.skill_format.snapshot import from_repository, from_upload

PDF = "---\nname: pdf\ndescription: Fill in PDF forms.\n---\n# Steps\nRead forms.md."
FILES = {"skills/pdf/SKILL.md": PDF, "skills/pdf/forms.md": "Forms.", "README.md": "Hello"}


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


def test_an_update_is_noticed_without_a_fetch_and_shown_before_it_is_taken(server: GitServer) -> None:
    network, url = server.network(), server.url("kitchen.git")
    commit(server.root / "kitchen.git", FILES)
    old = from_repository(url, network=network)
    assert newest_commit(url, network=network) == old.commit
    made = commit(server.root / "kitchen.git", {**FILES, "skills/pdf/forms.md": "Better forms."})
    server.asked.clear()
    assert newest_commit(url, "main", network=network) == made
    assert len(server.asked) == 2
    new = from_repository(url, made, network=network)
    (changed,) = difference(old.found.skills, new.found.skills).changed
    assert [(file.path, file.kind) for file in changed.files] == [("forms.md", "changed")]
    assert (old.texts_of(changed.before), new.texts_of(changed.after)) == (
        {"forms.md": "Forms."},
        {"forms.md": "Better forms."},
    )


def test_the_newest_commit_of_a_tag_is_what_it_stands_for(server: GitServer) -> None:
    folder, network = server.root / "kitchen.git", server.network()
    made = commit(folder, FILES)
    git(folder, "tag", "-m", "x", "v1", made)
    git(folder, "branch", "x/v2", made)
    assert newest_commit(server.url("kitchen.git"), "v1", network=network) == made
    assert newest_commit(server.url("kitchen.git"), "refs/tags/v1", network=network) == made
    assert newest_commit("https://nobody.example/x", "1" * 40, network=network) == "1" * 40
    with pytest.raises(InvalidInput, match="no branch or tag v2"):
        newest_commit(server.url("kitchen.git"), "v2", network=network)


def test_an_upload_is_read_like_a_repository() -> None:
    snapshot = from_upload(PDF.encode(), "SKILL.md")
    assert (snapshot.commit, [skill.name for skill in snapshot.found.skills], snapshot.files) == ("", ["pdf"], {})
