"""Calls as the journal keeps them, and what they read as when a step is gone through again."""

from uuid import UUID

from automatos.llm import errors
from automatos.llm.errors import ModelError
from automatos.llm.parts import ToolCall
from automatos.llm.types import ModelReply
from recipes.engine.journal import Recorded, Result
from tools.contract import ToolResult

# What is kept of a tool's result beside its text.
KEPT = ("is_error", "origin", "artefacts", "retryable", "repeated", "fenced")
KINDS = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ModelError)}


def kept(key: UUID, call: ToolCall, result: ToolResult) -> Result:
    """A tool's result for the journal."""
    about = {name: getattr(result, name) for name in KEPT}
    return Result(key, output=result.content, data={"arguments": call.arguments, **about})


def result_of(known: Recorded) -> ToolResult:
    """A tool's result from the journal."""
    data = known.data or {}
    about = {name: data[name] for name in KEPT if name in data}
    return ToolResult(known.output, **about | {"artefacts": tuple(about.get("artefacts", ()))})


def reply_of(known: Recorded) -> ModelReply:
    """A model's reply from the journal; raises ModelError where there was none."""
    if known.status == "failed":
        told = known.error or {}
        # As it was raised: what the loop does next depends on its kind.
        raise KINDS.get(told.get("code", ""), ModelError)(told.get("message", "The call failed."))
    if known.data is None:
        return ModelReply(known.output, known.name, "stop", known.usage, known.cost)
    return ModelReply.from_json(known.data)
