"""Paths of files that come from outside: in an archive, in a repository."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_PATH, LONGEST_PART = 400, 255
CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
DRIVE = re.compile(r"[A-Za-z]:")


def is_unsafe(path: str) -> bool:
    """Whether a path points out of its tree: absolute, with a drive, or with a part that is empty, `.` or `..`."""
    return bool(DRIVE.match(path)) or any(part in ("", ".", "..") for part in path.split("/"))


def is_odd(path: str) -> bool:
    """Whether a path is legal but not to be shown or stored: control characters, backslashes, bytes, far too long."""
    long = len(path) > LONGEST_PATH or any(len(part) > LONGEST_PART for part in path.split("/"))
    return long or bool(CONTROL.search(path)) or any("\ud800" <= char <= "\udfff" for char in path)


def leads_out(path: str, target: str) -> bool:
    """Whether a symbolic link at `path` points out of its tree. Nothing is looked up; an empty target does."""
    if not target or target.startswith("/") or DRIVE.match(target) or CONTROL.search(target):
        return True
    here = path.split("/")[:-1]
    for part in target.split("/"):
        if part == ".." and not here:
            return True
        here = here[:-1] if part == ".." else here + [part] * (part not in ("", "."))
    return False


def collisions(paths: Iterable[str]) -> list[str]:
    """Those paths that a file system without upper and lower case, or with one spelling of a letter, would take for an
    earlier one.
    """
    seen: set[str] = set()
    doubled = []
    for path in paths:
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())
        if key in seen:
            doubled.append(path)
        seen.add(key)
    return doubled
