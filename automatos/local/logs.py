"""One stream out of many log files: each line with the name of its process in front.

The processes write to files and never to us, so nobody who stops reading our output can hold them up.
"""

import contextlib
import os
import select
import shutil
import sys
import time
from pathlib import Path

BIGGEST_FILE = 20_000_000
BIGGEST_LOG = 5_000_000
PIPE_ATOM = 4096
COLOURS = {"web": 36, "worker": 32, "beat": 35, "model": 33, "postgres": 34, "valkey": 31, "demo": 92, "setup": 90}
WIDTH = 8


class Screen:
    """Our standard output. A reader who falls behind loses lines, which stay in the files; one who is gone, all."""

    def __init__(self) -> None:
        self.descriptor = sys.stdout.fileno()
        self.coloured = os.isatty(self.descriptor) and not os.environ.get("NO_COLOR")
        self.gone = False

    def line(self, text: str, *, name: str = "", patience: float = 0.2) -> None:
        """Write one line, waiting at most `patience` seconds for room."""
        if name:
            prefix = f"{name:<{WIDTH}} | "
            text = f"\033[{COLOURS.get(name, 37)}m{prefix}\033[0m{text}" if self.coloured else prefix + text
        data = (text + "\n").encode(errors="replace")
        deadline = time.monotonic() + patience
        while data and not self.gone:
            _, writable, _ = select.select([], [self.descriptor], [], max(0.0, deadline - time.monotonic()))
            if not writable:
                return
            try:
                data = data[os.write(self.descriptor, data[:PIPE_ATOM]) :]
            except OSError:
                self.gone = True


class Tail:
    """What is new in one log file since the last look."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.offset = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Complete lines only; what has no line end yet comes with the next look."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                if size < self.offset:
                    self.offset = 0
                file.seek(self.offset)
                data = file.read()
        except OSError:
            return []
        self.offset += len(data)
        self._keep_small()
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode(errors="replace").rstrip("\r") for line in lines]

    def _keep_small(self) -> None:
        if self.offset > BIGGEST_FILE:
            # Writers append, so cutting the file under them is safe; the previous part is kept beside it.
            with contextlib.suppress(OSError):
                shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
                os.truncate(self.path, 0)
                self.offset = 0


class LogScreen:
    """The screen together with the log files shown on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screen = Screen()
        self.tails: list[Tail] = []

    def watch(self, *names: str) -> None:
        """From now on show what these processes write."""
        for name in names:
            self.tails.append(Tail(name, rotated(self.folder / f"{name}.log")))

    def follow(self, listen_to: str = "") -> str:
        """Show what is new; gives back the last line of one process."""
        last = ""
        for tail in self.tails:
            for line in tail.new_lines():
                self.screen.line(line, name=tail.name)
                last = line if tail.name == listen_to and line.strip() else last
        return last

    def say(self, text: str) -> None:
        """A line of the supervisor's own."""
        self.screen.line(text, name="up")


def rotated(path: Path) -> Path:
    """A log file ready to be appended to; a big one is put aside first, once."""
    if path.exists() and path.stat().st_size > BIGGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path
