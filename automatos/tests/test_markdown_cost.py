"""Text that nobody here chose costs little to show, whatever it was written to cost."""

import secrets
import subprocess
import sys
import time

import pytest
from django.test import Client

from automatos import markdown, request_id

# Seconds of processor time for one text. What was hostile took 0.5 to 4.6 before there was a limit.
MOST = 0.2
N = 100_000
CODES = [
    *(
        "autoit",
        "perl",
        "c",
        "csharp",
        "makefile",
        "r",
        "ini",
        "python",
        "js",
        "ts",
        "bash",
        "html",
        "css",
        "sql",
        "go",
    ),
    *("rust", "ruby", "kotlin", "yaml", "json", "toml", "xml", "diff"),
]
FILLINGS = [" ", "\n ", "a.", '"\\', "a'", "$(", "<a ", "/*", "a\n#", "aa:", "&"]
TEXTS = {
    "brackets": "[" * N,
    "closed": "[" * (N // 2) + "]" * (N // 2),
    "links": "[a](b" * (N // 5),
    "pictures": "![a" * (N // 3),
    "stars": "*a " * (N // 3),
    "mixed": "*_" * (N // 2),
    "strikes": "~~a ~a " * (N // 7),
    "quotes": "> " * (N // 2),
    "items": "-\n" * (N // 2),
    "lines": "a\n" * (N // 2),
    "backticks": " ".join("`" * length for length in range(440)),
    "wide table": "|" + "a|" * 1000 + "\n|" + "-|" * 1000 + "\n" + "|a\n" * 3000,
    "long table": "a|" * 60 + "\n" + "-|" * 60 + "\n" + "|\n" * 40_000,
    "comments": "<!-- " * (N // 5),
    "dollars": "$a " * (N // 3),
    "formulas": "$x^2$ " * (N // 6),
    "long formulas": ("$" + "a" * 1_900 + "$ ") * (N // 1_903),
    "open formulas": "$$\n" * (N // 3),
    "cells": ("$$\\begin{matrix}" + "&" * 1_900 + "\\end{matrix}$$\n\n") * (N // 1_930),
    "code": ("```python\n" + "a=1\n" * 490 + "```\n") * 50,
}


def cost(text: str) -> float:
    began = time.thread_time()
    markdown.render(text)
    return time.thread_time() - began


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_burns_the_process(name: str) -> None:
    markdown.render("```python\na\n```")
    assert cost(TEXTS[name][:N] + secrets.token_hex(4)) < MOST


@pytest.mark.parametrize("language", CODES)
def test_no_block_of_code_burns_the_process(language: str) -> None:
    markdown.render(f"```{language}\na\n```")
    for filling in FILLINGS:
        for length in (2_000, 20_000):
            code = (filling * length)[:length]
            assert cost(f"```{language}\n{code}\n```\n{secrets.token_hex(4)}") < MOST, (language, filling, length)


def test_a_page_of_costly_texts_costs_no_more_than_one() -> None:
    request_id.begin(None)
    assert sum(cost(TEXTS["pictures"] + secrets.token_hex(4)) for _ in range(20)) < 2 * MOST
    request_id.begin(None)
    assert "<em>still</em>" in markdown.render("*still*" + " a" * 1000 + secrets.token_hex(4))


def test_costly_text_is_rendered_once() -> None:
    request_id.begin(None)
    text = f"# Report {secrets.token_hex(8)}\n\n" + "A *word* and `code`.\n\n" * 200
    first = markdown.render(text)
    assert "<em>word</em>" in first
    began = time.thread_time()
    assert markdown.render(text) == first
    assert time.thread_time() - began < 0.01


def test_the_schema_is_made_once_and_not_sent_again() -> None:
    client = Client()
    first = client.get("/api/schema/")
    began = time.thread_time()
    second = client.get("/api/schema/")
    assert time.thread_time() - began < 0.1
    assert second.content == first.content
    assert b"openapi: 3" in first.content
    same = client.get("/api/schema/", headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = client.get("/api/schema/?format=json", headers={"If-None-Match": first["ETag"]})
    assert other.json()["openapi"].startswith("3.")


def test_a_short_text_that_may_take_no_time_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MOST_FOR_TEXT", -1.0)
    assert markdown.render("Be *brief* & kind.") == "<pre><code>Be *brief* &amp; kind.</code></pre>"


def test_loading_the_library_is_not_the_cost_of_the_first_text() -> None:
    """In a process of its own, which is given less time for the text than the library takes to load."""
    code = "from automatos import markdown; markdown.MOST_FOR_TEXT = 0.01; print(markdown.render('Be *brief*.'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "<p>Be <em>brief</em>.</p>"
