"""Text that models are writing right now, collected between two ticks of the clock."""

from dataclasses import dataclass, field
from uuid import UUID

from automatos.events import TextChunk
from automatos.llm.deltas import Delta, ThinkingDelta
from recipes.engine.steps import Job


@dataclass(slots=True)
class Stream:
    """The unsent text and thinking of one call, and how many characters of each went out before."""

    job: Job
    pieces: list[str] = field(default_factory=list)
    offset: int = 0
    thoughts: list[str] = field(default_factory=list)
    thought: int = 0

    def write(self, text: str) -> None:
        """Take a piece of text as it arrives."""
        self.pieces.append(text)

    def hear(self, delta: Delta) -> None:
        """Take a piece of thinking as it arrives; anything else comes another way."""
        if isinstance(delta, ThinkingDelta):
            self.thoughts.append(delta.text)

    def restart(self) -> None:
        """Another call begins: its text takes the place of what was written before, which led to tool calls."""
        self.pieces.clear()
        self.offset = 0


class Streams:
    """All open streams of one worker."""

    def __init__(self) -> None:
        self.open_streams: dict[UUID, Stream] = {}
        # Steps, by id and attempt, whose text Redis need not keep any longer.
        self.ended: list[tuple[UUID, int]] = []

    def open(self, job: Job) -> Stream:
        """Start a stream."""
        stream = self.open_streams[job.step_id] = Stream(job)
        return stream

    def close(self, job: Job) -> None:
        """The call is over: its whole text goes to the database, what was not sent yet need not be."""
        stream = self.open_streams.get(job.step_id)
        if stream is not None and stream.job.fence == job.fence:
            del self.open_streams[job.step_id]
            if stream.offset:
                self.ended.append((job.step_id, job.attempt))

    def take(self) -> list[TextChunk]:
        """What is new since the last tick: at most one piece for each execution, the others wait for the next tick."""
        chunks: list[TextChunk] = []
        seen: set[UUID] = set()
        for stream in list(self.open_streams.values()):
            if not (stream.pieces or stream.thoughts) or stream.job.execution_id in seen:
                continue
            seen.add(stream.job.execution_id)
            chunks.append(_chunk(stream) if stream.pieces else _thought(stream))
            # To the end of the line, so that parallel steps of one run take turns.
            self.open_streams[stream.job.step_id] = self.open_streams.pop(stream.job.step_id)
        return chunks


def _chunk(stream: Stream) -> TextChunk:
    job, text = stream.job, "".join(stream.pieces)
    stream.pieces.clear()
    offset, stream.offset = stream.offset, stream.offset + len(text)
    return TextChunk(job.workspace_id, job.execution_id, job.step_id, job.order, job.attempt, offset, text)


def _thought(stream: Stream) -> TextChunk:
    job, text = stream.job, "".join(stream.thoughts)
    stream.thoughts.clear()
    offset, stream.thought = stream.thought, stream.thought + len(text)
    return TextChunk(job.workspace_id, job.execution_id, job.step_id, job.order, job.attempt, offset, text, "thinking")
