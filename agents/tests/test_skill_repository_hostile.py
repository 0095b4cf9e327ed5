"""Repositories that mean harm are refused in bounded time and space, and leave nothing behind."""

import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random

import pytest

from agents.tests.git_kit import SUBMODULE, GitServer, Special, backend, commit, git, link, measured
from automatos.errors import AppError, InvalidInput, Unavailable
from automatos.skill_format.discovery import discover
from automatos.skill_format.git import Limits
from automatos.skill_format.repository import fetched
from automatos.skill_format.skill import Found

PDF = "---\nname: pdf\ndescription: Fill in PDF forms.\n---\nRead forms.md."
MEGABYTE = 1_000_000
# Little room, but time enough for a machine that has better things to do: only slow servers are to look slow.
SMALL = Limits(seconds=60, idle_seconds=30, disk_bytes=5 * MEGABYTE, memory_bytes=300 * MEGABYTE)
# Seconds that killing git and removing its files may take on such a machine.
TIDYING = 20


def found(server: GitServer, name: str, ref: str = "", limits: Limits = SMALL) -> Found:
    with fetched(server.url(name), ref, limits=limits, network=server.network()) as tree:
        return discover(tree)


def refusal(server: GitServer, folder: Path, name: str, limits: Limits = SMALL) -> AppError:
    """The error of a fetch that must fail, after checking what it cost."""
    with measured(folder) as cost, pytest.raises(AppError) as caught:
        found(server, name, limits=limits)
    assert cost.seconds < limits.seconds + TIDYING, cost
    assert cost.peak_bytes < 2 * limits.disk_bytes, cost
    return caught.value


def test_a_huge_repository_is_cut_off(server: GitServer, folder: Path) -> None:
    commit(server.root / "huge.git", {"SKILL.md": PDF, "film.bin": Random(1).randbytes(12 * MEGABYTE)})
    error = refusal(server, folder, "huge.git")
    assert (error.message, list(error.fields)) == (
        "The repository is larger than 5 MB. Put its skills into a smaller one.",
        ["url"],
    )


def test_a_bomb_stays_packed(server: GitServer, folder: Path) -> None:
    zeros = bytes(20 * MEGABYTE)
    commit(server.root / "bomb.git", {"SKILL.md": PDF, "a.bin": zeros, "b/SKILL.md": zeros, "c.txt": "c"})
    with measured(folder) as cost:
        result = found(server, "bomb.git")
    assert cost.seconds < SMALL.seconds
    assert cost.peak_bytes < 5 * MEGABYTE
    assert [file.path for file in result.skills[0].resources] == ["c.txt"]
    assert "a.bin is larger than 10,000,000 bytes and left out." in result.skills[0].warnings
    assert [one.reason for one in result.skipped] == ["It has 20,000,000 bytes, and at most 262,144 are read."]


def test_a_tree_of_ten_billion_files_is_not_walked(server: GitServer, folder: Path) -> None:
    made = commit(server.root / "trees.git", {"SKILL.md": PDF})
    repository = server.root / "trees.git"
    blob = git(repository, "rev-parse", f"{made}:SKILL.md")
    line = f"100644 blob {blob}"
    for _ in range(10):
        tree = git(repository, "mktree", given="".join(f"{line}\td{n}\n" for n in range(10)).encode())
        line = f"040000 tree {tree}"
    git(repository, "update-ref", "refs/heads/main", git(repository, "commit-tree", "-m", "x", tree))
    error = refusal(server, folder, "trees.git", Limits(seconds=60))
    assert error.message == "The repository has over 20,000 files. Put its skills into a smaller one."


