"""The malformed packages are what they say: each differs from a sound one, and the sound one is sound."""

import io
import zipfile
from collections import Counter

import pytest

from marketplace.tests.corpus import Malformed, malformed
from marketplace.tests.corpus.malformed import REFUSALS, WARNINGS
from marketplace.tests.corpus.malformed_archives import SKILL, good
from marketplace.tests.corpus.malformed_quine import quine
from marketplace.tests.corpus.malformed_zip import archive

every = pytest.mark.parametrize("one", malformed(), ids=[one.name for one in malformed()])


def test_there_are_enough_of_each_kind() -> None:
    kinds = Counter(one.kind for one in malformed())
    assert sum(kinds.values()) >= 100
    assert kinds["archive"] >= 60
    assert kinds["manifest"] >= 25
    assert kinds["front matter"] >= 25


def test_each_reason_occurs_and_names_are_unique() -> None:
    assert {one.reason for one in malformed()} == set(REFUSALS) | set(WARNINGS)
    assert len({one.name for one in malformed()}) == len(malformed())


@every
def test_a_reason_fits_what_is_expected(one: Malformed) -> None:
    known = {"refused": {*REFUSALS}, "accepted with warning": {*WARNINGS}, "either": {*REFUSALS, *WARNINGS}}
    assert one.reason in known[one.expected]


@every
def test_its_bytes_stay_small_enough_to_build(one: Malformed) -> None:
    body = one.build()
    assert body != archive([good()])
    assert len(body) < 16_000_000
    if one.reason in {"bomb", "overlap"}:
        assert len(body) < 500_000, "a bomb is small"


@every
def test_a_broken_text_lies_in_a_sound_archive(one: Malformed) -> None:
    if one.kind == "archive":
        return
    with zipfile.ZipFile(io.BytesIO(one.build())) as whole:
        assert whole.testzip() is None
        assert one.entry in whole.namelist()


def test_the_writer_writes_sound_archives() -> None:
    with zipfile.ZipFile(io.BytesIO(archive([good()]))) as whole:
        assert whole.read("SKILL.md") == SKILL


def test_the_quine_holds_itself() -> None:
    body = quine()
    with zipfile.ZipFile(io.BytesIO(body)) as whole:
        assert whole.read(whole.namelist()[0]) == body
