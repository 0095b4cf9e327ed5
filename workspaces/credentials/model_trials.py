"""Tries a model with a credential: a streamed answer, a tool, JSON by a schema, a picture; each a short real call."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from automatos.llm.deltas import Delta, TextDelta, ThinkingDelta
from automatos.llm.errors import ModelError, ModelNotConfigured, ModelUnavailable
from automatos.llm.estimates import cost_of
from automatos.llm.parts import Image, Text
from automatos.llm.registry import Credential, Models
from automatos.llm.tokens import IMAGE_TOKENS
from automatos.llm.types import Message, ModelReply, ModelRequest, ToolSpec, Usage
from workspaces.budgets.gate import Kind, Passage, passage

# One call may take so long, in seconds, and so many tokens: enough for a model that thinks first.
CALL_SECONDS = 20.0
TOKENS = 600
CALLS = 4
ADD = ToolSpec(
    "add",
    "Adds two whole numbers.",
    {
        "type": "object",
        "properties": {"one": {"type": "integer"}, "other": {"type": "integer"}},
        "required": ["one", "other"],
        "additionalProperties": False,
    },
)
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}
WORDS = {
    "text": "text",
    "stream": "streaming",
    "tools": "tools",
    "json": "JSON by a schema",
    "pictures": "pictures",
    "thinking": "thinking",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a model did. works: by the names in WORDS; what could not be found out is missing. problem: no text came."""

    works: Mapping[str, bool] = field(default_factory=dict)
    problem: str = ""

    @property
    def sentence(self) -> str:
        """In a few words: what works and what does not."""
        if self.problem:
            return self.problem
        yes, no = ([WORDS[name] for name in WORDS if self.works.get(name) is known] for known in (True, False))
        return f"Works: {', '.join(yes)}." + (f" Does not: {', '.join(no)}." if no else "")


def try_model(workspace_id: UUID, model: str, credentials: Mapping[str, Credential]) -> Trial:
    """Four calls; when there is no answer to the first one, its problem. model: `provider:model`.

    Raises ModelNotConfigured where calls to that address are switched off, and BudgetReached.
    """
    # A picture, some tools and a few words are what it reads at most.
    most = CALLS * cost_of(model, Usage(IMAGE_TOKENS, TOKENS), credentials)
    seconds = 2 * CALL_SECONDS
    with passage(workspace_id, Kind.TRIAL, model, credentials, most=most, seconds=seconds) as made:
        return asyncio.run(_try_model(model, credentials, made))


async def _try_model(model: str, credentials: Mapping[str, Credential], made: Passage) -> Trial:
    models = Models()
    try:
        trier = _Trier(models, model, credentials, made)
        works = await trier.text()
        tries: list[tuple[str, Callable[[], Awaitable[bool | None]]]] = [
            ("tools", trier.tools), ("json", trier.json), ("pictures", trier.pictures),
        ]  # fmt: skip
        found = await asyncio.gather(*(attempt() for _, attempt in tries))
        works |= {name: did for (name, _), did in zip(tries, found, strict=True) if did is not None}
        works["thinking"] = trier.has_thought
        return Trial(works)
    except ModelNotConfigured:
        raise
    except ModelError as error:
        return Trial(problem=error.message)
    finally:
        await models.close()


class _Trier:
    def __init__(self, models: Models, model: str, credentials: Mapping[str, Credential], made: Passage) -> None:
        self.models, self.credentials, self.made = models, credentials, made
        self.request = ModelRequest(model, (), max_tokens=TOKENS, timeout=CALL_SECONDS)
        self.has_thought = False
        self.pieces = 0

    async def text(self) -> dict[str, bool]:
        reply = await self.ask("Reply with the single word: ready")
        return {"text": True, "stream": self.pieces > 0 and not any("stream" in note for note in reply.notes)}

    async def tools(self) -> bool | None:
        request = replace(self.request, tools=(ADD,))
        return await self.did("Use the tool to add 2 and 3.", request, lambda reply: bool(reply.tool_calls))

    async def json(self) -> bool | None:
        request = replace(self.request, response_schema=SCHEMA)
        return await self.did(
            "What is 2 plus 3?", request, lambda reply: not any("schema" in note for note in reply.notes)
        )

    async def pictures(self) -> bool | None:
        picture = Message("user", [Text("Which colour is this? One word."), Image(red_square(), "image/png")])
        return await self.did(picture, self.request, lambda reply: bool(reply.text))

    async def did(self, said: str | Message, request: ModelRequest, judge: Callable[[ModelReply], bool]) -> bool | None:
        """Whether it did what was asked; None where trouble at the server kept it from being found out."""
        try:
            return judge(await self.ask(said, request))
        except ModelUnavailable:
            return None
        except ModelError:
            return False

    async def ask(self, said: str | Message, request: ModelRequest | None = None) -> ModelReply:
        message = said if isinstance(said, Message) else Message("user", said)
        request = replace(request or self.request, messages=(message,))
        try:
            reply = await self.models.complete(request, on_delta=self.hear, credentials=self.credentials)
        except ModelError as error:
            if error.reply is not None:
                self.made.replied(error.reply)
            raise
        self.made.replied(reply)
        self.has_thought = self.has_thought or bool(reply.thinking or reply.usage.reasoning_tokens)
        return reply

    def hear(self, delta: Delta) -> None:
        self.pieces += isinstance(delta, TextDelta)
        self.has_thought = self.has_thought or isinstance(delta, ThinkingDelta)


def red_square(size: int = 32) -> bytes:
    """A picture as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    head = size.to_bytes(4) + size.to_bytes(4) + b"\x08\x02\x00\x00\x00"
    rows = (b"\x00" + b"\xff\x00\x00" * size) * size
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
