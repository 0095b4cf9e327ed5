"""What was said in a conversation before the message that is answered now."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from automatos.llm.types import Message
from recipes.sql import Statements, array

# How many exchanges a model is reminded of at most.
LONGEST = 100
SAID = (
    "SELECT conversation_id, id, input_data, output_data FROM recipe_executions "
    "WHERE conversation_id = ANY(%s::uuid[]) AND status = 'completed'"
)


def said_before(sql: Statements, asked: Iterable[tuple[UUID, UUID, dict[str, Any]]]) -> dict[UUID, list[Message]]:
    """The turns before each message: of a chat client as it sent them, else along the parents of the answer.

    asked: (execution, conversation, input_data). Exchanges that failed or were cancelled are left out.
    """
    questions = list(asked)
    conversations = {conversation for _, conversation, given in questions if given.get("parent")}
    rows = sql.rows(SAID, [array(conversations)]) if conversations else []
    answers = {str(row[1]): (_read(row[2]), _read(row[3])) for row in rows}
    return {execution: _sent(given) or _along(given, answers) for execution, _, given in questions}


def _sent(given: dict[str, Any]) -> list[Message]:
    return [Message(turn["role"], turn["content"]) for turn in given.get("messages", ())]


def _along(given: dict[str, Any], answers: dict[str, tuple[Any, Any]]) -> list[Message]:
    turns: list[Message] = []
    parent, seen = given.get("parent"), set[str]()
    while parent in answers and parent not in seen and len(turns) < 2 * LONGEST:
        seen.add(parent)
        before, output = answers[parent]
        turns += [Message("assistant", output.get("final_output", "")), Message("user", before.get("message", ""))]
        parent = before.get("parent")
    return turns[::-1]


def _read(value: Any) -> Any:
    """A raw cursor gives JSON as text."""
    return orjson.loads(value) if isinstance(value, str) else value
