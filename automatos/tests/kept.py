"""What one run of the suite leaves for the next, in the user's cache folder and never in the tree.

A migrated database folder: to migrate takes nine seconds, to copy the folder a tenth of one. It lies under a hash of
everything the tables come from, so a changed migration makes a new one. Runs beside each other share it: the first one
makes it, the others wait, and each works on a copy of its own.

And compiled source, where the environment forbids to write it beside the source: a run starts dozens of processes, and
each would compile the project again.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from automatos.local.addresses import PROJECT
from automatos.tests.source import APPS

# Besides the migrations: what they import, and what makes the folder.
SOURCES = (
    "requirements.txt",
    "automatos/row_security.py",
    "automatos/database_roles.py",
    "automatos/local/postgres.py",
)
KEPT_SECONDS = 3 * 86_400


def keep_bytecode() -> None:
    """Let this process and all it starts share compiled source, also where PYTHONDONTWRITEBYTECODE is set."""
    if sys.dont_write_bytecode:
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(_folder("bytecode"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def provide_database(data: Path) -> None:
    """Put the database folder of an installation in place, with every migration applied."""
    cache = _folder("databases")
    kept = cache / _fingerprint()
    with kept.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _forget_old(cache)
            _make(kept)
    os.utime(kept)
    _copy(kept, data / "postgres")


def _folder(name: str) -> Path:
    """A folder that outlives the run, ours alone."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for parent in (home, Path(tempfile.gettempdir()) / f"cache-{os.getuid()}"):
        folder = parent / "automatos-tests" / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise OSError(f"No folder to keep {name} in: set XDG_CACHE_HOME to one you own, not {home}.")


def _fingerprint() -> str:
    found = [PROJECT / name for name in SOURCES]
    for app in APPS:
        found += sorted((PROJECT / app).rglob("migrations/*.py"))
    digest = hashlib.sha256(sys.version.encode())
    for path in found:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PROJECT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:24]


def _make(kept: Path) -> None:
    """Migrate as an operator does, in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="automatos-migrated-") as folder:
        # The address of Redis keeps the command from starting one: migrations do not ask it.
        environment = {**os.environ, "DATA": folder, "REDIS_URL": "redis://127.0.0.1:1"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"The migrations do not run:\n{done.stdout}{done.stderr}")
        draft = kept.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        _copy(Path(folder) / "postgres", draft)
        draft.rename(kept)


def _copy(source: Path, target: Path) -> None:
    """With owners and modes: when root runs the suite, the files belong to PostgreSQL's account."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _forget_old(cache: Path) -> None:
    """Remove what no run has used for three days."""
    for entry in cache.iterdir():
        if time.time() - entry.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
