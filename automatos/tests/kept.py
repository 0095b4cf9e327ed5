"""What one run of the suite leaves for the next, in the user's cache folder and never in the tree.

A migrated database folder: to migrate takes nine seconds, to copy the folder a tenth of one. The static files as the
product serves them: to compress them takes three seconds. Each lies under a hash of everything it is made of, so a
change makes a new one. Runs beside each other share them: the first one makes it, the others wait.

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
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from automatos.local.addresses import PROJECT
from automatos.tests.source import APPS

PACKAGES = PROJECT / "requirements.txt"
# Besides the migrations: what they import, and what makes the folder.
OF_THE_DATABASE = ("automatos/row_security.py", "automatos/database_roles.py", "automatos/local/postgres.py")
KEPT_SECONDS = 3 * 86_400


def keep_bytecode() -> None:
    """Let this process and all it starts share compiled source, also where PYTHONDONTWRITEBYTECODE is set."""
    if sys.dont_write_bytecode:
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(_folder("bytecode"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def provide_database(data: Path) -> None:
    """Put the database folder of an installation in place, with every migration applied: a copy of its own."""
    sources = [PROJECT / name for name in OF_THE_DATABASE]
    for app in APPS:
        sources += sorted((PROJECT / app).rglob("migrations/*.py"))
    _copy(_kept("databases", sources, _make_database), data / "postgres")


def static_files() -> Path:
    """A folder of what `collectstatic` collects, for STATIC_ROOT; nobody changes it."""
    sources = [PROJECT / "automatos/apps.py", PROJECT / "automatos/settings/wiring.py"]
    sources += sorted(path for path in (PROJECT / "static").rglob("*") if path.is_file())
    return _kept("static", sources, _make_static_files)


def _kept(kind: str, sources: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """The folder of this kind that is made of these files, made now when there is none."""
    cache = _folder(kind)
    kept = cache / _fingerprint([PACKAGES, *sources])
    with kept.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _forget_old(cache)
            draft = kept.with_suffix(".new")
            shutil.rmtree(draft, ignore_errors=True)
            make(draft)
            draft.rename(kept)
    os.utime(kept)
    return kept


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


def _fingerprint(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PROJECT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:24]


def _make_database(draft: Path) -> None:
    """Migrate as an operator does, in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="automatos-migrated-") as folder:
        # The address of Redis keeps the command from starting one: migrations do not ask it.
        _manage(["migrate"], {"DATA": folder, "REDIS_URL": "redis://127.0.0.1:1"})
        _copy(Path(folder) / "postgres", draft)


def _make_static_files(draft: Path) -> None:
    _manage(["collectstatic", "--noinput"], {"STATIC_ROOT": str(draft)})


def _manage(command: list[str], more: Mapping[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "manage.py", *command, "--verbosity", "0"],
        cwd=PROJECT,
        env=environment | dict(more),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {command[0]} fails:\n{done.stdout}{done.stderr}")


def _copy(source: Path, target: Path) -> None:
    """With owners and modes: when root runs the suite, the files belong to PostgreSQL's account."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _forget_old(cache: Path) -> None:
    """Remove what no run has used for three days."""
    for entry in cache.iterdir():
        if time.time() - entry.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
