"""The command line of each process of the product, the same under `manage.py up` and in the suite."""

import sys
from pathlib import Path

# Seconds an open connection (a socket of the kitchen) may hold up the web process's stop.
WEB_GRACE = "3"
# uvicorn's protocol, with an end to waiting for clients.
DEADLINES = "automatos.http_deadlines:DeadlineProtocol"


def web(port: int) -> list[str]:
    """The web process on 127.0.0.1."""
    command = [sys.executable, "-m", "uvicorn", "automatos.asgi:application", "--host", "127.0.0.1"]
    # By itself uvicorn believes X-Forwarded-For of any caller on this machine; TRUSTED_PROXIES is what decides here.
    command.append("--no-proxy-headers")
    command += ["--http", DEADLINES]
    return [*command, "--port", str(port), "--lifespan", "off", "--timeout-graceful-shutdown", WEB_GRACE]


def worker() -> list[str]:
    """The worker that cooks. Alone on its queue, so it does not wait to meet others."""
    command = [*_celery(), "worker", "-P", "threads", "--loglevel", "INFO"]
    return [*command, "--without-gossip", "--without-mingle"]


def beat(schedule: Path) -> list[str]:
    """The clock that sends periodic tasks; `schedule` is where it keeps their last times."""
    return [*_celery(), "beat", "--loglevel", "WARNING", "--schedule", str(schedule), "--pidfile", ""]


def model() -> list[str]:
    """The embedded model server."""
    return [sys.executable, "-m", "automatos.local.model_server"]


def setup() -> list[str]:
    """Everything that has to be done before the others start."""
    return [sys.executable, "-m", "automatos.local.setup"]


def demo() -> list[str]:
    """Cook the demo recipe once and follow it."""
    return [sys.executable, "manage.py", "cook_demo"]


def _celery() -> list[str]:
    # Its advice against root is about pickled messages, which we refuse.
    quiet = ["-W", "ignore:You're running the worker with superuser privileges"]
    return [sys.executable, *quiet, "-m", "celery", "--quiet", "-A", "automatos"]
