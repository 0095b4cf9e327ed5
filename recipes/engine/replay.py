"""Calls as the journal keeps them, and what they read as when a step is gone through again."""

from hashlib import sha256
from uuid import UUID

from automatos.errors import AppError
from automatos.llm import errors
from automatos.llm.errors import ModelError
from automatos.llm.parts import Image, Text, ToolCall, ToolResult
from automatos.llm.text import clean
from automatos.llm.types import ModelReply, ModelRequest
from recipes.engine.journal import Recorded, Result
from recipes.models import Call
from tools import contract

# What is kept of a tool's result beside its text.
KEPT = ("is_error", "origin", "artefacts", "retryable", "repeated", "fenced", "uncertain")
KINDS = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ModelError)}


class ReplayDiffers(AppError):
    """A step that is gone through again asks something else than it did before."""

    code = "replay_differs"
    http_status = 409
    # Another attempt begins anew, and is told what is done already.
    retryable = True


class Stopped(BaseException):
    """Nothing more of this attempt is done. No Exception: no tool on the way may make a result of it."""

    def __init__(self, error: AppError) -> None:
        super().__init__(error.message)
        self.error = error


def check(known: Recorded, name: str, request_hash: str, *, is_model: bool) -> None:
    """Raises Stopped where the call at this path is another one than the journal has: its answer would be wrong.

    The version of a tool is not compared: what was done stays done, however the tool reads by now.
    """
    is_same = (known.kind == Call.Kind.MODEL) == is_model and known.name == name
    if is_same and known.request_hash in ("", request_hash):  # a release before this one noted none
        return
    what = f"another question to {name[:80]}" if is_same else f"{name[:80]} instead of {known.name[:80]}"
    raise Stopped(
        ReplayDiffers(
            f"After its worker was lost the step did not come the same way again (call {known.path}, {what}), so what "
            "is recorded may not answer it. Nothing of it was repeated. Cook again, or have the step tried again."
        )
    )


def question_hash(request: ModelRequest) -> str:
    """Of what a model is asked, in the words that are the same however often they are stored and read.

    Without system texts: what stands there of a plugin that was blocked meanwhile goes, and what was done stays done.
    """
    digest = sha256(request.model.encode())
    for message in request.messages:
        if message.role == "system":
            continue
        digest.update(b"\0" + message.role.encode())
        for part in message.parts:
            match part:
                case Text(text):
                    digest.update(b"\1" + clean(text).encode())
                case Image(data, _):
                    digest.update(b"\2" + data)
                case ToolCall():
                    digest.update(b"\3" + clean(part.name).encode())
                case ToolResult():
                    digest.update(b"\4" + clean(part.content).encode())
    return digest.hexdigest()


def kept(key: UUID, call: ToolCall, result: contract.ToolResult) -> Result:
    """A tool's result for the journal."""
    about = {name: getattr(result, name) for name in KEPT}
    return Result(key, output=result.content, data={"arguments": call.arguments, **about})


def result_of(known: Recorded) -> contract.ToolResult:
    """A tool's result from the journal."""
    data = known.data or {}
    about = {name: data[name] for name in KEPT if name in data}
    return contract.ToolResult(known.output, **about | {"artefacts": tuple(about.get("artefacts", ()))})


def reply_of(known: Recorded) -> ModelReply:
    """A model's reply from the journal; raises ModelError where there was none."""
    if known.status == "failed":
        told = known.error or {}
        # As it was raised: what the loop does next depends on its kind.
        raise KINDS.get(told.get("code", ""), ModelError)(told.get("message", "The call failed."))
    if known.data is None:
        return ModelReply(known.output, known.name, "stop", known.usage, known.cost)
    return ModelReply.from_json(known.data)
