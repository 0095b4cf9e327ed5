"""Text recognition (OCR) with tesseract, where it is installed on this machine."""

import asyncio
import functools
import resource
import shutil
import subprocess
from weakref import WeakKeyDictionary

from tools.contract import ToolProblem

PROGRAM = "tesseract"
SECONDS = 60.0
MEMORY = 2_000_000_000
# More languages at once make it slow and not better.
MOST_LANGUAGES = 6
# Not a language, but how a page lies.
NO_LANGUAGES = ("osd", "equ", "snum")
AT_ONCE = 1

_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@functools.cache
def languages() -> tuple[str, ...]:
    """The languages that can be recognised here, as tesseract names them; empty where it is not installed."""
    path = shutil.which(PROGRAM)
    if path is None:
        return ()
    try:
        said = subprocess.run([path, "--list-langs"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = [line.strip() for line in said.stdout.splitlines()[1:]]
    known = [one for one in found if one.replace("_", "").isalnum() and one not in NO_LANGUAGES]
    return tuple(sorted(known, key=lambda one: one != "eng")[:MOST_LANGUAGES])


async def recognised(picture: bytes) -> str:
    """The text in a picture that this product drew itself. Raises ToolProblem where that takes too long or fails."""
    slots = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    async with slots:
        return await asyncio.to_thread(_run, picture)


def _run(picture: bytes) -> str:
    path = shutil.which(PROGRAM)
    if path is None or not languages():
        raise ToolProblem("Text recognition is not installed here.")
    command = [path, "stdin", "stdout", "-l", "+".join(languages())]
    try:
        done = subprocess.run(
            command,
            input=picture,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd="/",
            env={"OMP_THREAD_LIMIT": "1"},
            preexec_fn=_limit,
        )
    except subprocess.TimeoutExpired:
        raise ToolProblem("Text recognition took too long for this page.") from None
    if done.returncode:
        raise ToolProblem("Text recognition failed for this page.")
    return done.stdout.decode("utf-8", "replace").strip()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS)))
