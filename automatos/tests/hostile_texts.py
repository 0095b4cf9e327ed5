"""Texts that somebody wrote to burn whoever shows them, and a workspace with one of them wherever a text can stand.

A text stands in a column as long as it can come there: `hostile_limits.py` says where that is not whole.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from django.db import Error, connection, models, transaction

from automatos.tests.hostile_limits import LONGEST
from workspaces.models import Role
from workspaces.tests.matrix import World, content_of, filled, whole
from workspaces.tests.matrix_doors import Door
from workspaces.tests.matrix_rows import Company

LONG = 100_000
# Letters at the beginning of a text that no other one has.
BEGIN = 12
# Each is repeated to the length that is wanted.
KINDS: dict[str, str] = {
    "long Markdown": '# Part\n\nA *word*, `code` and [a link](https://example.org/a "b").\n\n- one\n- two\n\n',
    "nested quotes and lists": "".join(f"{'> ' * depth}- " for depth in range(60)) + "a\n",
    "nested links": "[a](b" + "![c](" + "**_~~" + "[" * 20,
    "a wide table": "|" + "a|" * 200 + "\n|" + "-|" * 200 + "\n" + "|b\n" * 100,
    "code": '```python\ndef a():\n    return "' + '\\"' * 40 + '"\n```\n```json\n' + "[" * 60 + "\n```\n",
    "right to left and marks": "\u202e\u05d0\u0301\u0301\ufeff\u200b\u2066a\u2069 <b>&amp;</b>\n",
    "one word": "a",
    "lines": "a\n",
    "braces": "{input.topic}{{{previous_output} {% x %}",
}
MEGABYTE = "a megabyte"
# Lists of these have a page full of them.
MANY = (
    "Execution", "ExecutionStep", "Call", "Event", "Approval", "Recipe", "Document", "Memory", "Lesson",
    "Skill", "Conversation", "ToolExecutionLog", "TriggerDelivery", "Workflow", "Persona", "RecipeSuggestion",
)  # fmt: skip
# Columns that hold words of our own, whatever somebody sends: addresses are made of them, files found by them.
OURS = ("slug", "link_token", "token", "app", "action", "file", "digest", "media_type", "encoding")


def text_of(kind: str, length: int = LONG) -> str:
    """A text that was never shown before."""
    if kind == MEGABYTE:
        return text_of("long Markdown", 1_000_000)
    begin, part = f"{secrets.token_hex(BEGIN // 2)}\n", KINDS[kind]
    return (begin + part * (length // len(part) + 1))[:length]


class Planted:
    """A company's rows with a hostile text in place of each marker."""

    def __init__(self, company: Company) -> None:
        self.marker = company.marker
        self.rows = [row for name, row in company.rows.items() if name != "User"]
        for name in MANY:
            self.rows += [row for _ in range(12) if (row := _again(company, name))]
        # As each row was planted at first.
        self.columns = [(row, dict(self._texts(row))) for row in self.rows]

    def _texts(self, row: models.Model) -> Iterator[tuple[str, Any]]:
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            if field.name in OURS:
                continue
            plain = isinstance(field, models.CharField | models.TextField) and not isinstance(
                field, models.SlugField | models.EmailField
            )
            if (plain or isinstance(field, models.JSONField)) and self.marker in json.dumps(value, default=str):
                yield field.attname, value

    def fill(self, kind: str) -> int:
        """Put a text of this kind everywhere; how many columns hold it. Its first letters are in `begin`."""
        text, number = text_of(kind), 0
        self.begin = text[:BEGIN].encode()
        for row, columns in self.columns:
            given = {name: self._with(text, value, row._meta.get_field(name)) for name, value in columns.items()}
            try:
                with transaction.atomic():
                    type(row)._base_manager.filter(pk=row.pk).update(**given)
                number += len(given)
            except Error:  # what a constraint or an index does not take
                number += sum(self._one(row, name, value) for name, value in given.items())
        return number

    def _one(self, row: models.Model, name: str, value: Any) -> int:
        try:
            with transaction.atomic():
                return type(row)._base_manager.filter(pk=row.pk).update(**{name: value})
        except Error:
            return 0

    def _with(self, text: str, value: Any, field: Any, place: str = "") -> Any:
        """The value with the text, as long as it can come there. place: where in the column, of a JSON one."""
        place = place or f"{field.model.__name__}.{field.attname}"
        if isinstance(value, dict):
            return {name: self._with(text, inner, None, f"{place}.{name}") for name, inner in value.items()}
        if isinstance(value, list):
            return [self._with(text, inner, None, place) for inner in value]
        if not isinstance(value, str) or self.marker not in value:
            return value
        text = text[: LONGEST.get(place)]
        written = json.dumps(text)[1:-1] if value.startswith(("{", "[")) else text
        longest = getattr(field, "max_length", None)
        return value.replace(self.marker, written)[:longest]


def _again(company: Company, name: str) -> Any:
    """One more row of this kind; None where there can be only one."""
    row = company.rows[name]
    columns: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if isinstance(field, models.SlugField) or field.name == "template_id":
            columns[field.attname] = secrets.token_hex(8)
    columns |= {one: None for one in ("number",) if hasattr(row, one) and name == "Execution"}
    columns |= {one: secrets.randbelow(20_000) + 10 for one in ("order", "seq") if hasattr(row, one)}
    columns |= {"path": str(secrets.randbelow(1_000_000))} if name == "Call" else {}
    try:
        with transaction.atomic():
            return company.plant_again(name, **columns)
    except Error:
        return None


def cost_of(world: World, door: Door, body: Any) -> tuple[float, int, bytes]:
    """Ask one as the owner: seconds of processor time, status, the answer. What it changed is taken back."""
    client = (world.members if door.is_page else world.keys)[Role.OWNER]
    client.raise_request_exception = False
    path, sent = filled(replace(door, body=body), world.ids)
    options = {} if door.body is None else {"data": sent} if door.is_page else {"data": json.dumps(sent)}
    if options and not door.is_page:
        options["content_type"] = "application/json"
    with transaction.atomic():
        world.prepare(door)
        began = time.process_time()
        response = whole(getattr(client, door.method.lower())(path, **options))
        content = content_of(response)
        took = time.process_time() - began
        connection.needs_rollback = False
        transaction.set_rollback(True)
    return took, response.status_code, content


def hostile_bodies(door: Door, text: str) -> Iterator[Any]:
    """The door's body with the text in place of each word in it: of all, and of the first ones one by one."""
    places = list(_places(door.body, ()))
    if places:
        yield _put(door.body, set(places), text)
    for place in places[:4] if len(places) > 1 else ():
        yield _put(door.body, {place}, text)


def _places(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*at, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*at, number))
    elif isinstance(value, str) and not value.startswith("<"):
        yield at


def _put(value: Any, places: set[tuple[Any, ...]], text: str, at: tuple[Any, ...] = ()) -> Any:
    if isinstance(value, dict):
        return {name: _put(inner, places, text, (*at, name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_put(inner, places, text, (*at, number)) for number, inner in enumerate(value)]
    return text if at in places else value


Asked = Callable[[Door, Any], int]


def ask_all(doors: list[Door], ask: Asked, text: str, *, each: bool = True) -> None:
    """Ask each door once, those that take a body with the text in it. each: also in single places of the body."""
    for door in doors:
        if door.method == "GET" or door.body is None:
            ask(door, door.body)
            continue
        for body in islice(hostile_bodies(door, text), None if each else 1):
            ask(door, body)
