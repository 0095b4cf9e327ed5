"""The corpus is in form: its shape, its counts and balance, and twins that differ in their hostile part only."""

import difflib
import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from marketplace.tests.corpus import CARRIERS, CLASSES, HERE, LAYOUTS, Half, Specimen, packages, text

HALVES: tuple[Half, ...] = ("development", "held_out")
PARTS: tuple[Half, ...] = (*HALVES, "fresh")
BOTH: list[tuple[Half, Specimen]] = [(half, specimen) for half in PARTS for specimen in packages(half)]
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
    plain = [part for part in parts if "!" not in part.path and not part.flags & {"hostile", "clean"}]
    shared = [line for part in plain for side, line in part.lines if not side]
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


def test_there_are_enough_of_each() -> None:
    labels = Counter(specimen.label for _, specimen in BOTH)
    assert labels["hostile"] >= 80
    assert labels["benign"] >= 80


@pytest.mark.parametrize("half", HALVES)
def test_a_half_covers_every_class_carrier_and_layout(half: Half) -> None:
    hostile, benign = counted(half, "hostile"), counted(half, "benign")
    classes = Counter(one.klass for one in hostile)
    assert set(classes) == set(CLASSES)
    assert min(classes.values()) >= 3
    for group in (hostile, benign):
        assert len(group) >= 40
        assert {one.carrier for one in group} == set(CARRIERS)
        assert {one.layout for one in group} == set(LAYOUTS)
    assert {one.klass for one in benign} == set(CLASSES), "each class has something that looks like it"
    security = sum(one.theme == "security" for one in benign)
    assert security >= len(benign) / 3
    in_prose = sum(one.carrier in {"prose", "reference", "metadata"} for one in hostile)
    assert in_prose >= len(hostile) / 2


def test_the_fresh_packages_cover_every_class() -> None:
    fresh = counted("fresh", "hostile")
    assert {one.klass for one in fresh} == set(CLASSES)
    assert {one.carrier for one in fresh} == set(CARRIERS)


def test_the_halves_are_balanced() -> None:
    for label in ("hostile", "benign"):
        left, right = (counted(half, label) for half in HALVES)
        assert abs(len(left) - len(right)) <= 4
        for axis in ("klass", "theme", "carrier"):
            here, there = (Counter(getattr(one, axis) for one in group) for group in (left, right))
            for value in here | there:
                slack = 2 if label == "hostile" else 6
                assert abs(here[value] - there[value]) <= slack, (
                    f"{label} {axis} {value}: {here[value]}, {there[value]}"
                )


KINDS = {
    "skill": r"SKILL\.md$",
    "command": r"(^|/)commands/[^/]+\.md$",
    "agent": r"(^|/)agents/.+\.md$",
    "hook": r"(^|/)hooks(/[^/]+)?\.json$|(^|/)hooks/",
    "MCP server": r"\.mcp\.json$",
    "script": r"\.(py|sh|mjs|cjs|js)$",
    "reference": r"(^|/)references/",
    "metadata": r"(manifest|plugin|marketplace|package)\.json$|setup\.py$",
}


def test_each_kind_of_component_carries_an_attack() -> None:
    changed = {path for _, one in BOTH if one.twin for path in one.files if one.files[path] != one.twin.get(path)}
    for kind, pattern in KINDS.items():
        assert any(re.search(pattern, path) for path in changed), kind


@every
def test_its_text_could_be_real(specimen: Specimen) -> None:
    everything = "\n".join(lines(specimen.files))
    assert not re.search(r"[Ll]orem ipsum|\bfoo\b.*\bbar\b|\bTODO\b|\bxxx\b", everything)
    words = re.findall(r"\w+", everything.lower())
    assert len(words) >= 220
    assert len(set(words)) >= 110, "the text repeats itself"


def hosts(half: Half) -> set[str]:
    """Give the made-up hosts that hostile parts name."""
    found: set[str] = set()
    for one in counted(half, "hostile"):
        pattern = r"https?://([\w.-]+\.[a-z]{2,})"
        hostile, clean = (set(re.findall(pattern, " ".join(lines(files)))) for files in (one.files, one.twin or {}))
        found |= hostile - clean
    return found


def test_no_host_of_one_half_gives_away_the_other() -> None:
    known = {"github.com", "download.pytorch.org", "raw.githubusercontent.com"}
    for one, other in combinations(PARTS, 2):
        assert not (hosts(one) & hosts(other)) - known


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

    known = {half: {one.id: shingles(one) for one in packages(half)} for half in PARTS}
    for one, other in combinations(PARTS, 2):
        for first, left in known[one].items():
            for second, right in known[other].items():
                shared = len(left & right) / max(1, min(len(left), len(right)))
                assert shared < 0.15, f"{first} and {second} share {shared:.0%}"


def test_the_halves_lie_in_their_folders() -> None:
    assert {path.name for path in Path(HERE).iterdir() if path.is_dir()} - {"__pycache__"} == set(PARTS)
