"""A run told in a terminal: lines that stay, and in a real terminal a last line that moves."""

import os
import shutil
import unicodedata
from io import TextIOBase

DIM, PLAIN, WIPE, UP = "\x1b[2m", "\x1b[0m", "\r\x1b[2K", "\x1b[1A"
BAR_WIDTH = 20


def clean(text: str) -> str:
    """Text that cannot move the cursor or change the terminal: of control characters only line breaks stay."""
    spaced = text.replace("\t", "    ")
    return "".join(letter for letter in spaced if letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cf"})


def width(letter: str) -> int:
    """How many columns a character takes."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def fitting(text: str, columns: int) -> int:
    """How many characters of the text fit into so many columns."""
    used = 0
    for place, letter in enumerate(text):
        used += width(letter)
        if used > columns:
            return place
    return len(text)


class Screen:
    """Writes to a terminal, or plain lines to anything else."""

    def __init__(self, out: TextIOBase) -> None:
        self.out = out
        self.live = out.isatty() and os.environ.get("TERM") != "dumb"
        self._fancy = (getattr(out, "encoding", None) or "").lower().replace("-", "") == "utf8"
        self._partial = ""
        self._status = ""
        self._shown = 0

    def bar(self, done: int, total: int) -> str:
        """How much is done, drawn."""
        full = BAR_WIDTH * done // total if total else 0
        marks = ("█", "░") if self._fancy else ("#", "-")
        return marks[0] * full + marks[1] * (BAR_WIDTH - full)

    def line(self, text: str) -> None:
        """A line that stays."""
        self._wipe()
        self._end_partial()
        self._write(text + "\n")
        self._draw()

    def stream(self, text: str) -> None:
        """More text of an answer; shown dimmed, and only in a real terminal."""
        if not self.live:
            return
        self._wipe()
        self._partial += clean(text)
        *whole, self._partial = self._partial.split("\n")
        for line in whole:
            self._write_dimmed(line)
        columns = self._columns()
        while (room := fitting(self._partial, columns)) < len(self._partial):
            # Break at the last blank, or in the middle of a word wider than the screen.
            at = self._partial.rfind(" ", 1, room + 1)
            at = at if at > 0 else max(room, 1)
            self._write(f"{DIM}{self._partial[:at]}{PLAIN}\n")
            self._partial = self._partial[at:].lstrip(" ")
        self._draw()

    def status(self, text: str) -> None:
        """The last line from now on; plain output has none."""
        self._status = text
        if self.live:
            self._wipe()
            self._draw()

    def close(self) -> None:
        """Leave the cursor on a fresh line, with everything that was said above it."""
        self._wipe()
        self._end_partial()
        self._status = ""
        self.out.flush()

    def _write(self, text: str) -> None:
        encoding = getattr(self.out, "encoding", None) or "utf-8"
        self.out.write(text.encode(encoding, "replace").decode(encoding))

    def _write_dimmed(self, line: str) -> None:
        columns = self._columns()
        while line:
            room = max(fitting(line, columns), 1)
            self._write(f"{DIM}{line[:room]}{PLAIN}\n")
            line = line[room:]

    def _end_partial(self) -> None:
        if self._partial:
            self._write_dimmed(self._partial)
            self._partial = ""

    def _wipe(self) -> None:
        """Take the moving lines away."""
        if self._shown:
            self.out.write(WIPE + (UP + WIPE) * (self._shown - 1))
            self._shown = 0

    def _draw(self) -> None:
        """Put the moving lines back."""
        if self.live:
            columns = self._columns()
            partial = f"{DIM}{self._partial}{PLAIN}" if self._partial else ""
            lines = [line for line in (partial, self._status[: fitting(self._status, columns)]) if line]
            self._write("\n".join(lines))
            self._shown = len(lines)
        self.out.flush()

    @staticmethod
    def _columns() -> int:
        return max(shutil.get_terminal_size().columns - 1, 20)
