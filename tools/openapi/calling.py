"""One request of an API's operation, made of a tool's arguments; and its answer in words."""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from automatos.errors import AppError
from automatos.outside.client import Answer, Client, Limits
from tools.builtin.http_credential import HIDDEN
from tools.contract import LONGEST_CONTENT, RunFiles, ToolProblem, ToolResult

LIMITS = Limits(seconds=30.0, max_bytes=5_000_000, redirects=3)
SHORTEST_HIDDEN = 4
# Of a path with its values; servers take 8,000 characters of an address.
LONGEST_PATH = 8_000


@dataclass(frozen=True, slots=True)
class Sending:
    """A request that is ready. headers: the operation's own; body: None for none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def request_of(base_url: str, request: Mapping[str, Any], arguments: Mapping[str, Any]) -> Sending:
    """The request that these arguments mean. Raises ToolProblem for a value that cannot stand where it belongs."""
    path, query, headers = str(request["path"]), [], {"Accept": "application/json, text/*;q=0.8, */*;q=0.1"}
    for parameter in request["parameters"]:
        value = arguments.get(parameter["argument"])
        if value is None:
            continue
        if parameter["in"] == "path":
            path = _filled(path, "{" + parameter["name"] + "}", _segment(parameter, value))
        elif parameter["in"] == "query":
            query += _pairs(parameter, value)
        else:
            headers[parameter["name"]] = _header(parameter, value)
    if "{" in path:
        raise ToolProblem(f"The address lacks a value: {path[:200]}. Give every argument that is required.")
    url = base_url.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
    body, kind = _body(request.get("body") or {}, arguments)
    if body is not None:
        headers["Content-Type"] = kind
    return Sending(str(request["method"]), url, headers, body)


def _filled(path: str, mark: str, segment: str) -> str:
    """The path with a value in its places, of which a document may name as many as it likes."""
    if path.count(mark) * len(segment) > LONGEST_PATH:
        raise ToolProblem(f"The address would be longer than {LONGEST_PATH:,} characters. Give a shorter {mark[1:-1]}.")
    return path.replace(mark, segment)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _segment(parameter: Mapping[str, Any], value: Any) -> str:
    """A value inside the path: never one that leads up or elsewhere in it."""
    text = ",".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    if text.strip() in ("", ".", ".."):
        raise ToolProblem(f"{parameter['argument']} cannot be {text!r}; it stands in the address.")
    return quote(text, safe="")


def _pairs(parameter: Mapping[str, Any], value: Any) -> list[tuple[str, str]]:
    name = str(parameter["name"])
    if isinstance(value, list):
        parts = [_plain(item) for item in value]
        if parameter.get("explode", True) is False:
            joint = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(str(parameter.get("style")), ",")
            return [(name, joint.join(parts))]
        return [(name, part) for part in parts]
    if isinstance(value, Mapping):
        if parameter.get("style") == "deepObject":
            return [(f"{name}[{key}]", _plain(item)) for key, item in value.items()]
        if parameter.get("explode", True):
            return [(str(key), _plain(item)) for key, item in value.items()]
    return [(name, _plain(value))]


def _header(parameter: Mapping[str, Any], value: Any) -> str:
    text = ",".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    if any(letter < " " for letter in text) or not text.isascii():
        raise ToolProblem(f"{parameter['argument']} stands in a header, which takes one line of ASCII characters.")
    return text


def _body(body: Mapping[str, str], arguments: Mapping[str, Any]) -> tuple[bytes | None, str]:
    value = arguments.get(body.get("argument", ""))
    kind = body.get("type", "")
    if value is None or not kind:
        return None, ""
    bare = kind.partition(";")[0].strip().lower()
    if bare == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
        return urlencode({str(key): _plain(item) for key, item in value.items()}).encode(), kind
    if bare == "text/plain":
        return _plain(value).encode(), kind
    return orjson.dumps(value), kind


async def send(sending: Sending, secrets: Mapping[str, str]) -> Answer:
    """Send it through the guard. secrets: headers for this origin alone. Raises OutsideError."""
    return await Client().request(
        sending.method, sending.url, headers=sending.headers, secrets=secrets, body=sending.body, limits=LIMITS
    )


async def told(answer: Answer, secrets: Sequence[str], *, tool: str, origin: str, files: RunFiles | None) -> ToolResult:
    """The answer in words, without the credential should it come back; what is no text is kept as a file."""
    is_error = answer.status >= 400
    head = f"HTTP {answer.status}"
    kind = answer.media_type
    is_text = not kind or "json" in kind or kind.startswith("text/") or kind.endswith(("xml", "yaml"))
    if not is_text:
        return await _kept(answer, kind, tool, origin, files)
    text = answer.text()
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    content = f"{head}\n{text}" if text else f"{head}, without a body."
    if len(content) <= LONGEST_CONTENT - 500:
        return ToolResult(content, is_error=is_error, origin=origin)
    names: tuple[str, ...] = ()
    note = f"\n\n[Cut: {len(text):,} characters, of which the first part is shown."
    if files is not None:
        name = f"{tool[:60]}.{'json' if 'json' in kind else 'txt'}"
        await files.write(name, text.encode("utf-8", "replace"))
        names, note = (name,), f"{note} The whole is in the file {name}."
    content = content[: LONGEST_CONTENT - 500] + note + "]"
    return ToolResult(content, is_error=is_error, origin=origin, artefacts=names)


async def _kept(answer: Answer, kind: str, tool: str, origin: str, files: RunFiles | None) -> ToolResult:
    size = f"HTTP {answer.status}: {kind[:60]}, {len(answer.content):,} bytes"
    if files is None:
        return ToolResult(f"{size}, not kept.", is_error=answer.status >= 400, origin=origin)
    name = f"{tool[:60]}{mimetypes.guess_extension(kind) or '.bin'}"
    await files.write(name, answer.content)
    return ToolResult(f"{size}, in the file {name}.", is_error=answer.status >= 400, origin=origin, artefacts=(name,))


def secrets_in(headers: Mapping[str, str]) -> list[str]:
    """The values to hide in what comes back."""
    parts = {part for value in headers.values() for part in (value, value.rpartition(" ")[2])}
    return sorted((part for part in parts if len(part) >= SHORTEST_HIDDEN), key=len, reverse=True)


def is_silence(error: AppError) -> bool:
    """Whether the request may have arrived although no answer came."""
    return error.code in ("outside_unreachable", "outside_too_slow", "outside_too_large")
