"""How public OpenAPI documents are read, and whether calls made of them are what they say.

`python -m benchmarks.openapi_documents FILE…` reads each document and calls each operation over HTTP, with arguments
made up from its schema, against a mock made from the same document. The mock refuses a path, method, required parameter
or body that the document does not have.

With `--server http://127.0.0.1:4010` the calls go to a mock by others that was started with the same document, such as
`prism mock -p 4010 FILE`: what it answers with 404, 405 or 422 counts as wrong.
"""

import json
import os
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
from asgiref.sync import async_to_sync

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")
django.setup()

from django.conf import settings  # noqa: E402

from automatos.json_schema import schema_errors  # noqa: E402
from automatos.outside.errors import OutsideError  # noqa: E402
from automatos.private_hosts import parse  # noqa: E402
from tools.composio.schemas import usable  # noqa: E402
from tools.contract import ToolProblem  # noqa: E402
from tools.openapi import calling  # noqa: E402
from tools.openapi.loading import load  # noqa: E402
from tools.openapi.reading import read  # noqa: E402

Schema = Mapping[str, Any]
REFUSED = (404, 405, 422)
FORMATS = {
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "date": "2027-01-31",
    "date-time": "2027-01-31T09:30:00Z",
    "email": "who@example.org",
    "uri": "https://example.org/",
    "snowflake": "1",
}


def made_up(schema: Any, root: Schema, depth: int = 0) -> Any:
    """A small value that fits the schema, as far as its types go."""
    if not isinstance(schema, Mapping) or depth > 6:
        return "x"
    if "$ref" in schema:
        return made_up(root["$defs"][schema["$ref"].rpartition("/")[2]], root, depth + 1)
    given = [schema[word] for word in ("const", "default") if word in schema] + list(schema.get("enum") or ())[:1]
    if given:
        return given[0]
    ways = schema.get("oneOf") or schema.get("anyOf")
    if ways:
        return made_up(ways[0], root, depth + 1)
    parts = [made_up(part, root, depth + 1) for part in schema.get("allOf") or ()]
    if parts:
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()} or parts[0]
    return of_kind(schema, root, depth)


def of_kind(schema: Schema, root: Schema, depth: int) -> Any:
    """The same for a schema that names a type."""
    kind = schema.get("type")
    kind = next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties") or {}
        names = list(schema.get("required") or ()) or list(properties)[: schema.get("minProperties", 0)]
        return {name: made_up(properties.get(name), root, depth + 1) for name in names}
    if kind == "array":
        items, least = schema.get("items") or {}, max(1, int(schema.get("minItems") or 1))
        distinct = list(items.get("enum") or ())[:least] if schema.get("uniqueItems") else []
        return distinct or [made_up(items, root, depth + 1)] * (1 if schema.get("uniqueItems") else least)
    if kind in ("integer", "number"):
        return schema.get("minimum") or schema.get("exclusiveMinimum", 0) + 1
    if kind == "boolean":
        return True
    return FORMATS.get(str(schema.get("format"))) or "x" * max(1, int(schema.get("minLength") or 1))


def wrong_with(document: Schema, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Why a request is not one of the document's operation; empty when it is."""
    request, parts = document["request"], urlsplit(target)
    asked, known = parts.path.split("/"), request["path"].split("/")
    fits = len(asked) == len(known) and all(b == a or ("{" in b and a) for a, b in zip(asked, known, strict=True))
    if method != request["method"] or not fits:
        return f"{method} {parts.path} is not {request['method']} {request['path']}"
    sent = {"query": parse_qs(parts.query, keep_blank_values=True), "header": headers}
    for one in request["parameters"]:
        needed = one["argument"] in document["inputSchema"]["required"] and one["in"] != "path"
        given = one["name"].lower() if one["in"] == "header" else one["name"]
        if needed and given not in sent[one["in"]] and one.get("style") != "deepObject":
            return f"{one['in']} {one['name']} is missing"
    if request["body"].get("type", "").endswith("json"):
        argument = request["body"]["argument"]
        schema = {**document["inputSchema"]["properties"][argument], "$defs": document["inputSchema"].get("$defs", {})}
        if body and (found := schema_errors(json.loads(body), schema)):
            return f"the body: {found[0].message[:200]}"
    return ""


@contextmanager
def mock(current: list[Schema], wrong: list[str]) -> Iterator[str]:
    """A server that checks each request against the document of `current[0]`."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            problem = wrong_with(current[0], self.command, self.path, body, headers)
            if problem:
                wrong.append(problem)
            self.send_response(400 if problem else 204)
            self.end_headers()

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def measure(path: Path, server: str = "") -> str:
    """One line about a document, and one for each call that was wrong. server: a mock by others."""
    begun = time.process_time()
    found = read(load(path.read_text()))
    schemas = {name: usable(one["inputSchema"]) for name, one in found.operations.items()}
    took = time.process_time() - begun
    current: list[Schema] = [{}]
    wrong: list[str] = []
    called = 0
    with nullcontext(server) if server else mock(current, wrong) as url:
        for name, one in found.operations.items():
            current[0] = one
            values = made_up(schemas[name], schemas[name])
            try:
                sending = calling.request_of(url, one["request"], values)
            except ToolProblem as problem:
                wrong.append(f"{name}: {problem}")
                continue
            if text := refused(sending) if server else sent(sending):
                wrong.append(f"{name}: {text}")
            called += 1
    said = f"{len(found.operations)} operations in {took:.2f} s of processor time, {called} called, {len(wrong)} wrong"
    return "\n".join([f"{path.name}: {said}", *(f"  {note}" for note in found.notes), *(f"  {line}" for line in wrong)])


def sent(sending: Any) -> str:
    """Nothing: the mock of this file notes by itself what is wrong."""
    async_to_sync(calling.send)(sending, {})
    return ""


def refused(sending: Any) -> str:
    """Why a mock by others does not take the request; empty when it does."""
    try:
        answer = async_to_sync(calling.send)(sending, {})
    except OutsideError as error:
        return str(error)
    return f"{answer.status} {answer.text()[:300]}" if answer.status in REFUSED else ""


if __name__ == "__main__":
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    words = ArgumentParser(description="Read OpenAPI documents and call each operation of them.")
    words.add_argument("file", nargs="+", type=Path)
    words.add_argument("--server", default="", help="A mock by others, started with the one file.")
    given = words.parse_args()
    for file in given.file:
        print(measure(file, given.server))