def test_links_and_submodules_are_left_where_they_are(server: GitServer, folder: Path) -> None:
    files: dict[str, str | Special] = {
        "skills/pdf/SKILL.md": PDF,
        "skills/pdf/passwd": link("/etc/passwd"),
        "skills/away/SKILL.md": link("../../../../etc/passwd"),
        "vendor/other": SUBMODULE,
        ".gitmodules": f'[submodule "other"]\n\tpath = vendor/other\n\turl = {server.url("secret.git")}\n',
        ".gitattributes": "* filter=lfs diff=lfs merge=lfs",
    }
    commit(server.root / "links.git", files)
    with measured(folder):
        result = found(server, "links.git")
    assert [skill.path for skill in result.skills] == ["skills/pdf"]
    assert result.skills[0].resources == ()
    assert result.skills[0].warnings == ("skills/pdf/passwd is a symbolic link and not followed.",)
    assert result.warnings == (
        "vendor/other is a git submodule and left out.",
        "skills/away/SKILL.md is a symbolic link and not followed.",
    )
    assert not [path for path in server.asked if "secret" in path]


def test_names_that_lead_out_of_the_repository_refuse_it_whole(server: GitServer, folder: Path) -> None:
    made = commit(server.root / "climb.git", {"SKILL.md": PDF})
    repository = server.root / "climb.git"
    blob = git(repository, "rev-parse", f"{made}:SKILL.md")
    raw = b"100644 SKILL.md\0" + bytes.fromhex(blob)
    inner = git(repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=raw)
    raw = b"40000 ..\0" + bytes.fromhex(inner)
    tree = git(repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=raw)
    git(repository, "update-ref", "refs/heads/main", git(repository, "commit-tree", "-m", "x", tree))
    assert "leads out of it" in refusal(server, folder, "climb.git").message


def test_names_that_collide_or_cannot_be_shown_are_left_out(server: GitServer, folder: Path) -> None:
    commit(server.root / "names.git", {"SKILL.md": PDF, "A.md": "1", "a.md": "2", "x\\y.md": "3", "caf\u00e9.md": "4"})
    with measured(folder):
        result = found(server, "names.git")
    assert [file.path for file in result.skills[0].resources] == ["A.md", "caf\u00e9.md"]
    assert len(result.warnings) == 2


