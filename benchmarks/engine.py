"""How much the engine costs: `make bench`.

Starts PostgreSQL, Valkey, workers and a model server of its own in a folder that is thrown away, and prints a table.
The model server is `python -m automatos.llm.testing`, which answers from prebuilt bytes at once or after a delay.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from recipes.models import Execution

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from automatos.local import servers  # noqa: E402
from automatos.testing import free_port  # noqa: E402
from benchmarks.machine import describe_machine  # noqa: E402

STEPS = 3
LONGEST_WAIT = 600.0


@contextmanager
def model_server(delay: float) -> Iterator[str]:
    """The address of a model server that answers after `delay` seconds."""
    port = free_port()
    command = [sys.executable, "-m", "automatos.llm.testing", "--port", str(port), "--delay", str(delay)]
    process = subprocess.Popen(command)
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def workers(count: int, url: str, *, slots: int = 2000) -> Iterator[list[psutil.Process]]:
    """Worker processes that call the model server at `url`, once their heartbeat is there. slots: of each."""
    from recipes.models import Worker

    Worker.objects.all().delete()
    environment = {**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "bench", "WORKER_SLOTS": str(slots)}
    command = [sys.executable, "-m", "celery", "-A", "automatos", "worker", "-P", "threads", "-c", "2", "-l", "WARNING"]
    processes = [subprocess.Popen([*command, "-n", f"bench{number}@%h"], env=environment) for number in range(count)]
    try:
        wait_for(lambda: Worker.objects.count() == count, 60)
        time.sleep(1)
        yield [psutil.Process(process.pid) for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def wait_for(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> None:
    """Return when the condition holds; an error after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"Nothing after {seconds:g} s.")
        time.sleep(pause)


class Bench:
    """A workspace with a three-step recipe."""

    def __init__(self) -> None:
        from recipes.tests.kit import Cast
        from workspaces.scope.tenancy import Purpose, system_scope

        with system_scope(Purpose.OPERATOR):
            self.cast = Cast()
            prompts = "Say {input.dish}", "Improve {previous_output}", "Serve it"
            self.recipe = self.cast.recipe(*prompts, inputs={"dish": {}})

    def inside(self) -> AbstractContextManager[None]:
        """The scope of its workspace, for one transaction."""
        from workspaces.scope.tenancy import workspace_scope

        return workspace_scope(self.cast.workspace.pk)

    def cook(self) -> "Execution":
        """Start a run, as a door would."""
        with self.inside():
            return self.cast.cook(self.recipe, dish="pie")

    def unfinished(self) -> int:
        from recipes.models import LIVE_STATUSES, Execution

        with self.inside():
            return Execution.objects.filter(status__in=LIVE_STATUSES).count()

    def ended(self, execution: "Execution") -> bool:
        """Whether a run is over; its row is read again."""
        with self.inside():
            execution.refresh_from_db()
        return not execution.is_live

    def one_at_a_time(self, runs: int) -> list[float]:
        """Milliseconds per step of each run, from the start of the run to its end."""
        taken = []
        for _ in range(runs):
            execution = self.cook()
            wait_for(partial(self.ended, execution), 30, 0.05)
            assert execution.completed_at
            assert execution.started_at
            taken.append((execution.completed_at - execution.started_at).total_seconds() * 1000 / STEPS)
        return taken

    def at_once(self, runs: int) -> tuple[float, int]:
        """Seconds from the first start to the last end, creating them included; and how many did not complete."""
        from recipes.models import Execution

        with self.inside():
            known = set(Execution.objects.values_list("id", flat=True))
        begin = time.monotonic()
        for _ in range(runs):
            self.cook()
        created = time.monotonic() - begin
        wait_for(lambda: self.unfinished() == 0, LONGEST_WAIT)
        seconds = time.monotonic() - begin
        print(f"    ({runs} runs created in {created:.2f} s)")
        with self.inside():
            return seconds, Execution.objects.exclude(id__in=known).exclude(status="completed").count()


@contextmanager
def peak_memory(processes: list[psutil.Process]) -> Iterator[list[float]]:
    """The highest resident memory of the processes together, in MB, while inside."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], sum(process.memory_info().rss for process in processes) / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def bench_latency(bench: Bench, runs: int) -> None:
    with model_server(0) as url, workers(1, url):
        bench.one_at_a_time(30)
        taken = sorted(bench.one_at_a_time(runs))
    p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    print(
        f"one run at a time, model answers at once: median {statistics.median(taken):.2f} ms a step, p99 {p99:.2f} ms"
    )


def bench_throughput(bench: Bench, runs: int) -> None:
    for count in (1, 2):
        with model_server(0) as url, workers(count, url):
            bench.at_once(100)
            seconds, failed = bench.at_once(runs)
        print(f"{count} worker(s), {runs} runs: {runs / seconds:.0f} recipes/s, {failed} failed")


def bench_waiting(bench: Bench, sizes: list[int]) -> None:
    with model_server(2) as url, workers(1, url) as processes:
        for runs in sizes:
            with peak_memory(processes) as peak:
                seconds, failed = bench.at_once(runs)
            print(
                f"{runs:5} runs at once, model takes 2 s: {seconds:.2f} s (ideal {2 * STEPS:.1f} s), {failed} failed, "
                f"worker at most {peak[0]:.0f} MB"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["latency", "throughput", "waiting"])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 100, 500, 1000])
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("migrate", verbosity=0)
        bench = Bench()
        print(describe_machine())
        if "latency" in options.parts:
            bench_latency(bench, 300)
        if "throughput" in options.parts:
            bench_throughput(bench, options.runs)
        if "waiting" in options.parts:
            bench_waiting(bench, options.sizes)
    finally:
        django.db.connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
