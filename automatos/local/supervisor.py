"""`manage.py up`: the whole product from one terminal, started in order, minded, and stopped in order.

One thread, one loop. What it starts dies with it on Linux, even when it is killed; elsewhere the next start clears up.
"""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from automatos.local import commands, servers
from automatos.local.addresses import PROJECT, Addresses
from automatos.local.logs import LogScreen
from automatos.local.processes import Identity, Restarts, end, identity, spawn

TICK_SECONDS = 0.1
READY_SECONDS = 180.0
MODEL_SECONDS = 60.0
# A Ctrl-C reaches us and `make` together; only a later one means "at once".
URGENT_SECONDS = 1.0


class UpFailed(SystemExit):
    """The product cannot start. The text is one sentence with the cure; the exit status is 1."""


class Stopped(Exception):
    """Somebody asked us to stop."""


@dataclass(frozen=True)
class Plan:
    """What to start. host: a name the web process answers to. parent: stop when this process is gone."""

    where: Addresses
    port: int
    host: str
    services: list[str]
    own_model: bool
    has_demo: bool
    parent: int | None = None


@dataclass
class Child:
    """One process of the product. patience: seconds it gets to stop in order."""

    name: str
    command: list[str]
    patience: float
    process: subprocess.Popen[bytes] | None = None
    restarts: Restarts = field(default_factory=Restarts)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def check_port(port: int) -> None:
    """UpFailed when nobody could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except PermissionError:
            raise UpFailed(f"Port {port} is reserved for root: set PORT to 1024 or more.") from None
        except OSError:
            free = f"PORT={port + 1}" if port < 65535 else "another PORT"
            raise UpFailed(
                f"Port {port} is taken: stop what listens there, or set {free} (and another DATA)."
            ) from None


def ready_answer(port: int, host: str) -> str | None:
    """None when every part works, else what the web process (which answers to `host`) says, or why it says nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ready", headers={"Host": host})
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
        return None if response.status == 200 else f"{response.status} {body}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()


