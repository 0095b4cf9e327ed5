"""Large values, stored once in their workspace: the one door to `payloads`.

An output that the next steps read, a tool's result, an input: the rows that have such a value refer to one row in
`payloads`. `Shelf.keep` stores values for a run, and the other methods tell what goes into a column and, beside it,
into `<column>_refs`. Pages and services read whole values through the fields of `recipes/models/filled.py`, the
engine's own statements through `filled`. Small values stand in their rows as ever, and cost nothing here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from automatos.llm.text import clean
from recipes.engine.sql import Statements, columns
from recipes.engine.storing import as_json

# Characters from which on a value is stored by itself: four times an ordinary long answer. Below that the row of a
# payload, its keys and the statement that writes them weigh as much as what is saved.
LARGE = 16_384
# Of texts inside of JSON so much stays in the row: what the index of the runs' search looks at (migration 0035).
SEARCHED = 20_000
# Values that one statement stores, since each may take a lock until the commit; more of them stay in their rows.
MOST_AT_ONCE = 100
KEEP = (
    "SELECT v.run, v.id FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[]) "
    "AS v(run, owner, id, hash, body) WHERE automatos_keep(v.run, v.owner, v.id, v.hash, v.body)"
)
# Characters that a group of messages has at least.
PIECE = 4_096
# A message as people are shown it: role, content.
Message = Mapping[str, str]
# A text of a run: the run, its workspace, the text.
Text = tuple[UUID, UUID, str]
# What goes into a column and into its references, the latter as JSON.
Stored = tuple[str, str | None]


def filled(alias: str, column: str, function: str = "automatos_text") -> str:
    """SQL for a column with what it refers to. function: automatos_json for JSON."""
    name = f"{alias}.{column}"
    return f"CASE WHEN {name}_refs IS NULL THEN {name} ELSE {function}({name}, {name}_refs) END"


def payload_id(workspace_id: UUID, text: str) -> tuple[UUID, str]:
    """Under which id a workspace keeps a text, and the text's hash. Of another workspace it is another one."""
    digest = sha256(text.encode())
    return UUID(bytes=sha256(workspace_id.bytes + digest.digest()).digest()[:16]), digest.hexdigest()


@dataclass(slots=True)
class Shelf:
    """Which large texts each run refers to already, as far as this transaction has seen them."""

    known: dict[UUID, dict[str, UUID]] = field(default_factory=dict)

    def note(self, run_id: UUID, workspace_id: UUID, text: str, refs: Any) -> None:
        """A text that was read, with the references of its column: where it is one payload it is known from now on."""
        if isinstance(refs, list) and len(refs) == 1:
            self.note_json(run_id, workspace_id, text, refs[0])

    def note_json(self, run_id: UUID, workspace_id: UUID, value: Any, refs: Any) -> None:
        """The same of JSON that was read."""
        if isinstance(refs, str) and isinstance(value, str):
            key, _ = payload_id(workspace_id, value)
            if str(key) == refs:  # or else something was written past the references
                self.known.setdefault(run_id, {})[value] = key
        elif isinstance(refs, dict) and isinstance(value, dict | list):
            items = value if isinstance(value, dict) else {str(place): item for place, item in enumerate(value)}
            for name in refs.keys() & items.keys():
                self.note_json(run_id, workspace_id, items[name], refs[name])

    def keep(self, sql: Statements, texts: Iterable[Text], least: int = LARGE) -> None:
        """Store the large ones among these texts for their runs, which are locked or new. least: from which length."""
        wanted: dict[tuple[UUID, UUID], tuple[UUID, UUID, UUID, str, str]] = {}
        for run_id, workspace_id, text in texts:
            if len(text) < least or text in self.known.get(run_id, {}) or len(wanted) == MOST_AT_ONCE:
                continue
            body = clean(text)
            key, digest = payload_id(workspace_id, body)
            wanted[run_id, key] = (run_id, workspace_id, key, digest, body)
        if not wanted:
            return
        for run_id, key in sql.rows(KEEP, columns(list(wanted.values()))):
            self.known.setdefault(run_id, {})[wanted[run_id, key][-1]] = key

    def text(self, run_id: UUID | None, text: str) -> Stored:
        """A text that is a payload as a whole, or stands in its row."""
        if len(text) < LARGE or run_id is None:
            return text, None
        key = self.known.get(run_id, {}).get(clean(text))
        return (text, None) if key is None else ("", _dumped([str(key)]))

    def woven(self, run_id: UUID, text: str) -> Stored:
        """A text in which payloads of its run stand: a prompt, and the outputs and inputs that it was made of."""
        known = self.known.get(run_id)
        if len(text) < LARGE or not known:
            return text, None
        parts: list[str | UUID] = [clean(text)]
        for value in sorted(known, key=len, reverse=True):
            parts = [piece for part in parts for piece in _cut(part, value, known[value])]
        if len(parts) == 1 and isinstance(parts[0], str):
            return text, None
        return "", _dumped([str(part) if isinstance(part, UUID) else [part] for part in parts])

    def json(
        self, run_id: UUID | None, value: Any, *, searched: int = 0, whole: Sequence[str] = ()
    ) -> tuple[Any, str | None]:
        """JSON whose large texts are payloads.

        searched: so many characters of its texts stay in the row for the search; of the names in whole as many each.
        """
        known = self.known.get(run_id) if run_id else None
        if not known or value is None:
            return value, None
        short, refs = _Shortened(known, searched, whole).of(value)
        return (short, _dumped(refs)) if refs else (value, None)

    def told(self, run_id: UUID, messages: Sequence[Message]) -> tuple[str | None, str | None]:
        """Messages of which those that other answers were told as well are payloads, several in each."""
        parts = [(piece, self.known.get(run_id, {}).get(_body(piece))) for piece in pieces(messages)]
        if not any(key for _, key in parts):
            return as_json(messages), None
        refs = [part for piece, key in parts for part in ([str(key)] if key else piece)]
        return None, as_json(refs)


