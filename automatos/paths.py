"""Paths of files that come from outside: in an archive, in a repository."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_PATH, LONGEST_PART, DEEPEST = 400, 255, 32
CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
# What turns the direction of a line, and so shows another name than there is.
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Names that Windows takes for devices, streams and other files, and that shells take for a home.
FOREIGN = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*[. ]|.*:.*")
DRIVE = re.compile(r"[A-Za-z]:")


def without_direction(text: str) -> str:
    """The text without marks that turn the direction of a line, also of what stands beside it."""
    return DIRECTION.sub("", text)


def is_unsafe(path: str) -> bool:
    """Whether a path points out of its tree: absolute, with a drive, or with a part that is empty, `.` or `..`."""
    return bool(DRIVE.match(path)) or any(part in ("", ".", "..") for part in path.split("/"))


def is_odd(path: str) -> bool:
    """Whether a path is legal but not to be shown or stored: control characters, backslashes, bytes, far too long or
    deep, or a name that is something else on another system.
    """
    parts = path.split("/")
    if len(path) > LONGEST_PATH or len(parts) > DEEPEST or any(len(part) > LONGEST_PART for part in parts):
        return True
    if CONTROL.search(path) or DIRECTION.search(path) or any("\ud800" <= char <= "\udfff" for char in path):
        return True
    return parts[0] == "~" or any(FOREIGN.fullmatch(part) for part in parts)


def leads_out(path: str, target: str) -> bool:
    """Whether a symbolic link at `path` points out of its tree, at itself or nowhere. Nothing is looked up."""
    if not target or target.startswith("/") or DRIVE.match(target) or CONTROL.search(target):
        return True
    here = path.split("/")[:-1]
    for part in target.split("/"):
        if part == ".." and not here:
            return True
        here = here[:-1] if part == ".." else here + [part] * (part not in ("", "."))
    return "/".join(here) == path


def collisions(paths: Iterable[str]) -> list[str]:
    """Those paths that a file system without upper and lower case, or with one spelling of a letter, would take for an
    earlier one, or whose folder it would take for another folder.
    """
    files: set[str] = set()
    folders: dict[str, str] = {}
    doubled = []
    for path in paths:
        key = _folded(path)
        if key in files or not all(folders.setdefault(_folded(folder), folder) == folder for folder in _above(path)):
            doubled.append(path)
        files.add(key)
    return doubled


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def _above(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path
