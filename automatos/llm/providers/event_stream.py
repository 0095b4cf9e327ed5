"""Server-sent events, as the standard has them and as model servers write them.

https://html.spec.whatwg.org/multipage/server-sent-events.html: lines end with LF, CR LF or CR, `data` may take several
lines, a space after the colon is optional, comments and other fields are passed over. Beyond that: an event is handed
over as soon as its line is whole JSON, bare lines of JSON count as events, and so does a line `error: …`.
"""

import json
from dataclasses import dataclass

import orjson

LONGEST_LINE = 8 * 1024 * 1024
DONE = b"[DONE]"
BOM = b"\xef\xbb\xbf"
# With what an event stream can begin.
FIELDS = (b"data", b"event", b"id", b"retry", b":", b"error")


class TooMuch(Exception):
    """The server sent more than an answer can be. The text says of what."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The data of an event that is no JSON."""

    data: bytes


class Ended:
    """The event `[DONE]`."""


ENDED = Ended()


class EventStream:
    """Cuts a stream into the values of its events, wherever its chunks break; takes time in proportion to its length.

    longest: bytes that one line, or the lines of one event, may have.
    """

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._begun: list[bytes] = []
        self._size = 0
        self._data: list[bytes] = []
        self._data_size = 0
        self._name = b""
        self._first = True
        self._skips_line_feed = False

    def feed(self, chunk: bytes | None) -> list[object]:
        """The values of events completed by this chunk; None at the end completes the last one. Raises TooMuch."""
        found: list[object] = []
        for line in self._lines(chunk):
            self._take(line, found)
        if chunk is None:
            self._close(found)
        return found

    def _lines(self, chunk: bytes | None) -> list[bytes]:
        if chunk is None:
            line, self._begun, self._size = b"".join(self._begun), [], 0
            return [self._without_mark(line)] if line else []
        if self._skips_line_feed and chunk:
            chunk = chunk[1:] if chunk.startswith(b"\n") else chunk
            self._skips_line_feed = False
        if b"\n" not in chunk and b"\r" not in chunk:
            self._keep(chunk)
            return []
        self._skips_line_feed = chunk.endswith(b"\r")
        lines = b"".join([*self._begun, chunk]).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._begun, self._size = [], 0
        self._keep(lines.pop())
        lines[0] = self._without_mark(lines[0])
        return lines

    def _without_mark(self, line: bytes) -> bytes:
        first, self._first = self._first, False
        return line.removeprefix(BOM) if first else line

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._longest:
            raise TooMuch(f"a line of more than {self._longest // 1_048_576} MB")
        if piece:
            self._begun.append(piece)

    def _take(self, line: bytes, found: list[object]) -> None:
        if line.startswith(b"data:"):
            self._add(line[5:].strip(), found)
        elif not line.strip():
            self._close(found)
        elif line.startswith(b"event:"):
            self._name = line[6:].strip()
        elif line.startswith(b"error:"):
            found.append({"error": decoded(line[6:].strip()) or "an error without words"})
        elif line.lstrip().startswith((b"{", b"data:")):
            self._add(line.strip().removeprefix(b"data:").strip(), found)

    def _add(self, data: bytes, found: list[object]) -> None:
        if data == DONE:
            self._close(found)
            found.append(ENDED)
        elif self._data or (value := decoded(data)) is None:
            self._data_size += len(data)
            if self._data_size > self._longest:
                raise TooMuch(f"an event of more than {self._longest // 1_048_576} MB")
            self._data.append(data)
        else:
            found.append(self._named(value))

    def _close(self, found: list[object]) -> None:
        """A blank line ends an event."""
        if self._data:
            data, self._data, self._data_size = b"\n".join(self._data), [], 0
            if data.strip() and data.strip() != b"null":
                value = decoded(data)
                found.append(Unreadable(data) if value is None else self._named(value))
        self._name = b""

    def _named(self, value: object) -> object:
        """An event called `error` is one, whatever its data is."""
        if self._name == b"error" and not (isinstance(value, dict) and value.get("error")):
            return {"error": value}
        return value


def decoded(data: bytes) -> object:
    """The JSON in it, or None. orjson is strict about lone surrogates, NaN and bytes that are no UTF-8; json is not."""
    try:
        return orjson.loads(data)
    except ValueError:
        pass
    try:
        return json.loads(data.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def is_event_stream(start: bytes) -> bool:
    """Whether an answer that begins so is a stream of events, whatever its head says."""
    return start.removeprefix(BOM).lstrip().startswith(FIELDS)