def pieces(messages: Sequence[Message]) -> list[list[Message]]:
    """Messages in groups that come out the same in the next answer's, which has more of them, or begins later.

    A group ends with a message whose own text says so, once it has a certain size; the last one is still open.
    """
    found: list[list[Message]] = [[]]
    size = 0
    for message in messages:
        found[-1].append(message)
        size += len(message["content"])
        ends = sha256(message["content"].encode(errors="replace")).digest()[0] % 2 == 0
        if size >= LARGE or (ends and size >= PIECE):
            found.append([])
            size = 0
    return [piece for piece in found if piece]


def bodies_of(messages: Sequence[Message]) -> list[str]:
    """The groups as they are stored; none where all of them together are small."""
    if sum(len(message["content"]) for message in messages) < LARGE:
        return []
    return [_body(piece) for piece in pieces(messages)]


def _body(piece: Sequence[Message]) -> str:
    return as_json(piece) or "[]"


def large_in(value: Any) -> Iterator[str]:
    """The large texts in JSON."""
    if isinstance(value, str):
        if len(value) >= LARGE:
            yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from large_in(item)


def _cut(part: str | UUID, value: str, key: UUID) -> Iterator[str | UUID]:
    """A part of a text with the payload in place of its value."""
    if isinstance(part, UUID):
        yield part
        return
    first, *others = part.split(value)
    yield from [first] if first or not others else []
    for other in others:
        yield key
        yield from [other] if other else []


class _Shortened:
    """Goes through JSON in the order in which PostgreSQL does, and leaves in it what the search looks at."""

    def __init__(self, known: Mapping[str, UUID], searched: int, whole: Sequence[str]) -> None:
        self.known, self.searched, self.whole, self.left = known, searched, whole, searched

    def of(self, value: Any, name: str = "") -> tuple[Any, Any]:
        """The value as it goes into the row, and its references; none where it goes as it is."""
        if isinstance(value, str):
            return self._text(value, self.searched if name in self.whole else 0)
        if isinstance(value, Mapping):
            order = sorted(value, key=lambda one: (len(str(one).encode(errors="replace")), str(one)))
            # A name that is stored in another way than it reads would not be found again.
            found = {one: self.of(value[one], one) if one == clean(str(one)) else (value[one], None) for one in order}
            return {one: found[one][0] for one in value}, {one: refs for one, (_, refs) in found.items() if refs}
        if isinstance(value, list | tuple):
            items = [self.of(item) for item in value]
            return [item for item, _ in items], {str(place): refs for place, (_, refs) in enumerate(items) if refs}
        return value, None

    def _text(self, text: str, least: int) -> tuple[str, str | None]:
        head = max(self.left, least)
        self.left = max(0, self.left - len(text))
        key = self.known.get(clean(text)) if len(text) >= LARGE else None
        return (text, None) if key is None else (clean(text)[:head], str(key))


def _dumped(refs: Any) -> str:
    return orjson.dumps(refs).decode()
