"""What a package can do and asks for, each with the line that says so, and whether its own words name it."""

import re
from collections.abc import Iterable, Mapping

from marketplace.packages.package import Package
from marketplace.scanning.hits import Fact, Reading
from marketplace.scanning.hosts import Host
from marketplace.scanning.inventory import Inventory
from marketplace.scanning.report import CardKind, CardRow

MOST = 60
ORDER: tuple[CardKind, ...] = (
    "hook",
    "mcp_server",
    "host",
    "command",
    "environment",
    "path",
    "tool",
    "dependency",
    "executable",
    "unread",
)
ASKED: dict[str, CardKind] = {
    "tool": "tool",
    "command": "command",
    "host": "host",
    "environment": "environment",
    "dependency": "dependency",
    "executable": "executable",
}
VARIABLE = re.compile(r"var:(\w+)")


class _Rows:
    """Collects rows, each once and at most sixty of a kind. said: the package's own words, in lower case."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.rows: dict[tuple[str, str], CardRow] = {}

    def add(
        self, kind: CardKind, value: str, file: str, line: int, *, declared: bool | None = None, note: str = ""
    ) -> None:
        """declared: whether the package says so; None to look for the value in its words."""
        if not value or (kind, value) in self.rows or sum(key[0] == kind for key in self.rows) >= MOST:
            return
        named = value.lower() in self.said if declared is None else declared
        self.rows[kind, value] = CardRow(kind, value[:200], file, line, named, note[:200])

    def add_host(self, host: Host, file: str, line: int) -> None:
        if host.name and host.kind != "placeholder":
            self.add(
                "host",
                host.name,
                file,
                line,
                declared=host.kind in ("own", "declared") or host.domain in self.said,
                note=host.kind,
            )

    def add_fact(self, fact: Fact, file: str) -> None:
        if fact.place is not None:
            self.add_host(fact.place, file, fact.line)
        for label in fact.labels:
            if match := VARIABLE.match(label):
                self.add("environment", match.group(1), file, fact.line)
        if fact.kind in ("write", "read", "delete") and fact.value.startswith(("~", "/etc", "/usr", "$HOME", "/var")):
            self.add("path", fact.value, file, fact.line, note=fact.kind)
        if fact.kind in ("install", "spawn"):
            self.add("command", fact.value, file, fact.line, declared=False)


def permission_card(package: Package, inventory: Inventory, readings: Mapping[str, Reading]) -> tuple[CardRow, ...]:
    """All rows, by kind; at most sixty of each."""
    said = (package.description, package.long_description, *(skill.description for skill in package.skills))
    rows = _Rows(" ".join(said).lower())
    for permission in package.permissions:
        if kind := ASKED.get(permission.kind):
            rows.add(kind, permission.value, permission.path, 1, declared=True)
    for hook in package.hooks:
        line = _line(readings, hook.path, hook.event)
        declared = hook.event.lower() in rows.said or "hook" in rows.said
        rows.add("hook", f"{hook.event} {hook.matcher}".strip(), hook.path, line, declared=declared, note=hook.action)
    for server in package.mcp_servers:
        command = server.url or " ".join((server.command, *server.args))
        rows.add("mcp_server", server.name, server.path, _line(readings, server.path, server.name), note=command)
    for path, reading in readings.items():
        for fact in reading.facts:
            rows.add_fact(fact, path)
        for sentence in reading.sentences:
            if sentence.any("SEND", "FETCH", "RUN", "SENDISH"):
                for host in sentence.hosts:
                    if host.kind not in ("service", "registry", "private"):
                        rows.add_host(host, path, sentence.segment.line)
    for path, what in inventory.unread.items():
        rows.add("unread", path, path, 0, declared=False, note=what)
    for file in package.files:
        if file.executable:
            rows.add("executable", file.path, file.path, 0, declared=False)
    return tuple(sorted(rows.rows.values(), key=lambda row: (ORDER.index(row.kind), row.value)))


def _line(readings: Mapping[str, Reading], path: str, text: str) -> int:
    reading = readings.get(path)
    return next((number for number, line in enumerate(reading.lines, 1) if text in line), 1) if reading else 1


def changes(card: Iterable[CardRow], before: Iterable[CardRow]) -> tuple[str, ...]:
    """What a version asks for that the one before did not, as sentences."""
    old = {(row.kind, row.value) for row in before}
    words = {
        "host": "calls",
        "hook": "runs by itself at",
        "mcp_server": "starts the server",
        "command": "runs",
        "environment": "reads the variable",
        "path": "touches",
        "tool": "asks for",
        "dependency": "depends on",
        "executable": "adds the program",
        "unread": "adds what cannot be read:",
    }
    return tuple(f"It newly {words[row.kind]} {row.value}." for row in card if (row.kind, row.value) not in old)
