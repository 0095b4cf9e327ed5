"""A shell text cut into commands, leniently: quotes, continuations, here-documents, substitutions, constants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from marketplace.scanning.code.shell_names import BEFORE, TAKES_OPTIONS

HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
ASSIGNED = re.compile(
    r"^\s*(?:export\s+|local\s+|readonly\s+|"
    r"declare\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)=(.*)$",
    re.DOTALL,
)
VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)(?::?[-=+?][^}]*)?\}|\$([A-Za-z_]\w*)")
ANSI = re.compile(r"\$'((?:[^'\\]|\\.)*)'")
ESCAPE = re.compile(r"\\x([0-9a-fA-F]{1,2})|\\([0-7]{1,3})|\\u([0-9a-fA-F]{4})|\\n")
EMPTY = re.compile(r"(?<=\w)(?:''|\"\"|\$@|\$\*|\$\{@\}|\$9)(?=\w)|\\(?=[a-z]{1,3}\w*\b)(?<=\w\\)")
FIELDS = re.compile(r"\$\{?IFS(?:%\?+|:[^}]*)?\}?(?:\$9)?")
LONGEST = 200_000
# Stands for the word of a command that only sets a variable.
ASSIGNMENT = "\x02="


@dataclass
class Heredoc:
    """Text between `<<WORD` and WORD."""

    text: str
    line: int


@dataclass
class ShellCommand:
    """One command of a pipeline.

    words: unquoted, variables filled in where they are known; raw: as written; inner: texts of substitutions; writes,
    reads: files it is redirected to and from.
    """

    words: list[str]
    raw: str
    line: int
    inner: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    heredoc: Heredoc | None = None
    process: bool = False


@dataclass
class Pipeline:
    """Commands joined by `|`, and the assignments before them."""

    commands: list[ShellCommand]
    line: int


class ShellText:
    """Reads a text once; `variables` holds what is known by the end."""

    def __init__(self, text: str, line: int = 1) -> None:
        self.variables: dict[str, str] = {}
        self.inners: dict[str, list[str]] = {}
        self.lines = list(_logical_lines(text[:LONGEST], line))

    def pipelines(self) -> Iterator[Pipeline]:
        for number, text, heredoc in self.lines:
            for statement in split(text, (";", "&&", "||", "&", "\n")):
                read = (self._command(part, number) for part in split(statement, ("|", "|&")))
                commands = [command for command in read if command is not None]
                if commands:
                    if heredoc is not None:
                        commands[0].heredoc = heredoc
                    yield Pipeline(commands, number)

    def _command(self, text: str, number: int) -> ShellCommand | None:
        text = text.strip()
        if (group := _group(text, number)) is not None:
            return group
        text = _unsubshelled(text)
        match = ASSIGNED.match(text)
        if match and not _has_word_after(match.group(2)):
            return self._assign(match.group(1), match.group(2), text, number)
        plain = FIELDS.sub(" ", text)
        plain = ANSI.sub(lambda found: ansi(found.group(1)), plain)
        plain = EMPTY.sub("", plain)
        inner, plain = substitutions(plain)
        for name in VARIABLE.findall(plain):
            inner += self.inners.get(name[0] or name[1], [])
        plain = VARIABLE.sub(self._value, plain)
        words = unquoted(plain)
        _drop_before(words)
        if not words:
            return None
        command = ShellCommand([], text, number, inner)
        _redirected(words, command)
        return command

    def _assign(self, name: str, value: str, text: str, number: int) -> ShellCommand:
        inner, plain = substitutions(value)
        if inner:
            self.inners[name] = inner
        plain = ANSI.sub(lambda found: ansi(found.group(1)), plain)
        plain = VARIABLE.sub(self._value, plain)
        parts = unquoted(plain)
        self.variables[name] = " ".join(parts) if not inner else f"${name}"
        return ShellCommand([ASSIGNMENT, name, *parts], text, number, inner)

    def _value(self, match: re.Match[str]) -> str:
        name = match.group(1) or match.group(2)
        value = self.variables.get(name, match.group())
        return value if len(value) < 2_000 else match.group()


def _group(text: str, number: int) -> ShellCommand | None:
    """`( … )` or `{ …; }` with its redirections."""
    if not text.startswith(("(", "{ ")) or text.startswith("(("):
        return None
    end = _closing(text, 0) if text[0] == "(" else text.rfind("}")
    if not 0 < end < len(text):
        return None
    command = ShellCommand([], text, number, [text[1:end]])
    _redirected(["subshell", *unquoted(text[end + 1 :])], command)
    return command


def _drop_before(words: list[str]) -> None:
    """Take away words like `sudo`, `then` and assignments, which stand before the command proper."""
    if words and words[0][:1] in "@-+" and words[0][1:2].isalpha():
        words[0] = words[0].lstrip("@-+")
    while len(words) > 1 and (words[0] in BEFORE or ASSIGNED.match(words[0])):
        skipped = words.pop(0)
        while skipped in TAKES_OPTIONS and len(words) > 1 and (words[0].startswith("-") or words[0][:1].isdigit()):
            words.pop(0)


def _has_word_after(value: str) -> bool:
    """Whether something follows an assignment on its line, so that it holds for one command only."""
    _, plain = substitutions(value)
    return len(unquoted(plain)) > 1 and not value.lstrip().startswith(("(", "'", '"', "$"))


def _unsubshelled(text: str) -> str:
    while text.startswith("(") and text.endswith(")") and not text.startswith("(("):
        text = text[1:-1].strip()
    return text.lstrip("({ ").strip() if text.startswith(("( ", "{ ", "(")) and not text.startswith("((") else text


def ansi(text: str) -> str:
    """What stands between `$'` and `'`."""

    def one(match: re.Match[str]) -> str:
        if match.group(1) or match.group(3):
            return chr(int(match.group(1) or match.group(3), 16))
        return chr(int(match.group(2), 8) & 255) if match.group(2) else "\n"

    return ESCAPE.sub(one, text)


def _logical_lines(text: str, line: int) -> Iterator[tuple[int, str, Heredoc | None]]:
    """Lines with their continuations, open quotes closed, here-documents taken out."""
    raw = text.split("\n")
    at = 0
    while at < len(raw):
        start, current = at, raw[at].rstrip("\r")
        at += 1
        if current.lstrip().startswith("#") and not current.startswith("#!"):
            continue
        while at < len(raw) and (current.rstrip().endswith(("\\", "|", "&&")) and at - start < 40):
            current = current.rstrip()
            current = (current[:-1] if current.endswith("\\") else current) + " " + raw[at].strip()
            at += 1
        while at < len(raw) and _open_quote(current) and at - start < 60:
            current += "\n" + raw[at]
            at += 1
        heredoc = None
        if "<<" in current and (match := HEREDOC.search(current)) and "<<<" not in current:
            end = next((number for number in range(at, len(raw)) if raw[number].strip() == match.group(2)), None)
            if end is not None:
                heredoc = Heredoc("\n".join(raw[at:end]), line + at)
                at = end + 1
                current = current[: match.start()] + current[match.end() :]
        yield line + start, current, heredoc


def _open_quote(text: str) -> bool:
    """Whether a quotation or substitution is still open."""
    single = double = False
    depth = at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and not single:
            at += 2
            continue
        if char == "'" and not double:
            if at and text[at - 1].isalpha() and at + 1 < len(text) and text[at + 1].isalpha() and not single:
                at += 1
                continue
            single = not single
        elif char == '"' and not single:
            double = not double
        elif char == "(" and not single and at and text[at - 1] == "$":
            depth += 1
        elif char == ")" and depth and not single:
            depth -= 1
        at += 1
    return (single or double or depth > 0) and len(text) < 20_000


def split(text: str, marks: tuple[str, ...]) -> list[str]:
    """The parts between marks that stand outside quotes and substitutions."""
    parts, start, at, depth = [], 0, 0, 0
    quote = ""
    while at < len(text):
        char = text[at]
        if char == "\\" and quote != "'":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif depth <= 0:
            if char == "#" and (at == 0 or text[at - 1] in " \t\n;"):
                end = text.find("\n", at)
                text = text[:at] + (text[end:] if end >= 0 else "")
                continue
            mark = next((item for item in sorted(marks, key=len, reverse=True) if text.startswith(item, at)), "")
            single = mark in ("|", "&") and (
                text[at : at + 2] in ("||", "&&", "&>", "&|") or (at and text[at - 1] in "><&|")
            )
            if mark and not single:
                parts.append(text[start:at])
                at += len(mark)
                start = at
                continue
            if single and text[at : at + 2] in ("||", "&&"):
                at += 2
                continue
        at += 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def substitutions(text: str) -> tuple[list[str], str]:
    """The commands whose output is put in, and the text with a mark in their place."""
    found: list[str] = []
    out: list[str] = []
    at, single = 0, False
    double = False
    while at < len(text):
        char = text[at]
        if char == '"' and not single:
            double = not double
        elif char == "'" and not double:
            single = not single
        if not single and text.startswith(("$(", "<(", ">("), at) and not text.startswith("$((", at):
            end = _closing(text, at + 1)
            found.append(text[at + 2 : end])
            out.append("\x01")
            at = end + 1
            continue
        if not single and char == "`" and (end := text.find("`", at + 1)) > 0:
            found.append(text[at + 1 : end])
            out.append("\x01")
            at = end + 1
            continue
        out.append(char)
        at += 1
    return found, "".join(out)


def _closing(text: str, at: int) -> int:
    depth = 0
    quote = ""
    for place in range(at, len(text)):
        char = text[place]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return place
    return len(text)


def unquoted(text: str) -> list[str]:
    """Words without their quotes; redirections are words of their own."""
    words: list[str] = []
    current: list[str] = []
    open_word = False
    quote, at = "", 0
    while at < len(text):
        char = text[at]
        if quote:
            if char == quote:
                quote = ""
            elif char == "\\" and quote == '"' and at + 1 < len(text) and text[at + 1] in '"\\$`':
                at += 1
                current.append(text[at])
            else:
                current.append(char)
        elif char in "'\"":
            quote, open_word = char, True
        elif char == "\\" and at + 1 < len(text):
            at += 1
            current.append(text[at])
        elif char in " \t\n":
            if current or open_word:
                words.append("".join(current))
            current, open_word = [], False
        elif char in "<>":
            while current and current[-1].isdigit() and len(current) == 1:
                current.pop()
            if current:
                words.append("".join(current))
            mark = char
            while at + 1 < len(text) and text[at + 1] in "<>&|":
                at += 1
                mark += text[at]
            words.append(mark)
            current, open_word = [], False
        else:
            current.append(char)
        at += 1
    if current or open_word:
        words.append("".join(current))
    return words


def _redirected(words: list[str], command: ShellCommand) -> None:
    at = 0
    while at < len(words):
        word = words[at]
        if word and not word.strip("<>&|") and word[0] in "<>":
            target = words[at + 1] if at + 1 < len(words) else ""
            if target and not target.isdigit():
                if word.startswith("<<<"):
                    command.words += ["<<<", target]
                elif word.startswith("<"):
                    command.reads.append(target)
                else:
                    command.writes.append(target)
            at += 2
            continue
        if word.startswith("&>"):
            at += 1
            continue
        command.words.append(word)
        at += 1
