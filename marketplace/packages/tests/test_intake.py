"""The ways in: an upload and a repository, opened in a process of its own, and nothing that any bytes can do to it."""

import hashlib
import json
import os
import time
from pathlib import Path
from random import Random

import pytest

from agents.tests.git_kit import SUBMODULE, GitServer, Special, commit, link
from automatos.errors import InvalidInput
from marketplace.packages import intake
from marketplace.packages.archive import open_archive
from marketplace.packages.package import PackageRefused, as_json
from marketplace.packages.reading import read_packages
from marketplace.packages.tests.kit import MANIFEST, SKILL, Files, one, plain, plugin, zipped

FILES = {**plugin({"version": "1"}), "skills/pdf/SKILL.md": SKILL, "run.sh": Special("100755", b"#!/bin/sh")}
CATALOGUE = {"name": "kitchen", "plugins": [{"name": "demo", "source": "./plugins/demo"}]}


def text_of_two_letters(size: int) -> bytes:
    """Packs to an eighth, and not to less."""
    return bytes(97 + (byte & 1) for byte in os.urandom(size))


def test_an_upload_comes_back_with_the_bytes_that_were_read() -> None:
    files: Files = {"manifest.json": json.dumps(MANIFEST), "SKILL.md": SKILL, "a.bin": bytes(range(256)), "b.bin": b""}
    (package,) = intake.take_upload(zipped(files), "x.zip").packages
    here = one(files)
    assert as_json(package) == as_json(here)
    assert {file.path: file.data for file in package.files} == {file.path: file.data for file in here.files}
    assert all(file.sha256 == hashlib.sha256(file.data).hexdigest() for file in package.files)


def test_a_refusal_comes_through_the_wall() -> None:
    with pytest.raises(PackageRefused) as caught:
        intake.take_upload(zipped({"SKILL.md": SKILL, "../x": "x"}), "x.zip")
    assert (caught.value.code, caught.value.refusal.entry, caught.value.http_status) == ("unsafe_path", "../x", 400)
    with pytest.raises(PackageRefused, match="10,000,001 bytes"):
        intake.take_upload(bytes(10_000_001), "x.zip")


def test_the_largest_package_there_may_be_stays_within_time_and_memory() -> None:
    large = {f"{number}.txt": text_of_two_letters(9_700_000) for number in range(5)}
    data = zipped({"SKILL.md": SKILL, **large})
    started = time.monotonic()
    (package,) = intake.take_upload(data, "x.zip").packages
    assert package.size > 48_000_000
    assert time.monotonic() - started < intake.SECONDS


def test_what_costs_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped({"SKILL.md": SKILL, **{f"{number}": text_of_two_letters(9_000_000) for number in range(4)}})
    monkeypatch.setattr(intake, "MEMORY", 60_000_000)
    with pytest.raises(PackageRefused, match="MB") as caught:
        intake.take_upload(data, "x.zip")
    assert caught.value.code == "too_costly"
    monkeypatch.undo()
    monkeypatch.setattr(intake, "SECONDS", 0.05)
    with pytest.raises(PackageRefused, match="seconds"):
        intake.take_upload(data, "x.zip")


def test_a_repository_is_taken_at_a_commit(server: GitServer) -> None:
    first = commit(server.root / "demo.git", {f"plugins/demo/{path}": data for path, data in FILES.items()})
    catalogued = {**{f"plugins/demo/{path}": data for path, data in FILES.items()}}
    catalogued |= {".claude-plugin/marketplace.json": json.dumps(CATALOGUE), "plugins/demo/skills/pdf/new.md": "New."}
    second = commit(server.root / "demo.git", catalogued)
    url, network = server.url("demo.git"), server.network()
    old = intake.take_repository(url, first, network=network)
    (package,) = old.packages
    assert (old.commit, package.slug, package.root, len(package.files)) == (first, "demo", "", 3)
    assert [file.path for file in package.files if file.executable] == ["run.sh"]
    new = intake.take_repository(url, "main", network=network)
    assert (new.commit, new.packages[0].root, new.packages[0].marketplace) == (second, "plugins/demo", "kitchen")
    alone = intake.take_repository(url, second, "plugins/demo/", network=network)
    assert alone.packages[0].digest == new.packages[0].digest


