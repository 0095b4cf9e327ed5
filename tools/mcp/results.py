"""What an MCP tool gave back, as a model reads it: text, structured values, files kept with the run."""

import base64
import binascii
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from tools.contract import LONGEST_CONTENT, RunFiles, ToolProblem, ToolResult

if TYPE_CHECKING:
    from mcp_types import CallToolResult

MOST_BLOCKS, MOST_FILES, LARGEST_FILE = 100, 10, 5_000_000


@dataclass(slots=True)
class _Read:
    """What was gathered of a result's blocks."""

    lines: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


async def told(result: "CallToolResult", *, tool: str, origin: str, files: RunFiles | None) -> ToolResult:
    """The result in words, with its pictures and files in the run's folder. files: None keeps none."""
    read = _Read()
    for block in result.content[:MOST_BLOCKS]:
        await _take(block, tool, read, files)
    if len(result.content) > MOST_BLOCKS:
        read.lines.append(f"[{len(result.content) - MOST_BLOCKS} more parts are left out.]")
    structured = _structured(result.structured_content, read.lines)
    text = "\n".join([*read.lines, *structured]) or "The tool gave back nothing."
    if len(text) > LONGEST_CONTENT - 500:
        text = await _shortened(text, tool, read, files)
    return ToolResult(text, is_error=bool(result.is_error), origin=origin, artefacts=tuple(read.names))


def _structured(value: Any, lines: Sequence[str]) -> list[str]:
    """The structured part, unless the text says the same already, as servers should do for older clients."""
    if value is None:
        return []
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode()
    for line in lines:
        try:
            if orjson.loads(line) in (value, value.get("result") if isinstance(value, dict) else value):
                return []
        except ValueError:
            if isinstance(value, dict) and value.get("result") == line:
                return []
    return [text]


async def _take(block: Any, tool: str, read: _Read, files: RunFiles | None) -> None:
    match block.type:
        case "text":
            read.lines.append(block.text)
        case "image" | "audio":
            await _keep(block.data, block.mime_type, tool, read, files)
        case "resource_link":
            read.lines.append(f"[Resource {block.name}: {block.uri}]")
        case "resource":
            resource = block.resource
            text = getattr(resource, "text", None)
            if text is not None:
                read.lines.append(f"[Resource {resource.uri}]\n{text}")
            else:
                await _keep(resource.blob, resource.mime_type or "", tool, read, files)
        case kind:
            read.lines.append(f"[A part of the kind {str(kind)[:40]} cannot be shown.]")


async def _keep(data: str, media_type: str, tool: str, read: _Read, files: RunFiles | None) -> None:
    """Keep a picture, a sound or another file; the line says where, or why not."""
    kind = media_type.partition(";")[0].strip()[:60] or "application/octet-stream"
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        read.lines.append(f"[A file of the type {kind} came broken.]")
        return
    if files is None or len(content) > LARGEST_FILE or len(read.names) >= MOST_FILES:
        read.lines.append(f"[A file of the type {kind}, {len(content):,} bytes, was not kept.]")
        return
    name = f"{_plain(tool)}-{len(read.names) + 1}{mimetypes.guess_extension(kind) or '.bin'}"
    try:
        await files.write(name, content)
    except ToolProblem as problem:
        read.lines.append(f"[A file of the type {kind} was not kept: {problem}]")
        return
    read.names.append(name)
    read.lines.append(f"[File {name}: {kind}, {len(content):,} bytes]")


async def _shortened(text: str, tool: str, read: _Read, files: RunFiles | None) -> str:
    """The beginning, and the whole in a file."""
    note = f"\n\n[Cut: {len(text):,} characters, of which the first part is shown."
    if files is not None:
        name = f"{_plain(tool)}.txt"
        try:
            await files.write(name, text.encode("utf-8", "replace"))
        except ToolProblem:
            return text[: LONGEST_CONTENT - 500] + note + "]"
        read.names.append(name)
        note += f" The whole is in the file {name}; read it with file_read."
    return text[: LONGEST_CONTENT - 500] + note + "]"


def _plain(tool: str) -> str:
    """A tool's name as part of a file's."""
    return (
        "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in tool)[:60].strip("-") or "tool"
    )
