"""What was said before a response, read from the run that gave the one it follows, and the items of its input."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from asgiref.sync import async_to_sync

from recipes.chat.openai_body import Said
from recipes.chat.services import Turn
from recipes.chat.stream import Ended
from recipes.engine.attachments import Attachment, Upload
from recipes.models import Execution
from tools.contract import ToolProblem
from tools.files import StoredRunFiles

Json = dict[str, Any]


def said_in(run: Execution) -> list[Mapping[str, Any]]:
    """The messages of its input, oldest first, without its instructions."""
    given = run.input_data
    messages = list(given.get("messages", ()))
    told = given["wishes"]["response"].get("instructions")
    if told and messages and messages[0] == {"role": "system", "content": told}:
        messages = messages[1:]
    if given.get("message") or given.get("attachments"):
        last = {"role": "user", "content": given.get("message", ""), "attachments": given.get("attachments", ())}
        messages.append(last)
    return messages


def turns_before(run: Execution, end: Ended) -> list[Turn]:
    """What was said up to its answer, with the answer; pictures that are gone are left out."""
    files = StoredRunFiles(run.workspace_id, run.pk)
    turns, number = [], 0
    for message in said_in(run):
        uploads = []
        for kept in message.get("attachments", ()):
            number += 1
            uploads += _again(files, Attachment.of(kept), number)
        calls = tuple(message.get("calls", ()))
        turns.append(Turn(message["role"], message["content"], uploads, calls, message.get("answers", "")))
    calls = tuple({"id": call.id, "name": call.name, "arguments": call.text} for call in end.calls)
    return [*turns, Turn("assistant", end.text, (), calls)]


def as_said(turns: Iterable[Turn]) -> Iterator[Said]:
    """As a request of the client would say them."""
    for turn in turns:
        yield Said(turn.role, turn.text, calls=tuple(dict(call) for call in turn.calls), answers=turn.answers)


def items_of(run: Execution) -> Iterator[Json]:
    """Its input as items, oldest first."""
    for index, message in enumerate(said_in(run)):
        made, text, role = f"{run.pk.hex}_{index}", message["content"], message["role"]
        if role == "tool":
            yield {"type": "function_call_output", "id": f"fco_{made}", "call_id": message["answers"],
                   "output": text, "status": "completed"}  # fmt: skip
            continue
        pictures = [{"type": "input_image", "detail": "auto", "file_id": None, "image_url": None}
                    for _ in message.get("attachments", ())]  # fmt: skip
        kind = "output_text" if role == "assistant" else "input_text"
        part = {"type": kind, "text": text, **({"annotations": [], "logprobs": []} if role == "assistant" else {})}
        calls = message.get("calls", ())
        if text or not calls:
            yield {"type": "message", "id": f"msg_{made}", "role": role, "status": "completed",
                   "content": [part, *pictures]}  # fmt: skip
        for call in calls:
            yield {"type": "function_call", "id": f"fc_{call['id']}", "call_id": call["id"], "name": call["name"],
                   "arguments": call["arguments"], "status": "completed"}  # fmt: skip


def _again(files: StoredRunFiles, one: Attachment, number: int) -> list[Upload]:
    try:
        data = async_to_sync(files.read)(one.name)
    except (ToolProblem, OSError):
        return []
    return [Upload(f"earlier-{number}.{one.name.rpartition('.')[2]}", data)]
