"""What is said to an agent in a conversation: the message with its attachments, and the turns before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from automatos.llm.parts import Text, ToolCall, ToolResult
from automatos.llm.types import Message
from recipes.engine.attachments import Attachment, KeptPicture, origin_of, told
from recipes.engine.ledger import from_json
from recipes.engine.payloads import filled
from recipes.engine.sql import Statements, columns

# What untrusted text is called that a tool of a chat client brought.
CLIENT_TOOL = "a tool of the chat client"
# How many exchanges a model is reminded of at most.
LONGEST = 100
# Bytes of earlier pictures that it is shown again, the newest first.
MOST_SHOWN = 10_000_000
# What a model is told of its own answers that never came to their end.
CUT = "\n\n[This answer was broken off here.]"
UNANSWERED = "[This message was not answered.]"
# And of one that was still being written when the next message came.
UNSETTLED = "[This message was still being answered.]"
SETTLED = ("completed", "failed", "cancelled", "stopped")
# From each message's parent back, and nothing of the conversation's other branches or of what is too long ago.
SAID = f"""
WITH RECURSIVE way AS (
    SELECT e.id, e.conversation_id, e.input_data ->> 'parent' AS parent, 1 AS n FROM recipe_executions e
    JOIN unnest(%s::uuid[], %s::uuid[]) AS v(parent, conversation) ON e.id = v.parent
        AND e.conversation_id = v.conversation
    UNION
    SELECT e.id, e.conversation_id, e.input_data ->> 'parent', w.n + 1 FROM way w
    JOIN recipe_executions e ON e.id = w.parent::uuid AND e.conversation_id = w.conversation_id WHERE w.n < {LONGEST}
)
SELECT e.conversation_id, e.id, {filled("e", "input_data", "automatos_json")},
  {filled("e", "output_data", "automatos_json")}, s.origins, e.status, {filled("s", "output")}
FROM way w JOIN recipe_executions e ON e.id = w.id JOIN execution_steps s ON s.execution_id = e.id
"""  # noqa: S608


@dataclass(slots=True)
class Said:
    """What stood before a message. origins: where untrusted text in it, or behind its answers, came from.

    unwritten: what was told in place of answers that were not written by then, by their runs. The step keeps it, since
    at the next look they may be.
    """

    turns: list[Message] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    unwritten: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Answer:
    id: UUID
    given: dict[str, Any]
    text: str
    origins: list[str]
    is_written: bool


def said_before(
    sql: Statements,
    asked: Iterable[tuple[UUID, UUID, UUID, dict[str, Any]]],
    unwritten: Mapping[UUID, Mapping[str, str]] = MappingProxyType({}),
) -> dict[UUID, Said]:
    """What came before each message: as a chat client sent it, else along the parents of the answer.

    asked: (execution, workspace, conversation, input_data). Answers that failed or were stopped stand there as far as
    they were written, and are marked. unwritten: by execution, what stands in `Said.unwritten` since the first look.
    """
    questions = list(asked)
    parents = {
        (UUID(str(given["parent"])), conversation) for _, _, conversation, given in questions if given.get("parent")
    }
    rows = sql.rows(SAID, columns(list(parents))) if parents else []
    answers = {str(row[1]): _answer(row) for row in rows}
    return {
        execution: _sent(workspace, execution, given)
        if given.get("messages")
        else _along(workspace, given, answers, unwritten.get(execution, {}))
        for execution, workspace, _, given in questions
    }


def question_of(
    workspace_id: UUID, execution_id: UUID, given: dict[str, Any], text: str, *, pictures: bool = True
) -> tuple[Message, list[str]]:
    """The message as the model gets it, and the origins of what is attached to it: files, the command it calls."""
    attached = [Attachment.of(one) for one in given.get("attachments", ())]
    origins = [origin_of(one) for one in attached]
    if command := given.get("command"):
        text = f"{text}\n\nThat calls a command of a plugin; its text:\n\n{command['text']}"
        origins.append(command["origin"])
    return told(workspace_id, execution_id, text, attached, pictures=pictures), origins


def _answer(row: tuple[Any, ...]) -> _Answer:
    _, key, given, output, origins, status, written = row
    if status == "completed":
        text = (from_json(output) or {}).get("final_output", "")
    elif status not in SETTLED:
        text, written = UNSETTLED, ""
    else:
        text = f"{written}{CUT}" if written else UNANSWERED
    is_written = status == "completed" or bool(written)
    return _Answer(key, from_json(given), text, from_json(origins) or [], is_written)


def _sent(workspace_id: UUID, execution_id: UUID, given: dict[str, Any]) -> Said:
    said = Said(origins=list(given.get("origins", ())))
    for turn in given["messages"]:
        if turn["role"] == "tool":
            _add_result(said, turn)
            continue
        message, origins = question_of(workspace_id, execution_id, turn, turn["content"])
        calls = [ToolCall.read(call["id"], call["name"], call["arguments"]) for call in turn.get("calls", ())]
        parts = [part for part in message.parts if not isinstance(part, Text) or part.text or not calls]
        said.turns.append(Message(turn["role"], [*parts, *calls]))
        said.origins += origins
    return said


def _add_result(said: Said, turn: dict[str, Any]) -> None:
    """What a tool of the client said, which anybody may have written; all results of a turn are one message."""
    results = said.turns.pop().parts if said.turns and said.turns[-1].role == "tool" else ()
    said.turns.append(Message("tool", [*results, ToolResult(turn["answers"], turn["content"])]))
    if CLIENT_TOOL not in said.origins:
        said.origins.append(CLIENT_TOOL)


def _along(
    workspace_id: UUID, given: dict[str, Any], answers: dict[str, _Answer], unwritten: Mapping[str, str]
) -> Said:
    said, parent, seen, room = Said(), given.get("parent"), set[str](), MOST_SHOWN
    while parent in answers and parent not in seen and len(said.turns) < 2 * LONGEST:
        seen.add(parent)
        before = answers[parent]
        if parent in unwritten or not before.is_written:
            before = replace(before, text=unwritten.get(parent, before.text), origins=[])
            said.unwritten[parent] = before.text
        asked = before.given.get("message", "")
        message, origins = question_of(workspace_id, before.id, before.given, asked, pictures=room > 0)
        room -= sum(image.size for image in message.images if isinstance(image, KeptPicture))
        said.turns += [Message("assistant", before.text), message]
        said.origins += [*origins, *before.origins]
        parent = before.given.get("parent")
    said.turns.reverse()
    return said
