"""What an update of a source would change, text by text. A text is compared when somebody asks for its lines."""

from dataclasses import dataclass
from datetime import datetime

from automatos.line_matching import MOST_STEPS
from automatos.textdiff import Line, compare

# Lines of both sides that are compared; of a longer text the new one is shown whole.
MOST_COMPARED = 20_000


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of a skill in both versions. kind: added, removed or changed.

    old, new: its text; None where there is no such file. note: stands for the lines of what is no text.
    steps: its share of what comparing a whole update may take.
    """

    path: str
    kind: str
    old: str | None = None
    new: str | None = None
    note: str = ""
    steps: int = MOST_STEPS

    @property
    def lines(self) -> list[Line]:
        """What differs, as exactly as there is time for where a whole update is read at once."""
        return self.compared(self.steps)

    def compared(self, steps: int) -> list[Line]:
        """What differs, with a little of what surrounds it; every line of a text that is on one side alone.

        steps: how exactly may be searched (`automatos.line_matching`).
        """
        if self.note:
            return [Line("skip", self.note)]
        if self.old is None or self.new is None:
            kind, text = ("add", self.new) if self.old is None else ("del", self.old)
            return [Line(kind, line) for line in (text or "").splitlines()]
        if self.old.count("\n") + self.new.count("\n") <= MOST_COMPARED:
            return compare(self.old, self.new, steps=steps, most=MOST_COMPARED + 2)
        lines = [Line("add", line) for line in self.new.splitlines()]
        before = len(self.old.splitlines())
        return [Line("skip", f"Too long to compare: {before:,} lines became these {len(lines):,}."), *lines]


@dataclass(frozen=True, slots=True)
class ChangedSkill:
    """A skill that an update would change, add or remove. body: its SKILL.md; agents: who has it.

    tools_added: what its author newly asks to have pre-approved, which grants nothing.
    """

    name: str
    body: ChangedFile
    files: list[ChangedFile]
    tools_added: tuple[str, ...] = ()
    moved_to: str = ""
    warnings: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    @property
    def lines(self) -> list[Line]:
        """Its SKILL.md compared; empty where only its files or its folder changed."""
        return self.body.lines


@dataclass(frozen=True, slots=True)
class Update:
    """An update that waits."""

    commit: str
    found_at: datetime
    warnings: list[str]
    changed: list[ChangedSkill]
    added: list[ChangedSkill]
    removed: list[ChangedSkill]
