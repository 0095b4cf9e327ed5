"""`manage.py up` as a process of its own, on folders and ports of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree, which
from typing import Any, Literal

import psutil
import pytest
from playwright.sync_api import Browser

from automatos.local.addresses import PROJECT, addresses
from automatos.local.keeper import read_state
from automatos.local.supervisor import ready_answer
from automatos.testing import free_port

# The time counts from the first start of all, which also cooks the demo.
# One process runs the file, so that what it starts is started once.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("up")]

READY = r"^Automatos is ready at http://127\.0\.0\.1:{port}$"
UVICORN = "Uvicorn running on"
NOBODY = 65534


def until(true: Callable[[], object], *, seconds: float, otherwise: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.05)


class Installation:
    """One data folder and port, and the product on them."""

    def __init__(self, *, account: int | None = None) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="automatos-up-"))
        self.port = free_port()
        self.account = account
        if account:
            os.chown(self.data, account, account)
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in {"DATA", "SECRET_KEY"}}
        return {**kept, "DATA": str(self.data), "PORT": str(self.port)}

    def up(self, *options: str) -> None:
        """Start; returns at the ready line."""
        command = [sys.executable, str(PROJECT / "manage.py"), "up", *options]
        who: dict[str, Any] = {"user": self.account, "group": self.account, "extra_groups": []} if self.account else {}
        with (self.data / "output").open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd="/", env=self.environment(), stdout=output, stderr=output, start_new_session=True, **who
            )
        until(self.ready_or_ended, seconds=400, otherwise=self.output)
        assert self.process.poll() is None, self.output()

    def running(self) -> None:
        """Start unless it runs already: a start takes long, and each test leaves it as it likes."""
        if self.process is None or self.process.poll() is not None:
            self.up()

    def ready_or_ended(self) -> bool:
        assert self.process
        return bool(re.search(READY.format(port=self.port), self.output(), re.M)) or self.process.poll() is not None

    def output(self) -> str:
        return (self.data / "output").read_text(errors="replace")

    def processes(self) -> list[str]:
        """Whatever runs on this data folder."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and self._ours(process):
                    found.append(" ".join(process.cmdline()) or process.name())
            except psutil.Error:
                continue
        return found

    def _ours(self, process: psutil.Process) -> bool:
        if str(self.data) in " ".join(process.cmdline()):
            return True
        return process.environ().get("DATA") == str(self.data)

    def made_once(self) -> list[int]:
        """When the database folder and the static files were made."""
        made = [self.data / "postgres" / "PG_VERSION", self.data / "static" / ".collected"]
        return [path.stat().st_mtime_ns for path in made]

    def complaints(self) -> list[str]:
        """What any log calls an error, since the logs were last emptied."""
        logs = [self.data / "output", *(self.data / "logs").glob("*.log")]
        lines = [f"{log.name}: {line}" for log in logs for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if re.search(r"ERROR|FATAL|PANIC|CRITICAL|Traceback", line)]

    def forget_logs(self) -> None:
        for log in (self.data / "logs").glob("*.log"):
            log.write_bytes(b"")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it; gives back the exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(40)

    def remove(self) -> None:
        if self.process and self.process.poll() is None:
            self.stop()
        rmtree(self.data, ignore_errors=True)


@pytest.fixture(scope="module")
def home() -> Iterator[Installation]:
    """One installation for the whole file, started for the first time."""
    installation = Installation()
    try:
        installation.up()
        yield installation
    finally:
        installation.remove()


@pytest.fixture
def neighbour() -> Iterator[Installation]:
    """Another installation on this machine, an ordinary user's where the tests run as root."""
    # What runs the suite may sit where only root can look.
    readable = which("setpriv") and _nobody_can(["test", "-x", sys.executable, "-a", "-r", str(PROJECT / "manage.py")])
    account = NOBODY if os.geteuid() == 0 and readable else None
    installation = Installation(account=account)
    (installation.data / "demo-cooked").touch()
    yield installation
    installation.remove()


def _nobody_can(command: list[str]) -> bool:
    lent = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return os.geteuid() == 0 and subprocess.run([*lent, *command], check=False).returncode == 0


