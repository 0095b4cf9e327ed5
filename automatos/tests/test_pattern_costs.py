"""What strangers and stuck models write is searched by patterns: none takes the square of a text's length in time.

A pattern holds the whole worker while it searches, so one text would hold up every run in it.
"""

import time
from collections.abc import Callable

import pytest

from agents.work.answers import problem_with
from automatos.llm.providers.words import page_title
from automatos.skill_format.catalogue import FENCES
from marketplace.enabling.plugin_page import notes_by_version
from marketplace.hooks.texts import inert
from recipes.engine.expressions import structured
from tools.builtin.sql_guard import sends

SCHEMA = {"type": "object"}
# Each took from ten seconds to hours.
COSTLY: dict[str, Callable[[], object]] = {
    "an answer of line ends": lambda: problem_with("```json" + "\n" * 50_000 + "x", SCHEMA),
    "an answer of blanks and line ends": lambda: problem_with("```json\n" + " \n" * 50_000 + "x```", SCHEMA),
    "an output of line ends": lambda: structured("```json" + "\n" * 50_000 + "x"),
    "an output of blanks": lambda: structured("```json" + " " * 50_000 + "x"),
    "a skill with a sign and blanks": lambda: FENCES.sub("&lt;", "<" + " " * 50_000 + "x"),
    "a plugin with a sign and blanks": lambda: inert("<" + "\n" * 50_000 + "/ x"),
    "notes of a version without end": lambda: notes_by_version("# " + "1" * 100_000),
    "a page of open headings": lambda: page_title("<h1>" * 50_000),
    "a query of open comments": lambda: sends({"sql": "SELECT 1 " + "/* " * 50_000}),
    "a query of names and brackets": lambda: sends({"sql": "a(" * 50_000 + "a " * 50_000 + ")" * 50_000}),
}


@pytest.mark.parametrize("name", COSTLY)
def test_no_text_costs_the_square_of_its_length(name: str) -> None:
    started = time.process_time()
    COSTLY[name]()
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "text", ['```json\n{"a": 1}\n```', '```\n\n{"a": 1}\n\n```', ' ```json  \n{"a": 1}\n ``` ', '{"a": 1}']
)
def test_json_between_fences_is_read(text: str) -> None:
    assert problem_with(text, SCHEMA) == ""
    assert structured(text) == {"a": 1}


def test_all_behind_a_comment_in_a_query_counts_as_words() -> None:
    assert "secret" in sends({"sql": "SELECT 1 /* a /* b */ secret */"})
    assert sends({"sql": "SELECT name FROM towns LIMIT 10"}) == ""


def test_what_a_version_brought_is_found_by_its_heading() -> None:
    text = "# Changelog\n## v1.2.0 (2026)\n- One\n### [Unreleased] 2.0\n- Two\n"
    assert notes_by_version(text) == {"1.2.0": ["One"], "2.0": ["Two"]}
