"""Schemas of others: a check of a value ends, whatever the schema says, and reaches nothing outside of it."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from agents.work.answers import problem_with
from automatos.json_schema import schema_errors
from tools.arguments import read
from tools.composio.schemas import usable
from tools.contract import ToolProblem


def doubled(word: str, levels: int) -> dict[str, Any]:
    chain = {f"a{at}": {word: [{"$ref": f"#/$defs/a{at + 1}"}] * 2} for at in range(levels)}
    return {**chain, f"a{levels}": {"type": "string"}}


ENDLESS: dict[str, dict[str, Any]] = {
    "names itself": {"a0": {"$ref": "#/$defs/a0"}},
    "two name each other": {"a0": {"$ref": "#/$defs/a1"}, "a1": {"$ref": "#/$defs/a0"}},
    "not itself": {"a0": {"not": {"$ref": "#/$defs/a0"}}},
    "all of two": doubled("allOf", 30),
    "any of two": doubled("anyOf", 18),
    "one of two": doubled("oneOf", 18),
    "a long chain": {f"a{at}": {"$ref": f"#/$defs/a{at + 1}"} for at in range(1_000)},
    "names what is not there": {"a0": {"$ref": "#/$defs/none"}},
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_check_without_end_is_given_up_and_said(name: str) -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": "#/$defs/a0"}}, "$defs": ENDLESS[name]}
    with pytest.raises(ToolProblem, match="cannot be checked: the schema"):
        read({"x": 1}, usable(schema))
    assert "cannot be checked" in problem_with('{"x": 1}', schema)


def test_what_is_named_twice_is_found_in_a_time_that_grows_with_the_list() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "array", "uniqueItems": True}}}
    begun = time.process_time()
    items: list[dict[str, int]] = [{"a": at} for at in range(20_000)]
    assert schema_errors({"x": items}, schema) == []
    assert schema_errors({"x": [*items, {"a": 1.0}]}, schema)
    assert time.process_time() - begun < 20


def test_a_pattern_ends() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    assert schema_errors("a" * 40 + "!", schema)
    assert schema_errors("a" * 40, schema) == []
    assert schema_errors("a", {"pattern": "(?P<broken"})


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/schema", paths
    server.shutdown()
    server.server_close()


def test_nothing_that_a_schema_names_is_fetched(asked: tuple[str, list[str]]) -> None:
    """The answer of an agent whose schema names an address of the inner network."""
    url, paths = asked
    assert url in problem_with("{}", {"$ref": url})
    assert "cannot be checked" in problem_with("{}", {"$ref": "file:///etc/hostname"})
    assert paths == []


@pytest.mark.parametrize(
    ("value", "schema"),
    [(10**4000, {"multipleOf": 0.01}), (float("nan"), {"multipleOf": 0.01}), (float("inf"), {"multipleOf": 0.01}),
     (5, {"multipleOf": 0}), ("\ud800", {"pattern": "^a"}), ([10**30, 1], {"uniqueItems": True})],
)  # fmt: skip
def test_a_value_that_breaks_a_check_does_not_fit(value: object, schema: dict[str, Any]) -> None:
    (error,) = schema_errors(value, schema)
    assert "cannot be checked" in error.message
