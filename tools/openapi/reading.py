"""From an OpenAPI document to tools: each operation's name, words, arguments, and how a request is made of them.

Only references inside the document are followed, each copied once; nothing is fetched.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin

from tools.contract import Schema
from tools.remote.pins import why_not_kept

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
MOST_OPERATIONS = 300
MOST_NODES, DEEPEST = 3_000, 10
# Nodes kept for each schema that is named and not read yet, so that names do not take the room of what they name.
RESERVED = 2
# Of all operations together: what a document asks of whoever reads it stays within two seconds.
MOST_NODES_IN_ALL = 100_000
LONGEST_URL = 2_000
VARIABLE = re.compile(r"\{([^{}]*)\}")
JSON = "application/json"
TEXT_BODIES = ("application/x-www-form-urlencoded", "text/plain")
PLACES = ("path", "query", "header")
# Headers that the client sets, or that carry a credential: no model writes them.
CLOSED_HEADERS = {"authorization", "cookie", "host", "content-length", "content-type", "accept", "x-api-key", "api-key"}


@dataclass(frozen=True, slots=True)
class Document:
    """What was read. operations: as tools' documents, by name; notes: what is left out, and why."""

    title: str
    version: str
    base_url: str
    operations: Mapping[str, Schema]
    notes: tuple[str, ...] = ()


def read(found: Mapping[str, Any], *, url: str = "") -> Document:
    """The operations of a loaded document. url: where it came from, for servers that are named relative to it."""
    info = _mapping(found.get("info"))
    operations: dict[str, Schema] = {}
    notes: list[str] = []
    nodes, names = 0, _Names()
    for method, path, item, operation in _operations(found):
        if len(operations) >= MOST_OPERATIONS or nodes > MOST_NODES_IN_ALL:
            notes.append(f"There are more operations than are read; the first {len(operations)} are here.")
            break
        name = names.free(_name(operation, method, path))
        reader = _Reader(found)
        document = reader.document(name, method, path, item, operation)
        nodes += reader.nodes
        if why := reader.unsendable or why_not_kept(document):
            notes.append(f"{name} is left out: {why}")
        else:
            operations[name] = document
    title, version = str(info.get("title") or "")[:200], str(info.get("version") or "")[:100]
    return Document(title, version, _base(found, url), operations, tuple(notes[:20]))


def _operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    for path, raw in _mapping(found.get("paths")).items():
        item = _resolved(found, raw)
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, Mapping) and str(path).startswith("/"):
                yield method, str(path), item, operation


def _name(operation: Mapping[str, Any], method: str, path: str) -> str:
    name = str(operation.get("operationId") or f"{method}_{path}")
    return re.sub(r"[^A-Za-z0-9-]+", "_", name).strip("_")[:60] or method


@dataclass(slots=True)
class _Names:
    """Gives each thing a name of its own, in a time that does not grow with their number."""

    taken: set[str] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)

    def free(self, name: str) -> str:
        """The name, or the name with a number behind it where somebody has it."""
        found = name
        while found in self.taken:
            self.last[name] = self.last.get(name, 1) + 1
            found = f"{name}_{self.last[name]}"
        self.taken.add(found)
        return found


def _base(found: Mapping[str, Any], url: str) -> str:
    """The first server's address, with its variables' defaults."""
    servers = found.get("servers")
    server = _mapping(servers[0]) if isinstance(servers, list) and servers else {}
    variables = _mapping(server.get("variables"))

    def default(variable: re.Match[str]) -> str:
        return str(_mapping(variables.get(variable[1])).get("default") or "")[:LONGEST_URL]

    # Once over the text: a value that names variables itself could grow without end.
    text = VARIABLE.sub(default, str(server.get("url") or "")[:LONGEST_URL])
    try:
        return urljoin(url, text)[:LONGEST_URL] if url else text[:LONGEST_URL]
    except ValueError:
        return text[:LONGEST_URL]  # no address; whoever checks it says so


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _bare(kind: str) -> str:
    """A media type without its parameters."""
    return kind.partition(";")[0].strip().lower()


def _is_json(kind: str) -> bool:
    """Whether a body of this media type, or range of them, may be JSON."""
    bare = _bare(kind)
    return bare in (JSON, "text/json", "application/*", "*/*") or bare.endswith("+json")


