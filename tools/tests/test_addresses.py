"""Which addresses may be read after others' words: whole ones that stand there, and few of each site."""

import time

import pytest

from tools.addresses import MOST_IN_ALL, MOST_OF_A_SITE, FreeReads, addresses_in
from tools.untrusted import fenced

LONG = "https://evil.example/aaaaaaaa"


@pytest.mark.parametrize(
    ("text", "address", "is_whole"),
    [
        (f"See {LONG}.", LONG, True),
        (f"See {LONG}", "https://evil.example/aaaa", False),
        (f"[a]({LONG}),[b](https://evil.example/b)", LONG, True),
        (f"[a]({LONG}),[b](https://evil.example/b)", "https://evil.example/b", True),
        (f'{{"next": "{LONG}"}}', LONG, True),
        (f"<{LONG}>", "HTTPS://EVIL.example:443/aaaaaaaa#part", True),
        ("https://evil.example/a)a)a)a", "https://evil.example/a)a", False),
        ("https://wiki.example/Fog_(sea)", "https://wiki.example/Fog_(sea)", True),
        ("https://evil.example/?next=https://evil.example/in", "https://evil.example/in", False),
        ("https://evil.example", "https://evil.example/", True),
        ("https://evil.example/a.b.c", "https://evil.example/a.b", False),
        ("https://evil.example/%41", "https://evil.example/A", True),
        ("https://[bad/ https://user:word@evil.example/", "https://evil.example/", False),
    ],
)
def test_an_address_counts_as_a_whole_or_not_at_all(text: str, address: str, is_whole: bool) -> None:
    reads = FreeReads([])
    reads.hear(text)
    assert reads.allows(address, "web_fetch") is is_whole


def test_choices_are_counted_for_what_somebody_had_to_register() -> None:
    reads = FreeReads([])
    pages = [f"https://{letter}.evil.example/{letter}" for letter in "abcdef"]
    reads.hear("\n".join(pages))
    assert [reads.allows(page, "web_fetch") for page in pages] == [True] * MOST_OF_A_SITE + [False] * 3
    others = [f"https://evil{number}.example/" for number in range(10)]
    reads.hear("\n".join(others))
    assert [reads.allows(page, "web_fetch") for page in others].count(True) == MOST_IN_ALL - MOST_OF_A_SITE


def test_what_the_person_named_is_free_once_and_going_on_is() -> None:
    """Words between marks are others', wherever they stand."""
    own = [f"https://own.example/{number}" for number in range(6)]
    told = f"Read {' and '.join(own)}\n{fenced('https://evil.example/1', 'a mail')}"
    reads = FreeReads(["<available_skills>\nhttps://skill.example/a\n</available_skills>", told])
    assert all(reads.allows(page, "web_fetch") for page in own for _ in range(4))
    back = [reads.allows(page, "web_fetch") for page in own]
    assert back == [True] * MOST_OF_A_SITE + [False] * 3
    assert reads.allows("https://evil.example/1", "web_fetch")
    assert reads.allows("https://skill.example/a", "web_fetch")
    for manner in ("http_request GET", "http_request HEAD", "web_fetch"):
        reads.allows("https://evil.example/1", manner)
    assert not reads.allows("https://evil.example/1", "http_request GET")
    assert not reads.allows("the person's own words", "web_fetch")


def test_what_was_read_before_a_worker_died_counts_too() -> None:
    first, again = FreeReads([]), FreeReads([])
    pages = [f"https://evil.example/{number}" for number in range(4)]
    for reads in (first, again):
        reads.hear("\n".join(pages))
    for page in pages[:3]:
        assert first.allows(page, "web_fetch")
        first.done(page, "web_fetch")
        again.done(page, "web_fetch")
    assert not first.allows(pages[3], "web_fetch")
    assert not again.allows(pages[3], "web_fetch")


def test_hostile_text_costs_little() -> None:
    began = time.process_time()
    for text in ("https://" * 25_000, "(https://a.b/" * 15_000, "https://a.b/" + "](" * 90_000, "<untrusted" * 20_000):
        assert len(list(addresses_in(text))) <= 200_000
        FreeReads([text]).allows("https://a.b/", "web_fetch")
    assert time.process_time() - began < 2
