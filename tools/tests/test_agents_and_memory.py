"""ask_agent within depth and budget, and remember and recall, against the interfaces the product fills in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tools.contract import Noting, Question, Recollection, ToolContext
from tools.tests.kit import call, context, refused, said


class Notebook:
    """A memory that finds what contains the query."""

    def __init__(self) -> None:
        self.notes: list[Recollection] = []

    async def remember(self, text: str, tags: Sequence[str], call: Noting) -> None:
        self.notes.append(Recollection(text, tags, "Quill", datetime(2026, 11, 1, tzinfo=UTC)))

    async def recall(self, query: str, limit: int) -> Sequence[Recollection]:
        return [note for note in self.notes if query in note.text][:limit]


def asking(asked: list[Question], **changes: Any) -> ToolContext:
    async def answer(question: Question) -> str:
        asked.append(question)
        return f"{question.agent} says hello"

    return context(ask_agent=answer, **changes)


async def test_an_agent_is_asked_one_level_deeper_with_what_is_left() -> None:
    asked: list[Question] = []
    result = await call("ask_agent", asking(asked, depth=1, budget=Decimal("0.25")), agent="scout", task="Look.")
    assert asked == [Question("scout", "Look.", 2, Decimal("0.25"))]
    assert (result.content, result.origin) == ("scout says hello", "agent scout")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"depth": 3}, "3 deep"),
        ({"depth": 1, "max_depth": 1}, "1 deep"),
        ({"budget": Decimal(0)}, "budget of this run is used up"),
        ({"ask_agent": None}, "no other agents"),
    ],
)
async def test_depth_and_budget_end_the_asking(changes: dict[str, Any], text: str) -> None:
    asked: list[Question] = []
    given = context(**changes) if "ask_agent" in changes else asking(asked, **changes)
    assert text in await refused("ask_agent", given, agent="scout", task="Look.")
    assert asked == []


async def test_a_question_needs_somebody_and_something() -> None:
    assert "agent has 0 characters" in await refused("ask_agent", asking([]), agent="", task="x")
    assert "lack task" in await refused("ask_agent", asking([]), agent="scout")


async def test_what_is_remembered_is_recalled_with_its_source() -> None:
    run = context(memory=Notebook())
    assert await said("remember", run, text="The client likes blue.", tags=["client", "client ", "look"])
    found = await call("recall", run, query="blue")
    assert found.content == "1. The client likes blue.\n   (Quill; 2026-11-01; client, look)"
    assert found.origin == "workspace memory"
    assert await said("recall", run, query="red") == "Nothing is remembered about this."


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("remember", {"text": " "}, "text is blank"),
        ("remember", {"text": "x" * 4001}, "at most 4,000"),
        ("remember", {"text": "x", "tags": ["a"] * 11}, "at most 10"),
        ("recall", {"query": "x", "limit": 21}, "from 1 to 20"),
        ("recall", {}, "lack query"),
    ],
)
async def test_bad_notes_are_refused(name: str, arguments: dict[str, Any], text: str) -> None:
    assert text in await refused(name, context(memory=Notebook()), **arguments)


async def test_without_a_memory_it_is_said() -> None:
    assert "There is no memory here" in await refused("recall", query="x")