def _target(found: Mapping[str, Any], reference: Any) -> Any:
    """What a reference inside the document names; None for any other one, and for one that leads nowhere."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    place: Any = found
    for part in reference[2:].split("/"):
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if not isinstance(place, Mapping) or name not in place:
            return None
        place = place[name]
    return place


def _resolved(found: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """A parameter, body or path, followed through a few references."""
    for _ in range(5):
        if not isinstance(value, Mapping) or "$ref" not in value:
            break
        value = _target(found, value["$ref"])
    return _mapping(value)


@dataclass(slots=True)
class _Reader:
    """Reads one operation. definitions: of schemas it refers to, each once; waiting: those still to be read.

    unsendable: why no request can be made.
    """

    found: Mapping[str, Any]
    definitions: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    arguments: _Names = field(default_factory=_Names)
    own: _Names = field(default_factory=_Names)
    waiting: deque[tuple[str, Any, int]] = field(default_factory=deque)
    nodes: int = 0
    unsendable: str = ""

    def document(
        self, name: str, method: str, path: str, item: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> Schema:
        """The operation as a tool's document."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        parameters = []
        for one in self._parameters(item, operation):
            argument = self.arguments.free(one["name"])
            properties[argument] = self._described(one)
            if one.get("required") or one["in"] == "path":
                required.append(argument)
            kept: dict[str, Any] = {key: one[key] for key in ("name", "in", "style", "explode") if key in one}
            parameters.append({"argument": argument, **kept})
        body = self._body(operation, properties, required)
        # One behind the other: a chain of references may be longer than Python's stack.
        while self.waiting:
            own, target, depth = self.waiting.popleft()
            self.nodes -= RESERVED
            self.definitions[own] = self.schema(target, depth)
        if not body:
            self.unsendable = self._why_unsendable(method, operation)
        schema: Schema = {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        if self.definitions:
            schema["$defs"] = self.definitions
        summary, text = str(operation.get("summary") or ""), str(operation.get("description") or "")
        words = "\n".join(filter(None, (summary, text if text != summary else ""))) or f"{method.upper()} {path}"
        return {
            "name": name,
            "title": summary[:200] or name,
            "description": words[:4_000],
            "inputSchema": schema,
            "annotations": {"readOnlyHint": method in ("get", "head"), "destructiveHint": method == "delete"},
            "request": {"method": method.upper(), "path": path, "parameters": parameters, "body": body},
        }

    def _parameters(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Those of the path and of the operation, which replaces equal ones."""
        merged: dict[tuple[str, str], dict[str, Any]] = {}
        for source in (item, operation):
            raw = source.get("parameters")
            for one in raw if isinstance(raw, list) else ():
                found: dict[str, Any] = dict(_resolved(self.found, one))
                place, name = str(found.get("in", "")), str(found.get("name", ""))[:100]
                if place in PLACES and name and not (place == "header" and name.lower() in CLOSED_HEADERS):
                    merged[place, name] = {**found, "in": place, "name": name}
        return list(merged.values())

    def _described(self, parameter: Mapping[str, Any]) -> Any:
        content = _mapping(parameter.get("content"))
        media = _mapping(next(iter(content.values()), None))
        schema = self.schema(parameter.get("schema") or media.get("schema") or {})
        text = str(parameter.get("description") or "")[:1_000]
        return {**schema, "description": text} if text and isinstance(schema, dict) and "$ref" not in schema else schema

    def _body(self, operation: Mapping[str, Any], properties: dict[str, Any], required: list[str]) -> dict[str, str]:
        """The argument that is the body, and its media type; empty without one."""
        body = _resolved(self.found, operation.get("requestBody"))
        content = _mapping(body.get("content"))
        kinds = [kind for kind in content if _is_json(kind)] or [kind for kind in content if _bare(kind) in TEXT_BODIES]
        if not kinds:
            return {}
        argument = self.arguments.free("body")
        properties[argument] = self.schema(_mapping(content[kinds[0]]).get("schema") or {})
        if body.get("required"):
            required.append(argument)
        return {"argument": argument, "type": JSON if "*" in kinds[0] else kinds[0]}

    def _why_unsendable(self, method: str, operation: Mapping[str, Any]) -> str:
        """Why an operation is of no use without its body; empty where it has none, or can do without."""
        body = _resolved(self.found, operation.get("requestBody"))
        kinds = ", ".join(_mapping(body.get("content")))[:100]
        if not kinds or not (body.get("required") or method in ("post", "put", "patch")):
            return ""
        return f"its body is {kinds}, and only JSON, forms and plain text can be sent."

    def schema(self, value: Any, depth: int = 0) -> Any:
        """A copy with its references led to the definitions; bounded in depth and size."""
        self.nodes += 1
        if not isinstance(value, (list, Mapping)):
            return value
        if self.nodes > MOST_NODES or depth > DEEPEST:
            return {} if isinstance(value, Mapping) else None
        if isinstance(value, list):
            return [one for item in value[:200] if (one := self.schema(item, depth + 1)) is not None or item is None]
        if "$ref" in value:
            return self._reference(value["$ref"], depth)
        skipped = ("example", "examples", "xml", "externalDocs", "discriminator")
        kept = ((key, item, self.schema(item, depth + 1)) for key, item in value.items() if key not in skipped)
        # A list that is too deep is left out: without its choices a schema takes more, with none of them nothing.
        return {key: made for key, item, made in kept if made is not None or item is None}

    def _reference(self, reference: Any, depth: int) -> Any:
        target = _target(self.found, reference)
        if target is None:
            return {}
        if reference not in self.names:
            wanted = re.sub(r"[^A-Za-z0-9_.-]+", "_", str(reference).rpartition("/")[2])[:60] or "schema"
            name = self.own.free(wanted)
            self.names[reference] = name
            self.definitions[name] = {}
            self.waiting.append((name, target, min(depth, 3) + 1))
            self.nodes += RESERVED
        return {"$ref": f"#/$defs/{self.names[reference]}"}
