"""The YAML between two `---` lines at the top of a Markdown file, read so that no input can hurt or surprise.

Every scalar stays the text its author wrote (`version: 1.0` is "1.0", `yes` is "yes"). Values are counted as aliases
multiply them. What is not YAML is read line by line, for the commonest mistake is a colon in an unquoted sentence.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

FENCE = "---"
LONGEST = 32_768
DEEPEST = 8
MOST_NODES = 2_000
# The parser's time grows with the square of open brackets.
MOST_BRACKETS = 500
KEY_LINE = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*)|$)")
BLOCK_MARK = re.compile(r"[|>][+-]?\d?$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a file's head says. problem: why there is none to use; body: what follows it.

    excess: which limit the head breaks, as no head does that a person wrote.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    body: str = ""
    warnings: tuple[str, ...] = ()
    problem: str = ""
    excess: str = ""


class _Refused(Exception):
    """YAML that is valid but not taken here; the message is a clause."""


class _Excess(_Refused):
    """YAML that breaks a limit."""


def read_front_matter(text: str) -> FrontMatter:
    """Head and body of a Markdown file with \\n line ends. Never raises."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return FrontMatter(body=text, problem="It has no front matter: its first line must be ---.")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), 0)
    if not end:
        return FrontMatter(body=text, problem="Its front matter never ends: close it with a line ---.")
    head, body = "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]).strip("\n")
    if len(head) > LONGEST:
        excess = f"it is longer than {LONGEST:,} characters"
        return FrontMatter(body=body, problem=f"Its front matter cannot be used: {excess}.", excess=excess)
    fields, warnings, excess = _read(head)
    return FrontMatter(fields=fields, body=body, warnings=tuple(warnings), excess=excess)


def _read(head: str) -> tuple[dict[str, Any], list[str], str]:
    """Fields, warnings and the limit that is broken, as YAML or, where that fails, line by line."""
    excess = ""
    try:
        return *_as_yaml(head), excess
    except _Refused as error:
        why = str(error)
        excess = why if isinstance(error, _Excess) else ""
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 2}: " if error.problem_mark else ""
        why = f"{place}{error.problem or 'it cannot be read'}"
    except (yaml.YAMLError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
    except RecursionError:
        why = excess = f"it is nested deeper than {DEEPEST} levels"
    said = f"The front matter is not usable YAML ({why}). It was read line by line; put quotes round texts."
    return _line_by_line(head), [said], excess


def _as_yaml(head: str) -> tuple[dict[str, Any], list[str]]:
    if head.count("[") + head.count("{") > MOST_BRACKETS:
        raise _Excess(f"it holds more than {MOST_BRACKETS} brackets")
    loader = yaml.BaseLoader(head)
    try:
        node = loader.get_single_node()
    finally:
        loader.dispose()
    if node is None:
        return {}, []
    if not isinstance(node, yaml.MappingNode):
        raise _Refused("it must be a list of `name: value` lines")
    builder = _Builder()
    value = builder.value(node, 1)
    return value, builder.warnings


class _Builder:
    """Turns nodes into text, lists and dictionaries, counting as it goes."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._left = MOST_NODES

    def value(self, node: yaml.Node, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _Excess(f"it holds more than {MOST_NODES:,} values")
        if depth > DEEPEST:
            raise _Excess(f"it is nested deeper than {DEEPEST} levels")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.value(key, depth + 1)
                raise _Refused("a name in it is a list or mapping")
            name = str(key.value)
            if name in found:
                self.warnings.append(f"`{name}` stands in the front matter twice; the last one counts.")
            found[name] = self.value(item, depth + 1)
        return found


def _line_by_line(head: str) -> dict[str, Any]:
    """Top-level `name: text` lines, each with the indented lines under it joined to it."""
    found: dict[str, Any] = {}
    name = ""
    for line in head.split("\n"):
        if match := KEY_LINE.match(line):
            name = match[1]
            value = (match[2] or "").strip()
            found[name] = "" if BLOCK_MARK.match(value) else _unquoted(value)
        elif name and line[:1] in {" ", "\t"} and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
