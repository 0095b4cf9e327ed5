"""Our engine beside LangGraph on the same PostgreSQL and model server, in turns: `python -m benchmarks.beside`.

LangGraph runs in an environment of its own, made at the first use from `benchmarks/peers/requirements.txt`, and writes
each step before the next begins (`durability="sync"`), as we do. Its nodes call the model by the vendor's client and
take the answer whole, which costs less than our streaming. Each round measures us and then it; what is printed are the
medians of the rounds, lowest and highest, and the ratio of the medians.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from automatos.local import servers
from benchmarks.engine import DATA, STEPS, Bench, model_server, peak_memory, workers
from benchmarks.machine import describe_machine

PEERS = Path(__file__).parent / "peers"
PYTHON = PEERS / ".venv" / "bin" / "python"
DATABASE = "langgraph"
MODEL_SECONDS = 2.0
# What our figure may be of LangGraph's: at most, or at least where more is better.
GOALS = {"step": "at most 0.6", "recipes/s": "at least 2.5", "burst": "at most 0.4", "memory": "at most 1"}


class Peer:
    """A process of LangGraph that takes orders."""

    def __init__(self, database: str, model: str) -> None:
        command = [str(PYTHON), str(PEERS / "langgraph_runs.py"), database, model]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        assert self.process.stdin
        self.said, self.orders = self.process.stdout, self.process.stdin
        if self.said.readline().strip() != "ready":
            raise SystemExit(f"LangGraph did not start; its environment is {PYTHON.parent.parent}.")

    def order(self, runs: int, *, at_once: bool) -> None:
        """Begin so many runs."""
        self.orders.write(json.dumps({"runs": runs, "at_once": at_once}) + "\n")
        self.orders.flush()

    def told(self) -> dict[str, Any]:
        """What they came to."""
        found: dict[str, Any] = json.loads(self.said.readline())
        if found["failed"]:
            raise SystemExit(f"{found['failed']} runs of LangGraph did not end well.")
        return found

    def close(self) -> None:
        """End the process."""
        self.orders.close()
        self.process.wait()


@contextmanager
def peers(count: int, model: str) -> Iterator[list[Peer]]:
    """So many processes of LangGraph on a database of their own at our PostgreSQL."""
    made = [Peer(_database_of_peers(), model) for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            one.close()


def _database_of_peers() -> str:
    """The address of a database for LangGraph, made where it is missing."""
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
    found = owner.get_connection_params()
    parts = {name: found.get(name) for name in ("host", "port", "user", "password")}
    return " ".join(f"{name}={value}" for name, value in {**parts, "dbname": DATABASE}.items() if value)


def step(bench: Bench, runs: int) -> tuple[float, float]:
    """Milliseconds of a durable step, one run at a time, from the start of a run to its end."""
    with model_server(0) as url:
        with workers(1, url):
            bench.one_at_a_time(10)
            ours = statistics.median(bench.one_at_a_time(runs))
        with peers(1, url) as (peer,):
            for number in (10, runs):
                peer.order(number, at_once=False)
                found = peer.told()
    return ours, statistics.median(found["ms_a_step"])


def recipes(bench: Bench, runs: int, processes: int) -> tuple[float, float]:
    """Three-step recipes a second, starts included."""
    with model_server(0) as url:
        with workers(processes, url):
            bench.at_once(50)
            seconds, failed = bench.at_once(runs)
        assert not failed
        with peers(processes, url) as made:
            for number in (50, runs):
                for peer in made:
                    peer.order(number // processes, at_once=True)
                taken = max(peer.told()["seconds"] for peer in made)
    return runs / seconds, runs / taken


def burst(bench: Bench, runs: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds from the first start to the last end with a model of 2 s, and the runner's highest memory in MB."""
    with model_server(MODEL_SECONDS) as url:
        with workers(1, url) as processes, peak_memory(processes) as peak:
            seconds, failed = bench.at_once(runs)
        assert not failed
        with peers(1, url) as (peer,):
            peer.order(runs, at_once=True)
            found = peer.told()
    return (seconds, found["seconds"]), (peak[0], found["mb"])


def shown(name: str, unit: str, goal: str, pairs: list[tuple[float, float]]) -> None:
    """Print one line: ours, theirs, and the ratio."""
    ours, theirs = [one for one, _ in pairs], [one for _, one in pairs]

    def spread(values: list[float]) -> str:
        return f"{statistics.median(values):8.2f} ({min(values):.2f} to {max(values):.2f})"

    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"{name:34} ours {spread(ours)} {unit}, LangGraph {spread(theirs)} {unit}: {ratio:.2f} times (goal {goal})",
        flush=True,
    )


def measure(options: argparse.Namespace) -> None:
    """Everything, in turns."""
    bench = Bench()
    steps, alone, both, bursts = [], [], [], []
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}, load {os.getloadavg()[0]:.1f}", flush=True)
        steps.append(step(bench, options.steps))
        alone.append(recipes(bench, options.runs, 1))
        both.append(recipes(bench, options.runs, 2))
        bursts.append(burst(bench, options.runs))
    shown("durable step, one run at a time", "ms", GOALS["step"], steps)
    shown("recipes a second, one process", "", GOALS["recipes/s"], alone)
    shown("recipes a second, two processes", "", GOALS["recipes/s"], both)
    shown(f"{options.runs} at once, model takes 2 s", "s", GOALS["burst"], [seconds for seconds, _ in bursts])
    shown("memory then", "MB", GOALS["memory"], [memory for _, memory in bursts])


def make_environment() -> None:
    """The peers' environment, where it is missing."""
    if PYTHON.exists():
        return
    print("Making the environment of the peers ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parent.parent)], check=True)
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:"]
    subprocess.run([*command, "-r", str(PEERS / "requirements.txt")], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100, help="runs one at a time, in each round")
    parser.add_argument("--runs", type=int, default=1000, help=f"recipes of {STEPS} steps at once, in each round")
    options = parser.parse_args()
    make_environment()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("migrate", verbosity=0)
        print(describe_machine())
        measure(options)
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
