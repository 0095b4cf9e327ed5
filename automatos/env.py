"""Typed readers for environment variables. Nonsense stops the start with the variable's name and the cure."""

import os
import re
import shlex
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import UUID

from dotenv import load_dotenv


class EnvError(SystemExit):
    """A setting that cannot be used. Its text names the variable, what was found and what to write instead."""

    def __init__(self, name: str, problem: str, cure: str) -> None:
        super().__init__(f"{name} {problem}. {cure}")


def load(path: Path) -> None:
    """Read a .env file; what the caller's environment already has wins."""
    load_dotenv(path, override=False)


def text(name: str, default: str = "") -> str:
    """The variable's text without surrounding blanks, or the default when unset or empty."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    """true/false, yes/no, on/off or 1/0, in any case."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise EnvError(name, f"is {value!r}, which is neither true nor false", "Write true or false.")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within low and high, both included."""
    value = text(name)
    if not value:
        return default
    cure = f"Write a whole number from {low} to {high}."
    try:
        number = int(value)
    except ValueError:
        raise EnvError(name, f"is {value!r}, which is not a whole number", cure) from None
    if not low <= number <= high:
        raise EnvError(name, f"is {number}, which is out of range", cure)
    return number


def choice(name: str, default: str, known: tuple[str, ...]) -> str:
    """One of the known words."""
    value = text(name, default)
    if value not in known:
        raise EnvError(name, f"is {value!r}", f"Write {', '.join(known[:-1])} or {known[-1]}.")
    return value


def uuid(name: str, default: UUID | None) -> UUID | None:
    """A UUID such as 00000000-0000-0000-0000-000000000000."""
    value = text(name)
    if not value:
        return default
    try:
        return UUID(value)
    except ValueError:
        raise EnvError(name, f"is {value!r}, which is not a UUID", "Write a UUID or remove the variable.") from None


def url(name: str, *, schemes: tuple[str, ...], default: str = "") -> str:
    """An address whose scheme is one of those given."""
    value = text(name, default)
    if value and urlsplit(value).scheme not in schemes:
        listed = " or ".join(f"{scheme}://" for scheme in schemes)
        raise EnvError(name, "is not an address this setting takes", f"It has to start with {listed}.")
    return value


def listing(name: str, usual: str = "") -> list[str]:
    """Comma-separated values without blanks and empty entries."""
    return [part.strip() for part in text(name, usual).split(",") if part.strip()]


def named_commands(name: str, usual: str = "") -> dict[str, str]:
    """Comma-separated commands by name: `name=command with arguments`, or a command that is its own name.

    `none` allows none, where usually there is one.
    """
    found: dict[str, str] = {}
    for part in listing(name, usual):
        if part == "none":
            continue
        key, _, line = part.partition("=")
        try:
            words = shlex.split(line or key)
        except ValueError:
            words = []
        if not words or not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", key.strip()):
            raise EnvError(name, f"has the entry {part!r}", "Write name=command with arguments, separated by commas.")
        found[key.strip()] = (line or key).strip()
    return found


def database_url() -> str:
    """DATABASE_URL, or one put together from the POSTGRES_ names, or empty when neither is set."""
    given = url("DATABASE_URL", schemes=("postgres", "postgresql"))
    host = text("POSTGRES_HOST")
    if given or not host:
        return given
    port = integer("POSTGRES_PORT", 5432, low=1, high=65535)
    user, password = quote(text("POSTGRES_USER", "postgres"), safe=""), quote(text("POSTGRES_PASSWORD"), safe="")
    login = f"{user}:{password}" if password else user
    return f"postgresql://{login}@{host}:{port}/{quote(text('POSTGRES_DB', 'automatos'), safe='')}"


def redis_url() -> str:
    """REDIS_URL, or one put together from the REDIS_ names, or empty when neither is set."""
    given = url("REDIS_URL", schemes=("redis", "rediss", "unix"))
    host = text("REDIS_HOST")
    if given or not host:
        return given
    port = integer("REDIS_PORT", 6379, low=1, high=65535)
    number = integer("REDIS_DB", 0, low=0, high=1000)
    password = quote(text("REDIS_PASSWORD"), safe="")
    login = f":{password}@" if password else ""
    return f"redis://{login}{host}:{port}/{number}"
