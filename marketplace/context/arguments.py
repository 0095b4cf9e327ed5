"""The arguments of a command: where its text has places for them, and the text with what was given in them.

`$ARGUMENTS` is the whole line, `$1` to `$9` its words; `$name` those that the front matter names, in their order.
`$ARGUMENTS[0]` is the first word, and `$1` the second one in a text that says `$0`.
"""

import re
import shlex
from collections.abc import Mapping
from typing import Any

POSITIONS = 9
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,39}"
PLACEHOLDER = re.compile(
    rf"\$(?:ARGUMENTS\[(?P<index>[0-8])\]|(?P<all>ARGUMENTS)\b|(?P<place>[0-9])\b|(?P<name>{NAME})\b)"
)
PAIR = re.compile(rf"({NAME})=(.*)", re.DOTALL)


def named_arguments(row: Mapping[str, Any]) -> list[str]:
    """Names of a command's own, from its front matter: `arguments: [file, mode]` or `arguments: file mode`."""
    extra = row.get("extra")
    value = extra.get("arguments") if isinstance(extra, dict) else None
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(word) for word in words if re.fullmatch(NAME, str(word))][:20]


def places_in(body: str, named: list[str]) -> tuple[int, bool]:
    """How many words the text has places for, and whether it takes the whole line: it says so, or says nothing."""
    offset = _offset(body)
    numbers, takes_all, has_named = [0], False, bool(named)
    for match in PLACEHOLDER.finditer(body):
        takes_all = takes_all or bool(match["all"])
        if (place := _place(match, offset)) is not None:
            numbers.append(place)
    return max(numbers), takes_all or not (max(numbers) or has_named)


def filled(body: str, named: list[str], given: Mapping[str, Any]) -> str:
    """The text with the arguments in their places; what was not given is empty.

    given: `arguments`, the whole line; `argument_1` and so on; and by name. A line alone is taken apart into words.
    What the text has no place for stands at its end.
    """
    places = [str(given.get(f"argument_{number}", "")) for number in range(1, POSITIONS + 1)]
    names = {name: str(given.get(name, "")) for name in named}
    line = str(given.get("arguments", ""))
    if line and not any(places) and not any(names.values()):
        places, names = _taken_apart(line, named)
    line = line or " ".join(filter(None, [*places, *names.values()]))
    offset, used = _offset(body), []

    def put(match: re.Match[str]) -> str:
        used.append(match)
        if match["all"]:
            return line
        if (place := _place(match, offset)) is not None:
            return places[place - 1] if place <= POSITIONS else ""
        if match["name"] in named:
            return names.get(match["name"], "")
        used.pop()
        return match[0]

    text = PLACEHOLDER.sub(put, body)
    return f"{text}\n\nARGUMENTS: {line}" if line and not used else text


def _taken_apart(line: str, named: list[str]) -> tuple[list[str], dict[str, str]]:
    """The words of a line by place and by name: `name=value`, else the names take the words in their order."""
    pairs: dict[str, str] = {}
    words = []
    for word in _words(line):
        match = PAIR.fullmatch(word)
        if match and match[1] in named:
            pairs[match[1]] = match[2]
        else:
            words.append(word)
    rest = [name for name in named if name not in pairs]
    return [*words, *[""] * POSITIONS][:POSITIONS], {**dict(zip(rest, words, strict=False)), **pairs}


def _offset(body: str) -> int:
    """1 where the text counts its words from `$0`, else 0."""
    return int(any(match["place"] == "0" for match in PLACEHOLDER.finditer(body)))


def _place(match: re.Match[str], offset: int) -> int | None:
    """Which word is meant, the first one being 1."""
    if match["index"]:
        return int(match["index"]) + 1
    return int(match["place"]) + offset if match["place"] else None


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
