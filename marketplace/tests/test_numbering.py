"""Version numbers are read leniently and ordered as semver 2.0 orders them."""

import pytest

from automatos.errors import InvalidInput
from marketplace.versions.numbering import following, normalised, sort_key

# From the specification's own example (item 11), and further ones.
ASCENDING = [
    "0.0.1", "0.1.0-0", "0.1.0-1", "0.1.0-2", "0.1.0-10", "0.1.0-a", "0.1.0",
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-beta-x",
    "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "10.0.0", "2026.11.1",
]  # fmt: skip


def test_the_order_is_that_of_semver() -> None:
    assert sorted(ASCENDING, key=lambda version: sort_key(version).encode()) == ASCENDING


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1.2.3", "1.2.3"),
        (" v1.2 ", "1.2.0"),
        ("2", "2.0.0"),
        ("01.2.3", "1.2.3"),
        ("1.0.0-rc.1+build.7", "1.0.0-rc.1+build.7"),
    ],
)
def test_loose_numbers_are_brought_into_form(text: str, read: str) -> None:
    assert normalised(text) == read


@pytest.mark.parametrize("text", ["latest", "1.2.3.4", "1..2", "-1", "1.0.0-", "1.0.0-ä", "9" * 200, "1.0.0 beta"])
def test_what_is_no_version_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        normalised(text)
    assert list(refusal.value.fields) == ["version"]


def test_the_next_number_follows() -> None:
    assert [following(version) for version in ("0.1.0", "1.9.9", "2.0.0-rc.1")] == ["0.1.1", "1.9.10", "2.0.0"]