class Supervisor:
    """Runs a plan until it is asked to stop."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.logs = plan.where.data / "logs"
        self.children_file = plan.where.run / "children.json"
        self.cooked = plan.where.data / "demo-cooked"
        self.show = LogScreen(self.logs)
        self.children: list[Child] = []
        self.held: servers.Hold | None = None
        self.keeper_restarts = Restarts()
        self.first_signal: float | None = None
        self.parent = identity(plan.parent) if plan.parent else None
        self.environment = {
            **os.environ,
            "DATA": str(plan.where.data),
            "PORT": str(plan.port),
            "PYTHONUNBUFFERED": "1",
        }

    def run(self) -> None:
        """Start everything, print where it is, and stay until Ctrl-C, SIGTERM or the terminal's end."""
        servers.make_folders(self.plan.where)
        with (self.plan.where.run / "up.lock").open("a") as lock:
            self._be_the_only_one(lock.fileno())
            self._end_leftovers()
            check_port(self.plan.port)
            self._listen_for_signals()
            try:
                if self.plan.services:
                    self.show.watch(*self.plan.services, "keeper")
                    self.show.say(f"starting {' and '.join(self.plan.services)} in {self.plan.where.data}")
                    self.held = servers.hold(self.plan.where.data, self.plan.services)
                self._start_all()
                self._mind_until(lambda: False)
            except Stopped:
                self.show.say("stopping")
            finally:
                self._stop()
                if self.held:
                    self.held.release()
                self.show.follow()
            self.show.say("stopped")

    # --- start ------------------------------------------------------------------------------------------------------

    def _be_the_only_one(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpFailed(
                f"Automatos already runs in {self.plan.where.data}: stop it, or set another DATA and PORT."
            ) from None

    def _end_leftovers(self) -> None:
        try:
            leftovers = [Identity(**each) for each in json.loads(self.children_file.read_text())]
        except (OSError, ValueError, TypeError):
            return
        for leftover in leftovers:
            leftover.send(signal.SIGKILL)
        deadline = time.monotonic() + 5
        while any(leftover.alive() for leftover in leftovers) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.plan.where.model_port_file.unlink(missing_ok=True)

    def _start_all(self) -> None:
        model = Child("model", commands.model(), 3.0)
        if self.plan.own_model:
            self._start(model)
        self._run_once(Child("setup", commands.setup(), 5.0))
        self._start(Child("web", commands.web(self.plan.port), 6.0))
        self._start(Child("worker", commands.worker(), 15.0))
        self._start(Child("beat", commands.beat(self.plan.where.run / "beat-schedule"), 5.0))
        self._wait_ready(model)
        self.show.screen.line(f"Automatos is ready at http://127.0.0.1:{self.plan.port}", patience=5.0)
        if self.plan.has_demo and not self.cooked.exists():
            self._cook_demo()

    def _start(self, child: Child) -> None:
        if child not in self.children:
            self.children.append(child)
            self.show.watch(child.name)
        with (self.logs / f"{child.name}.log").open("ab") as log:
            child.process = spawn(
                child.command,
                when_orphaned=signal.SIGKILL,
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._note_children()

    def _note_children(self) -> None:
        running = [child.process.pid for child in self.children if child.process and child.running()]
        known = []
        for pid in running:
            who = identity(pid)
            known.append({"pid": who.pid, "started": who.started})
        self.children_file.write_text(json.dumps(known))

    def _run_once(self, child: Child) -> None:
        """Run a child to its end; UpFailed when it fails, in its own last words."""
        self._start(child)
        tail = ""
        while child.running():
            tail = self._tick(child.name) or tail
        tail = self.show.follow(child.name) or tail
        self.children.remove(child)
        if child.process and child.process.returncode:
            raise UpFailed(tail or f"{child.name} failed; its reasons are in {self.logs / child.name}.log.")

    def _wait_ready(self, model: Child) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while (answer := ready_answer(self.plan.port, self.plan.host)) is not None:
            if time.monotonic() > deadline:
                raise UpFailed(f"Not ready after {READY_SECONDS:.0f} s: {answer}. The reasons are in {self.logs}.")
            self._tick()
        deadline = time.monotonic() + MODEL_SECONDS
        self._mind_until(
            lambda: (
                not self.plan.own_model
                or bool(self.plan.where.model_url())
                or not model.running()
                or time.monotonic() > deadline
            )
        )

    def _cook_demo(self) -> None:
        child = Child("demo", commands.demo(), 3.0)
        self._start(child)
        self._mind_until(lambda: not child.running())
        self.show.follow()
        self.children.remove(child)
        if child.process and child.process.returncode == 0:
            self.cooked.touch()

    # --- mind -------------------------------------------------------------------------------------------------------

    def _mind_until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._tick()

    def _tick(self, listen_to: str = "") -> str:
        """One turn: new log lines to the screen, crashed children again, and a look whether we shall stop."""
        if self.first_signal or (self.parent and not self.parent.alive()):
            raise Stopped
        last = self.show.follow(listen_to)
        for child in self.children:
            if child.name not in {"setup", "demo"} and child.process and not child.running():
                self._bring_back(child, child.process.returncode)
        if self.held:
            self.held = servers.minded(self.held, self.keeper_restarts, self.show.say)
        time.sleep(TICK_SECONDS)
        return last

    def _bring_back(self, child: Child, code: int) -> None:
        if child.restarts.due is None:
            how = f"signal {-code}" if code < 0 else f"exit {code}"
            self.show.say(f"{child.name} stopped by itself ({how}); starting it again")
        if child.restarts.crashed():
            self._start(child)

    # --- stop -------------------------------------------------------------------------------------------------------

    def _listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a hang-up is ignored, and stays so.
            if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP:
                signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        now = time.monotonic()
        self.first_signal = self.first_signal or now
        if now - self.first_signal > URGENT_SECONDS:
            for child in self.children:
                if child.process and child.running():
                    child.process.kill()

    def _stop(self) -> None:
        """Last started, first stopped: demo, beat, worker, web, model."""
        for child in reversed([child for child in self.children if child.name != "model"]):
            self._end(child)
        for child in self.children:
            self._end(child)
        self.show.follow()
        self.plan.where.model_port_file.unlink(missing_ok=True)
        self.children_file.unlink(missing_ok=True)

    def _end(self, child: Child) -> None:
        if child.process:
            end(child.process, [(signal.SIGTERM, child.patience)])
