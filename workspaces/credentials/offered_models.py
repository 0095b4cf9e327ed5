"""The models a server says it has. It may be anybody's server: what it says is cut to plain names, and to a number."""

import json
import re

MOST, LONGEST = 100, 120
# Letters, digits and what stands between them in names of models; nothing that a page or a terminal reads otherwise.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*", re.ASCII)


def told_models(answer: bytes, key: str) -> tuple[str, ...]:
    """The names in an answer to OpenAI's `GET /models`, in their order; those that repeat the key are left out."""
    try:
        rows = json.loads(answer)["data"]
        names = [row["id"] for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()
    good = (name for name in names if isinstance(name, str) and _is_plain(name) and not _repeats(name, key))
    return tuple(dict.fromkeys(good))[:MOST]


def is_model_list(answer: bytes) -> bool:
    """Whether an answer is a list of models at all, perhaps an empty one."""
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("data"), list)


def _is_plain(name: str) -> bool:
    return len(name) <= LONGEST and NAME.fullmatch(name) is not None


def _repeats(name: str, key: str) -> bool:
    return bool(key) and key.lower() in name.lower()