def test_what_a_repository_holds_is_neither_followed_nor_run(server: GitServer, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    odd = {"link": link(str(tmp_path / "secret")), "up": link("../../up"), "module": SUBMODULE, "x.md": "x"}
    commit(server.root / "odd.git", {"SKILL.md": SKILL, ".gitattributes": "* filter=x", **odd})
    (package,) = intake.take_repository(server.url("odd.git"), network=server.network()).packages
    assert [file.path for file in package.files] == [".gitattributes", "SKILL.md", "x.md"]
    assert {"link", "submodule", "hidden_files"} <= {warning.code for warning in package.warnings}
    assert b"secret" not in b"".join(file.data for file in package.files)


@pytest.mark.parametrize(
    ("files", "folder", "field", "said"),
    [
        ({"SKILL.md": SKILL}, "../x", "folder", "without `..`"),
        ({"SKILL.md": SKILL}, "absent", "folder", "no such folder"),
        ({"README.md": "x"}, "", "file", "no package"),
        ({"SKILL.md": SKILL, "a.md": "", "A.md": ""}, "", "file", "Rename one"),
        ({"SKILL.md": SKILL, "x" * 300: ""}, "", "file", "cannot be kept"),
        ({"SKILL.md": SKILL, **{f"{number}": "" for number in range(501)}}, "", "file", "at most 500"),
        ({"SKILL.md": SKILL, "x": Special("100644", bytes(10_000_001))}, "", "file", "at most 10,000,000"),
    ],
)
def test_a_repository_that_is_not_taken_is_named(
    server: GitServer, files: dict[str, object], folder: str, field: str, said: str
) -> None:
    commit(server.root / "x.git", files)
    with pytest.raises(InvalidInput) as caught:
        intake.take_repository(server.url("x.git"), folder=folder, network=server.network())
    (sentence,) = caught.value.fields[field]
    assert said in sentence
    sentence.encode()


def damaged(data: bytes, chance: Random) -> bytes:
    """The bytes with a few of them changed, cut out, doubled or put in."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(made) + 1) - 1 if made else 0
        match chance.randrange(4):
            case 0 if made:
                made[place] = chance.randrange(256)
            case 1:
                del made[place : place + chance.randrange(1, 30)]
            case 2:
                made[place:place] = made[place : place + chance.randrange(1, 30)]
            case _:
                made[place:place] = chance.randbytes(chance.randrange(1, 9))
    return bytes(made) or b"x"


def files_of(chance: Random) -> dict[str, str | bytes]:
    """A package whose texts, not its archive, are damaged."""
    texts: dict[str, str | bytes] = {
        "manifest.json": json.dumps(
            {**MANIFEST, "contents": {"hooks": ["hooks/hooks.json"]}, "tools": [{"name": "x"}]}
        ),
        ".claude-plugin/plugin.json": json.dumps({"name": "x", "mcpServers": {"x": {"url": "https://[::1]"}}}),
        ".claude-plugin/marketplace.json": json.dumps({"name": "m", "plugins": [{"name": "x", "source": "./"}]}),
        "hooks/hooks.json": json.dumps({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}}),
        "SKILL.md": SKILL,
        "skills/x/SKILL.md": plain("x"),
        "agents/y.md": plain("y"),
        "commands/z.md": plain("z"),
    }
    kept = {path: data for path, data in texts.items() if chance.random() < 0.7} or {"SKILL.md": SKILL}
    for path in list(kept):
        if chance.random() < 0.5:
            data = kept[path]
            kept[path] = damaged(data.encode() if isinstance(data, str) else data, chance)
    return kept


@pytest.mark.parametrize("whole", [True, False])
def test_no_bytes_do_anything_but_be_taken_or_refused(whole: bool) -> None:
    chance, taken, problems = Random(11), 0, []
    for _ in range(1_000):
        data = zipped(files_of(chance)) if whole else damaged(zipped(files_of(chance)), chance)
        try:
            reading = read_packages(open_archive(data))
        except PackageRefused as error:
            problems.append(error.refusal.sentence)
            continue
        assert reading.packages or reading.refusals
        for package in reading.packages:
            taken += 1
            kept = json.dumps(as_json(package))
            assert "\\u0000" not in kept
            assert not any(f"\\ud{digit}" in kept for digit in "cdef")
            assert all(not path.startswith("/") and ".." not in path.split("/") for path in package.resources)
    assert taken > 20 or not whole
    assert all(problems)
