"""Work on hostile data happens in a process that has nothing, reaches nothing and ends in time."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tools import confinement
from tools.confined import child
from tools.contract import ToolProblem

PROBE = """
import os, socket, subprocess
def run(task, data):
    tried = {}
    def attempt(name, action):
        try:
            action(); tried[name] = True
        except BaseException as error:
            tried[name] = type(error).__name__
    attempt("connect", lambda: socket.create_connection(("127.0.0.1", 9), 1))
    attempt("process", lambda: subprocess.run(["true"]))
    attempt("write", lambda: open(data.decode(), "w").write("x" * 10_000))
    if task.get("do") == "memory":
        bytes(2_000_000_000)
    if task.get("do") == "spin":
        while True:
            pass
    if task.get("do") == "die":
        os._exit(9)
    return {"tried": tried, "environment": sorted(os.environ), "django": "django" in __import__("sys").modules}, b"back"
"""


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job that tries what a hijacked parser would try."""
    (tmp_path / "probe.py").write_text(PROBE)
    start = confinement.START.replace(
        "import main; ", f"import main, JOBS; JOBS['probe'] = 'probe'; sys.path.append({str(tmp_path)!r}); "
    )
    monkeypatch.setattr(confinement, "START", start)
    return tmp_path


async def test_it_reaches_nothing(probe: Path) -> None:
    os.environ["A_SECRET"] = "x"
    found, data = await confinement.run("probe", {}, str(probe / "out").encode(), seconds=10)
    assert found["tried"]["connect"] == "PermissionError"
    assert found["tried"]["process"] == "PermissionError"
    assert found["tried"]["write"] != True  # noqa: E712
    assert "A_SECRET" not in found["environment"]
    assert "SECRET_KEY" not in found["environment"]
    assert found["django"] is False
    assert data == b"back"


@pytest.mark.parametrize(("what", "text"), [("memory", "more memory"), ("die", "more time or memory")])
async def test_greed_and_crashes_are_told(probe: Path, what: str, text: str) -> None:
    with pytest.raises(ToolProblem, match=text):
        await confinement.run("probe", {"do": what}, b"/x", seconds=10)


async def test_what_spins_is_killed_also_when_the_caller_goes(probe: Path) -> None:
    with pytest.raises(ToolProblem, match="longer than 1 seconds"):
        await confinement.run("probe", {"do": "spin"}, b"/x", seconds=1)
    task = asyncio.create_task(confinement.run("probe", {"do": "spin"}, b"/x", seconds=30))
    await asyncio.sleep(0.5)
    assert children() == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == 0


def children() -> int:
    """How many such processes this one has now."""
    count = 0
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            count += "confined.child" in " ".join(process.cmdline())
    return count


async def test_only_so_many_run_at_once(probe: Path) -> None:
    started = time.monotonic()
    tasks = [asyncio.create_task(confinement.run("probe", {}, b"/x", seconds=30)) for _ in range(8)]
    most = 0
    while not all(task.done() for task in tasks):
        most = max(most, children())
        await asyncio.sleep(0.005)
    assert 1 <= most <= confinement.AT_ONCE
    assert time.monotonic() - started < 20


def test_every_job_is_there() -> None:
    assert child.JOBS
    for name in child.JOBS.values():
        assert (confinement.PROJECT / f"{name.replace('.', '/')}.py").exists()


BESIDE_NUMPY = """
import asyncio, threading, numpy, uvloop
from tools import confinement
over = threading.Event()
def multiply():
    square = numpy.ones((300, 300), dtype=numpy.float32)
    while not over.is_set():
        square @ square
async def work():
    for _ in range(20):
        print(await confinement.run("json", {"expression": "@"}, b"[1]", seconds=20))
thread = threading.Thread(target=multiply)
thread.start()
uvloop.run(work())
over.set()
"""


def test_it_starts_while_a_library_works_in_threads_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BESIDE_NUMPY],
        check=False,
        cwd=confinement.PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.count("\n") == 20, done.stderr[-2000:]
