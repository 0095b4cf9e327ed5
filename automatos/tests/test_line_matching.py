"""Lines are matched exactly where that is quick, and in bounded time where a text was made to be slow."""

import random
import time
from difflib import SequenceMatcher

import pytest

from automatos.line_matching import LineMatcher
from automatos.textdiff import compare


def numbered(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


def test_short_texts_are_matched_as_difflib_does() -> None:
    chance = random.Random(7)
    for _ in range(200):
        old, new = ([chance.choice("abcd") for _ in range(chance.randrange(25))] for _ in range(2))
        assert LineMatcher(old, new).get_opcodes() == SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def test_two_changes_far_apart_in_a_long_text_are_two_changes() -> None:
    old = [line for number in range(900) for line in (f"line {number}", "")]
    new = [*old[:100], "new", *old[100:1600], *old[1603:]]
    changes = [code for code in LineMatcher(old, new).get_opcodes() if code[0] != "equal"]
    assert [code[0] for code in changes] == ["insert", "delete"]
    assert sum(block.size for block in LineMatcher(old, new).get_matching_blocks()) == 1797


@pytest.mark.parametrize("lines", [800, 2_000])
def test_a_text_made_to_be_slow_is_compared_in_time(lines: int) -> None:
    old = "\n".join(["a"] * lines)
    new = "\n".join("a" if number % 2 else f"line {number}" for number in range(lines))
    started = time.process_time()
    found = compare(old, new)
    assert time.process_time() - started < 3
    assert [line.text for line in found if line.kind in ("add", "same")] == new.split("\n")


def test_a_block_that_moved_in_a_long_text_leaves_the_longer_part_in_place() -> None:
    old = numbered(900)
    new = [*old[700:], *old[:700]]
    assert [code[0] for code in LineMatcher(old, new).get_opcodes()] == ["insert", "equal", "delete"]
