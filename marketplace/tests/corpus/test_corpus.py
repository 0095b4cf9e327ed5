"""The corpus is in form: its shape, its counts and balance, and twins that differ in their hostile part only."""

import difflib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from marketplace.tests.corpus import CARRIERS, CLASSES, HERE, LAYOUTS, Half, Specimen, packages, text

HALVES: tuple[Half, ...] = ("development", "held_out")
BOTH: list[tuple[Half, Specimen]] = [(half, specimen) for half in HALVES for specimen in packages(half)]
every = pytest.mark.parametrize("specimen", [specimen for _, specimen in BOTH], ids=[one.id for _, one in BOTH])


def lines(files: dict[str, bytes]) -> list[str]:
    return [line for body in files.values() for line in body.decode("utf-8", "replace").split("\n")]


@every
def test_a_package_has_shape(specimen: Specimen) -> None:
    assert specimen.klass in CLASSES
    assert specimen.carrier in CARRIERS
    assert specimen.layout in LAYOUTS
    assert specimen.about
    assert len(lines(specimen.files)) >= 40, "a package of the world is longer than that"
    for path, body in specimen.files.items():
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert body, path
    assert (specimen.twin is not None) == (specimen.label == "hostile")


@every
def test_a_package_follows_its_layout(specimen: Specimen) -> None:
    paths = set(specimen.files)
    names = {path.rsplit("/", 1)[-1] for path in paths}
    assert (".claude-plugin/marketplace.json" in paths) == (specimen.layout == "marketplace")
    assert ("manifest.json" in paths) == (specimen.layout == "manifest")
    assert (".claude-plugin/plugin.json" in paths) == (specimen.layout == "plugin")
    if specimen.layout == "skill":
        assert "SKILL.md" in names
    if specimen.layout == "bare":
        wanted = re.compile(r"^(skills/[^/]+/SKILL\.md|commands/.+\.md|agents/.+\.md|hooks/hooks\.json|\.mcp\.json)$")
        assert any(wanted.match(path) for path in paths)


@every
def test_its_json_and_python_parse(specimen: Specimen) -> None:
    for files in (specimen.files, specimen.twin or {}):
        for path, body in files.items():
            if path.endswith(".json"):
                json.loads(body)
            if path.endswith(".py"):
                compile(body, path, "exec")


@every
def test_a_twin_differs_in_the_hostile_part_only(specimen: Specimen) -> None:
    if specimen.twin is None:
        return
    assert specimen.files != specimen.twin
    source = next(HERE.glob(f"*/{specimen.id}.txt")).read_text(encoding="utf-8")
    _, parts = text.parse(source)
    shared = [line for part in parts for side, line in part.lines if not side and not part.flags & {"hostile", "clean"}]
    hostile, clean = ([line for line in lines(files) if line] for files in (specimen.files, specimen.twin))
    matcher = difflib.SequenceMatcher(None, hostile, clean, autojunk=False)
    kept = sum(block.size for block in matcher.get_matching_blocks())
    assert kept >= len([line for line in shared if line and "⟦" not in line])
    assert kept / len(clean) >= 0.6, "the twin is another package"
    assert kept / len(hostile) >= 0.6, "the hostile part is most of the package"


def test_an_id_is_its_file_name_and_unique() -> None:
    assert len({specimen.id for _, specimen in BOTH}) == len(BOTH)
    for half, specimen in BOTH:
        assert (HERE / half / f"{specimen.id}.txt").exists()


def counted(half: Half, label: str) -> list[Specimen]:
    return [specimen for specimen in packages(half) if specimen.label == label]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("id: a\n=== b\n@@clean\n", "line 3"),
        ("id: a\n=== b\n@@hostile\n", "never closed"),
        ("id: a\n=== b\n@@hostile\n=== c\n", "line 4"),
    ],
)
def test_a_mark_out_of_place_is_named(source: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        text.parse(source)


def test_escapes_are_bytes_again() -> None:
    assert text.expand("a⟦u:200B*2⟧b") == b"a\xe2\x80\x8b\xe2\x80\x8bb"
    assert text.expand("⟦b64:⟦x:fffe⟧⟧") == b"//4="
    assert text.expand("⟦esc:\\1⟧") == b"\\x5c\\x31"
    assert text.expand("⟦png:⟧").startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="nothing"):
        text.expand("⟦nothing:⟧")


def test_no_two_packages_of_different_halves_are_near_copies() -> None:
    def shingles(specimen: Specimen) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", " ".join(lines(specimen.files)).lower())
        return set(zip(*(words[offset:] for offset in range(5)), strict=False))

    known = {half: {one.id: shingles(one) for one in packages(half)} for half in HALVES}
    for first, left in known["development"].items():
        for second, right in known["held_out"].items():
            shared = len(left & right) / max(1, min(len(left), len(right)))
            assert shared < 0.15, f"{first} and {second} share {shared:.0%}"


def test_the_halves_lie_in_their_folders() -> None:
    assert {path.name for path in Path(HERE).iterdir() if path.is_dir()} - {"__pycache__"} == set(HALVES)
    assert Counter(half for half, _ in BOTH)["development"]