def refused(installation: Installation) -> str:
    """Start where it must fail; gives back the sentence."""
    command = [sys.executable, str(PROJECT / "manage.py"), "up"]
    ended = subprocess.run(
        command, env=installation.environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    return ended.stderr.strip().splitlines()[-1]


def test_the_first_start_cooks_the_demo_recipe(home: Installation) -> None:
    cooked = home.data / "demo-cooked"
    until(cooked.exists, seconds=90, otherwise=home.output)
    assert home.complaints() == []
    shown = home.output()
    assert re.search(r"^demo +\| ", shown, re.M), shown
    assert shown.index("Automatos is ready at") < shown.index("demo     | ")


class NewPerson:
    """Somebody who has never seen the product, with a browser; every click is counted."""

    def __init__(self, browser: Browser, installation: Installation) -> None:
        context = browser.new_context(base_url=f"http://127.0.0.1:{installation.port}")
        self.page, self.clicks = context.new_page(), 0

    def press(self, name: str, role: Literal["button", "link"] = "button") -> None:
        self.page.get_by_role(role, name=name).first.click()
        self.clicks += 1

    def sign_up(self) -> None:
        self.page.goto("/accounts/signup/")
        self.page.get_by_label("E-mail").fill("new@example.org")
        self.page.get_by_label("Password").fill("a-long-kitchen-word")
        self.press("Create the account")

    def make_agent(self) -> None:
        self.press("Create the first agent", "link")
        self.press("Use Translator")
        for step in ("persona", "model", "tools", "plugins and skills"):
            self.press(f"Continue to {step}")
        self.press("Create agent")

    def ask(self, question: str) -> str:
        self.press("Talk to it", "link")
        self.page.locator("[name=message]").fill(question)
        self.press("Send")
        answer = self.page.locator("agent-chat[data-state=done] article .prose")
        answer.wait_for(timeout=90_000)
        return answer.inner_text()


@pytest.mark.browser
def test_somebody_new_talks_to_an_agent_of_their_own_within_two_minutes(home: Installation, chromium: Browser) -> None:
    home.running()
    person = NewPerson(chromium, home)
    began = time.monotonic()
    person.sign_up()
    person.make_agent()
    answer = person.ask("Good morning")
    took = time.monotonic() - began
    print(f"Signed up, made an agent and read its answer: {person.clicks} clicks, {took:.0f} s.")
    person.page.context.close()
    assert answer.strip()
    assert took < 120


@pytest.mark.chaos
def test_a_crashed_process_comes_back(home: Installation) -> None:
    home.running()
    started = home.output().count(UVICORN)
    web = next(process for process in psutil.process_iter() if _is_web(process, home.port))
    web.kill()
    until(lambda: home.output().count(UVICORN) > started, seconds=60, otherwise=home.output)
    assert "web stopped by itself (signal 9); starting it again" in home.output()


@pytest.mark.chaos
def test_a_killed_keeper_comes_back_with_its_servers(home: Installation) -> None:
    home.running()
    state = read_state(addresses(home.data))
    assert state
    psutil.Process(state.pid).kill()
    until(lambda: "stopped by itself; starting it again" in home.output(), seconds=20, otherwise=home.output)
    until(lambda: ready_answer(home.port, "127.0.0.1") is None, seconds=90, otherwise=home.output)
    fresh = read_state(addresses(home.data))
    assert fresh
    assert fresh.pid != state.pid
    assert fresh.alive()


def _is_web(process: psutil.Process, port: int) -> bool:
    try:
        return "uvicorn" in process.cmdline() and str(port) in process.cmdline()
    except psutil.Error:
        return False


def test_ctrl_c_leaves_no_process_behind(home: Installation) -> None:
    home.running()
    assert home.stop(signal.SIGINT) == 0, home.output()
    assert home.processes() == []


def test_a_clean_start_and_stop_leave_no_error_in_any_log(home: Installation) -> None:
    if home.process and home.process.poll() is None:
        home.stop()
    home.forget_logs()
    home.up()
    assert home.stop() == 0, home.output()
    assert (home.data / "logs" / "postgres.log").read_text().count("database system is ready") == 1
    assert home.complaints() == []


def test_a_second_start_is_quick_and_shares_the_machine(home: Installation, neighbour: Installation) -> None:
    if home.process and home.process.poll() is None:
        home.stop()
    made = home.made_once()
    home.up()
    assert home.made_once() == made
    assert "Applying " not in home.output()
    assert not re.search(r"^demo +\| ", home.output(), re.M)

    assert f"already runs in {home.data}" in refused(home)
    neighbour.port, free = home.port, neighbour.port
    assert refused(neighbour).startswith(f"Port {home.port} is taken")
    assert not (neighbour.data / "postgres").exists()

    neighbour.port = free
    neighbour.up()
    assert neighbour.stop(signal.SIGHUP) == 0
    assert neighbour.processes() == []
    assert home.process
    assert home.process.poll() is None


@pytest.mark.chaos
def test_a_killed_supervisor_leaves_nothing_and_starts_again(home: Installation) -> None:
    home.running()
    home.stop(signal.SIGKILL)
    until(lambda: not home.processes(), seconds=60, otherwise=lambda: "\n".join(home.processes()))

    with subprocess.Popen(["sleep", "300"]) as parent:
        home.up("--parent", str(parent.pid))
        parent.kill()
    assert home.process
    assert home.process.wait(40) == 0
    assert home.processes() == []
