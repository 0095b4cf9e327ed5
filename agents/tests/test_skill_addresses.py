"""Which addresses and refs git is given at all: public, https, and nothing git could read as an option or a command."""

import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents.tests.git_kit import GitServer, commit, git
from automatos.errors import InvalidInput, Unavailable
from automatos.private_hosts import PrivateHosts
from automatos.skill_format import git as git_module
from automatos.skill_format.repository import Network, fetched, repository_name

PUBLIC = "https://skills.example/owner/kitchen"
FULL_HOUSE = "This is not the name of a branch, a tag or a full commit (at most 200 characters, no blanks)."


def leading_to(*addresses: str) -> Network:
    """A network in which every name leads to these addresses, and no private one is allowed."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return Network(resolve=resolve, private=PrivateHosts())


def refused(url: str, ref: str = "", network: Network | None = None) -> dict[str, list[str]]:
    began = time.monotonic()
    with pytest.raises(InvalidInput) as caught, fetched(url, ref, network=network or leading_to("93.184.216.34")):
        pass
    # Nothing answers at that address, so git would have waited longer.
    assert time.monotonic() - began < 5, "git was started"
    return caught.value.fields


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% /tmp/owned",
        "file:///etc",
        "/etc",
        "../kitchen.git",
        "http://skills.example/owner/kitchen",
        "git://skills.example/kitchen",
        "ftp://skills.example/kitchen",
        "https::ext::sh",
        "--upload-pack=touch /tmp/owned",
        "-oProxyCommand=touch",
        "https://user:secret@skills.example/owner/kitchen",
        "https://token@skills.example/owner/kitchen",
        "https://skills.example/",
        "https://skills.example/owner/kitchen?x=1",
        "https://skills.example/owner/kitchen#main",
        "https://skills.example/owner/kit chen",
        "https://skills.example/owner/kitchen\nhttps://skills.example/other",
        "https://skills.example\\@127.0.0.1/kitchen",
        "https://skills.example:99999/kitchen",
        "https:///kitchen",
        "https://",
        "",
        "https://skills.example/" + "x" * 500,
    ],
)
def test_only_a_plain_https_address_is_taken(url: str) -> None:
    assert list(refused(url)) == ["url"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "0.0.0.0"],
)
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    fields = refused(PUBLIC, network=leading_to("93.184.216.34", address))
    assert fields == {"url": ["skills.example leads to a private address; only public addresses may be reached."]}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "kitchen.local", "metadata"]
)
def test_a_private_host_is_refused_however_it_is_written(host: str) -> None:
    assert list(refused(f"https://{host}/owner/kitchen")) == ["url"]


@pytest.mark.parametrize(
    "ref",
    ["--upload-pack=x", "-x", "main:refs/heads/x", "+main", "a b", "a..b", "a@{1}", "a^{tree}", "*", "x.lock", "a//b",
     "a\nb", "../x", "refs/", "x" * 201, "a~1", "a?b", "a[b", "a\\b", "\u202ea"],
)  # fmt: skip
def test_a_ref_that_git_could_read_as_more_than_a_name_is_refused(ref: str) -> None:
    assert refused(PUBLIC, ref) == {"ref": [FULL_HOUSE]}


def test_other_ways_to_name_a_repository_are_answered_with_the_right_one() -> None:
    assert "at https://github.com/owner/kitchen." in refused("git@github.com:owner/kitchen")["url"][0]
    assert "at https://host.org/owner/kitchen." in refused("ssh://git@host.org:22/owner/kitchen")["url"][0]
    page = refused("https://github.com/owner/kitchen/tree/main/skills/pdf")["url"][0]
    assert page == (
        "This is a page in a repository: write https://github.com/owner/kitchen, with main as branch or tag and "
        "skills/pdf as folder."
    )


def test_what_is_not_there_is_said_with_the_field_to_mend(server: GitServer) -> None:
    commit(server.root / "kitchen.git", {"SKILL.md": "x"})
    git(server.root, "init", "--quiet", "--bare", "empty.git")
    network = server.network()

    def said(name: str, ref: str = "") -> dict[str, list[str]]:
        with pytest.raises(InvalidInput) as caught, fetched(server.url(name), ref, network=network):
            pass
        return caught.value.fields

    assert said("kitchen.git", "dinner") == {"ref": ["The repository has no branch or tag dinner. Check the spelling."]}
    blob = git(server.root / "kitchen.git", "rev-parse", "main:SKILL.md")
    git(server.root / "kitchen.git", "tag", "file", blob)
    assert said("kitchen.git", "file") == {"ref": ["file is not a commit. Name a branch, a tag or a commit."]}
    assert said("kitchen.git", "1" * 40)["ref"][0].startswith(f"The repository has no commit {'1' * 40}")
    assert said("missing.git")["url"][0].startswith("There is no public repository at this address.")
    assert said("empty.git") == {"ref": ["The repository is empty."]}


def test_a_server_that_is_down_is_worth_another_try() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = GitServer(root=Path(), port=closed.getsockname()[1])
        attempt = fetched(nobody.url("x.git"), network=nobody.network())
        with pytest.raises(Unavailable, match="does not answer") as caught, attempt:
            pass
    assert caught.value.retryable


def test_a_machine_without_git_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    git_module.git_program.cache_clear()
    with (
        pytest.raises(Unavailable, match="git command, which is not installed"),
        fetched(PUBLIC, network=leading_to("1.1.1.1")),
    ):
        pass


def test_a_repository_is_called_by_the_end_of_its_address() -> None:
    assert repository_name("https://github.com/owner/kitchen.git") == "kitchen"
    assert repository_name("https://github.com/owner/kitchen/") == "kitchen"