def never(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(40)


def trickle(handler: BaseHTTPRequestHandler) -> None:
    head(handler, 200, **{"Content-Type": "application/x-git-upload-pack-advertisement"})
    for _ in range(200):
        handler.wfile.write(b"0")
        time.sleep(0.05)


def steady(handler: BaseHTTPRequestHandler) -> None:
    """Fast enough never to look idle."""
    head(handler, 200, **{"Content-Type": "application/x-git-upload-pack-advertisement"})
    for _ in range(800):
        handler.wfile.write(b"001e# service=git-upload-pack\n" * 20)
        time.sleep(0.05)


def endless(handler: BaseHTTPRequestHandler) -> None:
    head(handler, 200, **{"Content-Type": "application/x-git-upload-pack-advertisement"})
    handler.wfile.write(b"001e# service=git-upload-pack\n0000")
    while True:
        handler.wfile.write(b"003f1234567890123456789012345678901234567890 refs/heads/abcdefgh\n" * 1000)


def head(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.close_connection = True
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


@pytest.mark.parametrize("answer", [never, trickle, steady])
def test_a_slow_server_is_given_up(server: GitServer, folder: Path, answer: object) -> None:
    server.answers["/slow.git"] = answer  # type: ignore[assignment]
    error = refusal(server, folder, "slow.git", Limits(seconds=4, idle_seconds=2, disk_bytes=5 * MEGABYTE))
    assert isinstance(error, Unavailable)
    assert error.code == "repository_too_slow"


def test_a_server_that_never_ends_its_list_of_refs_is_given_up(server: GitServer, folder: Path) -> None:
    server.answers["/endless.git"] = endless
    assert "larger than" in refusal(server, folder, "endless.git").message


def flood(handler: BaseHTTPRequestHandler, line: bytes) -> None:
    """Answer a fetch with endless messages, which go by the protocol's second channel and on to git's stderr.

    Those without an end of line git gathers in memory.
    """
    head(handler, 200, **{"Content-Type": "application/x-git-upload-pack-result"})
    handler.wfile.write(b"000dpackfile\n")
    many = b"%04x\2%s" % (len(line) + 5, line) * 100
    for _ in range(10_000):
        handler.wfile.write(many)


@pytest.mark.parametrize("line", [b"spam " * 180 + b"\n", b"spam " * 180])
def test_a_server_that_never_stops_talking_is_cut_off(server: GitServer, folder: Path, line: bytes) -> None:
    commit(server.root / "flood.git", {"SKILL.md": PDF})

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.rfile.read(int(handler.headers["Content-Length"]))
        if b"command=fetch" in asked:
            flood(handler, line)
        else:
            backend(handler, server.root, asked)

    server.answers["/flood.git/git-upload-pack"] = answer
    assert "larger than 5 MB" in refusal(server, folder, "flood.git").message


@pytest.mark.parametrize(
    "location", ["https://127.0.0.1:{port}/secret.git/info/refs", "http://127.0.0.1:{port}/", "file:///etc/passwd"]
)
def test_a_redirect_is_not_followed(server: GitServer, folder: Path, location: str) -> None:
    commit(server.root / "secret.git", {"SKILL.md": PDF})
    target = location.format(port=server.port)
    server.answers["/moved.git"] = lambda handler: head(handler, 302, **{"Location": target, "Content-Length": "0"})
    error = refusal(server, folder, "moved.git")
    assert "leads on to another one" in error.message
    assert not [path for path in server.asked if "secret" in path]


def test_a_server_without_the_smart_protocol_cannot_send_git_elsewhere(server: GitServer, folder: Path) -> None:
    def plain(handler: BaseHTTPRequestHandler) -> None:
        text = {"refs": b"1" * 40 + b"\trefs/heads/main\n", "HEAD": b"ref: refs/heads/main\n"}
        last = handler.path.partition("?")[0].rpartition("/")[2]
        body = text.get(last, b"https://127.0.0.1/secret.git/objects\nfile:///etc\n" if "alternates" in last else b"")
        head(handler, 200 if body else 404, **{"Content-Type": "text/plain", "Content-Length": str(len(body))})
        handler.wfile.write(body)

    server.answers["/dumb.git"] = plain
    assert refusal(server, folder, "dumb.git").message == "There is no git server at this address."
    assert not [path for path in server.asked if "secret" in path or "alternates" in path]


def test_a_certificate_nobody_vouches_for_is_refused(server: GitServer, folder: Path) -> None:
    commit(server.root / "kitchen.git", {"SKILL.md": PDF})
    doubtful = fetched(server.url("kitchen.git"), network=server.network(trusted=False))
    with measured(folder), pytest.raises(InvalidInput, match="certificate is not trusted"), doubtful:
        pass


def test_the_connection_goes_to_the_checked_address_only(server: GitServer, folder: Path) -> None:
    """The name is not known to any resolver: that the good fetch works proves the pin."""
    commit(server.root / "kitchen.git", {"SKILL.md": PDF})
    assert found(server, "kitchen.git").skills
    elsewhere = fetched(server.url("kitchen.git"), limits=SMALL, network=server.network(["127.0.0.9"]))
    with measured(folder), pytest.raises(Unavailable), elsewhere:
        pass


def test_hooks_and_settings_of_this_machine_play_no_part(
    server: GitServer, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home/hooks").mkdir(parents=True)
    hook = tmp_path / "home/hooks/reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    (tmp_path / "home/.gitconfig").write_text(
        f'[core]\n\thooksPath = {hook.parent}\n[url "file:///"]\n\tinsteadOf = https://\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "home/.gitconfig"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    commit(server.root / "kitchen.git", {"SKILL.md": PDF})
    assert found(server, "kitchen.git").skills
    assert not (tmp_path / "ran").exists()


def test_an_executable_is_a_file_like_any_other(server: GitServer, folder: Path) -> None:
    commit(server.root / "kitchen.git", {"SKILL.md": PDF, "scripts/run.sh": Special("100755", b"#!/bin/sh\n")})
    assert [file.path for file in found(server, "kitchen.git").skills[0].resources] == ["scripts/run.sh"]
