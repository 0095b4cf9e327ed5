"""JSON and YAML by key: commands that run by themselves, servers, scripts of package managers, texts for models."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

COMMAND_KEYS = frozenset(
    ("command", "run", "script", "cmd", "shell", "exec", "entrypoint", "prestart", "poststart", "headershelper")
)
LIFECYCLE = frozenset(
    "preinstall install postinstall prepare prepublish preprepare postprepare prepack postpack "
    "dependencies preuninstall postuninstall".split()
)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
YAML_LINE = re.compile(r"^(\s*)(?:-\s+)?([\w./@ -]{1,80}?)\s*[:=]\s*(.*)$")
YAML_ITEM = re.compile(r"^(\s*)-\s+(.*)$")
LARGEST = 400_000


@dataclass(frozen=True)
class Entry:
    """One value. keys: the way to it; text: as a text; line: where it stands."""

    keys: tuple[str, ...]
    text: str
    line: int

    @property
    def key(self) -> str:
        return next((key for key in reversed(self.keys) if not key.isdigit()), "")


def entries(text: str, kind: str) -> tuple[list[Entry], object]:
    """Every text of the file with its keys, and the whole value if it is valid JSON."""
    if kind == "json":
        value = _loaded(text)
        if value is not None:
            return list(_walked(value, (), _Lines(text))), value
        return [
            Entry((), _unescaped(match.group(1)), text.count("\n", 0, match.start()) + 1)
            for match in STRING.finditer(text[:LARGEST])
        ], None
    return list(_yaml(text)), None


def notebook_code(text: str) -> str:
    """The code of a notebook's cells in order, without the lines that only the notebook understands."""
    value = _loaded(text)
    cells = value.get("cells") if isinstance(value, dict) else None
    found = []
    for cell in cells if isinstance(cells, list) else ():
        source = cell.get("source") if isinstance(cell, dict) and cell.get("cell_type") == "code" else ""
        joined = "".join(map(str, source)) if isinstance(source, list) else str(source or "")
        found += [line for line in joined.split("\n") if not line.lstrip().startswith(("%", "!"))]
    return "\n".join(found)


def _loaded(text: str) -> object:
    for candidate in (text, re.sub(r"^\s*//[^\n]*$|,(?=\s*[}\]])", "", text, flags=re.MULTILINE)):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return None


class _Lines:
    """Finds on which line a text stands, going forward through the file."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def line(self, value: str) -> int:
        written = json.dumps(value, ensure_ascii=False)[1:-1]
        for form in (written, json.dumps(value)[1:-1], value[:40]):
            place = self.text.find(form[:200], self.at)
            if place < 0:
                place = self.text.find(form[:200])
            if place >= 0 and form:
                self.at = place
                return self.text.count("\n", 0, place) + 1
        return 1


def _walked(value: object, keys: tuple[str, ...], lines: _Lines) -> Iterator[Entry]:
    if len(keys) > 40:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if len(key) > 40:
                yield Entry((*keys, "key"), key, lines.line(key))
            yield from _walked(item, (*keys, key), lines)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walked(item, (*keys, str(number)), lines)
    elif isinstance(value, str) and value:
        yield Entry(keys, value, lines.line(value))


def _yaml(text: str) -> Iterator[Entry]:
    """Keys and values by line, whether or not the whole is valid; block texts are put together."""
    path: list[tuple[int, str]] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = YAML_LINE.match(line)
        if match is None:
            item = YAML_ITEM.match(line)
            yield Entry(tuple(key for _, key in path), (item.group(2) if item else line).strip().strip("'\""), number)
            continue
        indent = len(match.group(1))
        path = [part for part in path if part[0] < indent] + [(indent, match.group(2).strip().strip("- "))]
        value = match.group(3).strip()
        if value[:1] in ("|", ">"):
            block = []
            while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip()) > indent):
                block.append(lines[at].strip())
                at += 1
            yield Entry(tuple(key for _, key in path), "\n".join(block), number + 1)
        elif value:
            yield Entry(tuple(key for _, key in path), value.strip("'\""), number)


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
