"""What is known while a shell text is read: labels of files and variables, and the facts found so far."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from marketplace.scanning.code.semantics import is_secret_variable
from marketplace.scanning.code.shell_names import BARE, DEV_TCP, URL, VARIABLES
from marketplace.scanning.code.shell_words import ShellCommand
from marketplace.scanning.hits import Fact
from marketplace.scanning.hosts import Host, Known
from marketplace.scanning.prose.reading import SECRET_PATH

Labels = frozenset[str]
# Every secret of a workflow at once.
ALL_SECRETS = re.compile(r"toJSON\(\s*secrets\s*\)", re.IGNORECASE)
NONE: Labels = frozenset()


@dataclass
class ShellContext:
    """What is known while a text is read: labels of files, variables and the facts found so far."""

    known: Known
    facts: list[Fact] = field(default_factory=list)
    files: dict[str, Labels] = field(default_factory=dict)
    variables: dict[str, Labels] = field(default_factory=dict)
    block: int = 0
    depth: int = 0
    nested: Callable[[str, str, int], Labels] | None = None
    functions: dict[str, str] = field(default_factory=dict)
    last_place: Host | None = None

    def note(
        self,
        kind: str,
        command: ShellCommand,
        labels: Labels = NONE,
        place: Host | None = None,
        value: str = "",
        **extra: object,
    ) -> None:
        decoded = str(extra.pop("decoded", ""))
        self.facts.append(
            Fact(kind, command.line, command.raw[:400], labels, place, value, self.block, decoded=decoded, extra=extra)
        )


def host_in(text: str, known: Known) -> Host | None:
    if match := DEV_TCP.search(text):
        return known.host(match.group(1))
    if match := URL.search(text):
        return known.host(match.group())
    for word in re.findall(r"[\w.$<>{}-]+", text):
        if BARE.match(word) or VARIABLES.match(word) or re.fullmatch(r"[A-Z_]*(?:IP|HOST|LHOST)[A-Z_]*|<.*>", word):
            return known.host(word)
    return None


def argument_labels(words: list[str], context: ShellContext) -> Labels:
    found: set[str] = set()
    for word in words:
        for name in VARIABLES.findall(word):
            found |= context.variables.get(name, NONE)
            if is_secret_variable(name) and name not in context.variables:
                found |= {"secretvar", f"var:{name}"}
        if word in context.files:
            found |= context.files[word]
        if ALL_SECRETS.search(word):
            found |= {"environment"}
        if word.startswith("@") or "=@" in word:
            found |= file_labels(word.rpartition("@")[2], context)
    return frozenset(found)


def outgoing(words: list[str], context: ShellContext) -> Labels:
    """Labels of the files that are named among the arguments."""
    found: Labels = NONE
    for word in words:
        if word.startswith("-") and "=" not in word:
            continue
        if word in (".", "*", "..", "./"):
            found |= {"file"}
        elif SECRET_PATH.search(word):
            found |= {"secret", "file"}
        elif re.search(r"/|\.\w{1,5}$|^~|\*", word) and not URL.match(word) and len(word) < 300:
            found |= {"file"} | context.files.get(word, NONE)
    return found


def file_labels(path: str, context: ShellContext) -> Labels:
    path = path.rstrip(";,)\"'").split(";")[0]
    if path in ("-", "/dev/stdin"):
        return NONE
    if SECRET_PATH.search(path):
        return frozenset(("secret", "file"))
    return frozenset(("file",)) | context.files.get(path, NONE)
