"""Work on data from outside, in a process of its own: no secrets, little memory, little time, no network.

Parsers of hostile files may loop, grow without end or crash; here that costs one small process and nothing else.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from tools.contract import ToolProblem

PROJECT = Path(__file__).resolve().parent.parent
START = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); from tools.confined.child import main; main()"
MEMORY = 768 * 1024 * 1024
LARGEST_ANSWER = 32_000_000
# Processes of this kind at once, for each event loop.
AT_ONCE = max(2, os.cpu_count() or 2)

_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def run(
    job: str,
    task: dict[str, Any],
    data: bytes = b"",
    *,
    seconds: float,
    memory: int = MEMORY,
    answer_bytes: int = LARGEST_ANSWER,
) -> tuple[dict[str, Any], bytes]:
    """What a job of `confined.child.JOBS`, or a module by its full name, makes of task and data.

    memory: bytes of address space; answer_bytes: the most it may make. ToolProblem also when it dies or is too slow.
    """
    limits = {"memory": memory, "seconds": seconds, "answer": answer_bytes}
    head = json.dumps({"job": job, "task": task, **limits}).encode()
    slots = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    async with slots:
        try:
            async with asyncio.timeout(seconds):
                answer = await _talk(len(head).to_bytes(4, "big") + head + data)
        except TimeoutError:
            raise ToolProblem(f"This took longer than {seconds:g} seconds. Ask for less at once.") from None
    if len(answer) < 4:
        raise ToolProblem("This needs more time or memory than is allowed. Ask for less at once.")
    end = 4 + int.from_bytes(answer[:4], "big")
    result: dict[str, Any] = json.loads(answer[4:end])
    if "problem" in result:
        raise ToolProblem(result["problem"])
    return result, answer[end:]


async def _talk(request: bytes) -> bytes:
    process = _started()
    talking = asyncio.ensure_future(asyncio.to_thread(process.communicate, request))
    try:
        answer, _ = await asyncio.shield(talking)
        return answer
    finally:
        process.kill()
        await talking


def _started() -> subprocess.Popen[bytes]:
    # Not the event loop's own way: uvloop forks, and what libraries do at a fork can wait for ever for one of their
    # threads, with the interpreter's lock held (OpenBLAS while numpy multiplies). subprocess uses
    # vfork, which runs nothing there.
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,
    )
