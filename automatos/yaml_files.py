"""YAML from people, read within bounds, with the line of each value; and written so that reading gives the same back.

Only what JSON has too can be in it: no references, no tags, no dates, no `yes` for true, and no name twice.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.emitter import ScalarAnalysis

from automatos.errors import InvalidInput

LONGEST = 1_000_000
DEEPEST = 40
MOST_VALUES = 50_000
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,18})")
BROKEN = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?")
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
# Letters that a block of lines would not give back.
ODD = re.compile("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")
# What stands in double quotes as an escape.
ESCAPED = re.compile(r'["\\]|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]')
# Characters from which on a text is written at once; of one line, it stands in quotes.
LONG = 2_000
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Read:
    """A file's value, and the line of each part of it by its path, from 1."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of a part; of what holds it where it is not there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class YamlError(InvalidInput):
    """A file that cannot be read. line: where, from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"Line {line}: {text}", code="unreadable_yaml", fields={"yaml": [f"Line {line}: {text}"]})
        self.line = line


def read(text: str) -> Read:
    """What the text says. Raises YamlError with the line where it says it wrongly, or more than is read."""
    if len(text) > LONGEST:
        raise YamlError(1, f"The file has {len(text):,} characters; {LONGEST:,} are read.")
    try:
        return _Reading(yaml.parse(text, Loader=yaml.CSafeLoader)).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = str(error.problem or error.context or "this cannot be read")
        line = min(mark.line + 1 if mark else 1, text.count("\n") + 1)
        raise YamlError(line, f"This is not YAML: {said}.") from None
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise YamlError(line, "A character here cannot stand in YAML. Write it as \\x.. in double quotes.") from None
    except UnicodeEncodeError:
        raise YamlError(1, "The file holds half of a character (a lone surrogate); remove it.") from None


class _Reading:
    """Goes through the events of one file."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.found = Read()

    def read(self) -> Read:
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.DocumentStartEvent):
            self.found.value = self._value(next(self.events), ())
            next(self.events)
            if not isinstance(event := next(self.events), yaml.StreamEndEvent):
                raise YamlError(event.start_mark.line + 1, "A second document begins here. Keep one in a file.")
        return self.found

    def _value(self, event: Any, path: Path) -> Any:
        line = event.start_mark.line + 1
        self.found.lines.setdefault(path, line)
        if len(self.found.lines) > MOST_VALUES:
            raise YamlError(line, f"The file holds more than {MOST_VALUES:,} values.")
        if len(path) > DEEPEST:
            raise YamlError(line, f"This is nested deeper than {DEEPEST} levels.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlError(line, "References (&name, *name) are not read here. Write the value out.")
        if getattr(event, "tag", None) not in (None, "!"):
            raise YamlError(line, f"Tags such as {event.tag} are not read here.")
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else _plain(event.value)
        return self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._object(path)

    def _list(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        return found

    def _object(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlError(line, "A name must be text.")
            if event.value in found:
                raise YamlError(line, f"{event.value[:60]} stands here a second time.")
            self.found.lines[*path, event.value] = line
            found[event.value] = self._value(next(self.events), (*path, event.value))
        return found


def _plain(text: str) -> Any:
    """What stands without quotes: a number, true, false, null, or text."""
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if BROKEN.fullmatch(text) else text


class _Writer(yaml.SafeDumper):
    """Indents lists, and writes texts of several lines as they are; long texts at once instead of letter by letter."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def analyze_scalar(self, scalar: str) -> ScalarAnalysis:
        # Of a long text `_text` has said how it is written.
        if len(scalar) > LONG and isinstance(self.event, yaml.ScalarEvent) and self.event.style in ("|", '"'):
            return ScalarAnalysis(scalar, False, "\n" in scalar, False, False, False, True, True)
        return super().analyze_scalar(scalar)

    def write_literal(self, text: str) -> None:
        if len(text) <= LONG:
            super().write_literal(text)
            return
        hints = self.determine_block_hints(text)
        self.write_indicator(f"|{hints}", True)
        self.open_ended = self.open_ended or hints.endswith("+")
        self.write_line_break()
        indent, lines = " " * (self.indent or 0), text.removesuffix("\n").split("\n")
        self.stream.write("\n".join(f"{indent}{line}" if line else "" for line in lines))
        self.line += len(lines) - 1
        self.write_line_break()

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        if len(text) <= LONG:
            super().write_double_quoted(text, split)
            return
        self.write_indicator(f'"{ESCAPED.sub(_escape, text)}', True)
        self.write_indicator('"', False)


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if letter in yaml.SafeDumper.ESCAPE_REPLACEMENTS:
        return f"\\{yaml.SafeDumper.ESCAPE_REPLACEMENTS[letter]}"
    code = ord(letter)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _text(writer: _Writer, text: str) -> yaml.ScalarNode:
    style = None
    if len(text) > LONG:
        style = "|" if "\n" in text and not (ODD.search(text) or " \n" in text or text.endswith(" ")) else '"'
    elif ODD.search(text):
        style = '"'
    elif "\n" in text:
        style = "|"
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def written(value: Mapping[str, Any]) -> str:
    """The value as a file, names in the order they have; the same value gives the same bytes."""
    return yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100_000)
