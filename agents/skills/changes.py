"""What an update of a source would change, text by text. A text is compared when somebody asks for its lines."""

from dataclasses import dataclass
from datetime import datetime

from automatos.line_matching import MOST_STEPS
from automatos.textdiff import Line, compare

# Lines of both sides that are compared; of a longer text the new one is shown whole.
MOST_COMPARED = 4_000


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
        found = self.found(steps)
        return [*found.first, *(Line(found.kind, line) for line in found.text.splitlines())]

    def found(self, steps: int) -> "Found":
        """The same, with a text that is shown whole as it is."""
        if self.note:
            return Found([Line("skip", self.note)])
        if self.old is None or self.new is None:
            return Found([], *(("add", self.new or "") if self.old is None else ("del", self.old)))
        before, after = (len(text.splitlines()) for text in (self.old, self.new))
        if before + after <= MOST_COMPARED:
            return Found(compare(self.old, self.new, steps=steps, most=MOST_COMPARED))
        note = Line("skip", f"Too long to compare: {before:,} lines became these {after:,}.")
        return Found([note], "add", self.new)


@dataclass(frozen=True, slots=True)
class Found:
    """Lines of a file. text: of a longer one, all of whose lines of that kind follow the first ones."""

    first: list[Line]
    kind: str = "add"
    text: str = ""


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
