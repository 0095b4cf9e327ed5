"""The git command in a cage: an empty home, no configuration but ours, hard limits of time, disk, memory and processor.

Why the real git and not a library in Python (dulwich): a repository is hostile input, and only another process can be
limited by the kernel and killed when it unpacks a bomb; git's own fixes arrive with the operating system's updates.
Nothing is ever checked out: objects go into a bare repository and are read by their id, so hooks, filters, attributes,
submodules, large-file pointers, symbolic links and file names that escape have nothing to act on.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import Literal

from automatos.errors import Unavailable

# http.curloptResolve, by which a connection goes to the checked address only, came with this version.
OLDEST = (2, 37)
LOOK_SECONDS = 0.05
# A killed process needs the processor once more to die, and what it started is not waited for by us.
DYING_SECONDS = 5.0
STDERR_TAIL = 4_000
BLOCK = 512  # what `ulimit -f` counts in
# A limit some system does not know is left out; the others hold.
SCRIPT = 'ulimit -f "$1"; ulimit -t "$2"; ulimit -v "$3" 2>/dev/null; ulimit -c 0 2>/dev/null; shift 3; exec "$@"'
LIMITED = ("/bin/sh", "-c", SCRIPT, "sh")
SETTINGS = {
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "http.followRedirects": "false",
    "http.proxy": "",
    "http.sslVerify": "true",
    "http.lowSpeedLimit": "1000",
    "credential.helper": "",
    "core.askPass": "",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.bigFileThreshold": "4m",
    "core.packedGitWindowSize": "16m",
    "core.packedGitLimit": "128m",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",
    "transfer.bundleURI": "false",
    "pack.threads": "1",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one repository may cost. seconds: for everything; idle_seconds: with less than 1,000 bytes a second.

    disk_bytes: what any one command may add; memory and processor: of any one process.
    """

    seconds: float = 120.0
    idle_seconds: int = 20
    disk_bytes: int = 100_000_000
    memory_bytes: int = 1_000_000_000
    processor_seconds: int = 60


class GitFailed(Exception):
    """A git command that came to nothing. why: failed, slow or large; said: the end of what it wrote as its error."""

    def __init__(self, why: Literal["failed", "slow", "large"], said: str = "") -> None:
        super().__init__(said)
        self.why, self.said = why, said


class Cage:
    """A folder in which git works, and the limits that all its commands share. environment: beside what it knows."""

    def __init__(
        self, folder: Path, limits: Limits, settings: Mapping[str, str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder, self.limits = folder, limits
        self._git = git_program()
        own = _environment(folder, {**SETTINGS, **settings, "http.lowSpeedTime": str(limits.idle_seconds)})
        self._environment = {**own, **(environment or {})}
        self._deadline = time.monotonic() + limits.seconds
        self._count = 0

    def run(self, *arguments: str, given: bytes = b"", output_bytes: int | None = None) -> Path:
        """The file with what the command wrote. output_bytes: the most it, or any file it makes, may have.

        Raises GitFailed; nothing of the command is left running then.
        """
        self._count += 1
        files = [self.folder / f"{self._count}.{name}" for name in ("in", "out", "err")]
        files[0].write_bytes(given)
        most = min(output_bytes or self.limits.disk_bytes, self.limits.disk_bytes)
        before = _sizes(self.folder)
        limits = (most // BLOCK, self.limits.processor_seconds, self.limits.memory_bytes // 1024)
        with self._started([*LIMITED, *map(str, limits), self._git, *arguments], files) as process:
            why = self._watch(process, sum(before.values()) + most)
        if why or process.returncode:
            raise GitFailed(why or ("large" if self._was_cut(before, most) else "failed"), _tail(files[2]))
        return files[1]

    @contextmanager
    def _started(self, command: Sequence[str], files: Sequence[Path]) -> Iterator[subprocess.Popen[bytes]]:
        """The command at work, with files for what it reads, writes and complains; afterwards it is gone."""
        alive, held = os.pipe()
        with open(alive, "rb") as ends, files[0].open("rb") as given, files[1].open("wb") as out:
            with open(held, "wb"), files[2].open("wb") as err:
                process = subprocess.Popen(
                    command,
                    stdin=given,
                    stdout=out,
                    stderr=err,
                    cwd=self.folder,
                    env=self._environment,
                    start_new_session=True,
                    pass_fds=[held],
                )
            try:
                yield process
            finally:
                _end(process, ends)

    def _watch(self, process: subprocess.Popen[bytes], most: int) -> Literal["slow", "large", ""]:
        """Wait for the end; tells what limit was passed, if one was."""
        while True:
            left = self._deadline - time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(min(LOOK_SECONDS, left), 0.001))
                return ""
            if left <= 0:
                return "slow"
            if sum(_sizes(self.folder).values()) > most:
                return "large"

    def _was_cut(self, before: Mapping[str, int], most: int) -> bool:
        """Whether the kernel stopped it because a file grew too large, which git does not always say."""
        return any(size > most - 2 * BLOCK for path, size in _sizes(self.folder).items() if path not in before)


@cache
def git_program() -> str:
    """Where git is. Raises Unavailable, with the cure, if there is none or an old one."""
    program = shutil.which("git")
    cure = f"Install git {OLDEST[0]}.{OLDEST[1]} or newer where Automatos runs, or upload the skill as a ZIP file."
    if program is None:
        raise Unavailable(f"Skills from git need the git command, which is not installed. {cure}", code="git_missing")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    version = re.search(r"(\d+)\.(\d+)", said)
    if not version or (int(version[1]), int(version[2])) < OLDEST:
        raise Unavailable(
            f"The installed git is too old to be used safely ({said.strip()}). {cure}", code="git_missing"
        )
    return program


def _environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """All that git knows of the world. Settings travel here, so that none shows in a list of processes."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    pairs = enumerate(settings.items())
    listed = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, pair in pairs
        for part, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "TMPDIR": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "https",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CEILING_DIRECTORIES": str(folder),
        "GIT_CONFIG_COUNT": str(len(settings)),
        **listed,
    }


def _end(process: subprocess.Popen[bytes], ends: BufferedReader) -> None:
    """Kill the command and everything it started, unless it ended by itself and well.

    ends: a pipe whose other side they all hold; once it is closed, nobody writes into the folder any more.
    """
    if process.poll() != 0:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    ended = select.poll()
    ended.register(ends, select.POLLHUP)
    ended.poll(DYING_SECONDS * 1000)


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of each file in the folder, as far as they stay while one looks."""
    found = {}
    for parent, _, names in os.walk(folder):
        for path in (os.path.join(parent, name) for name in names):
            with suppress(OSError):
                found[path] = os.lstat(path).st_size
    return found


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - STDERR_TAIL, 0))
        return file.read().decode(errors="replace")
