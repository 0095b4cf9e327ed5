"""Buttons that rearrange what an agent has: each names one thing and what becomes of it."""

from collections.abc import Sequence

WORDS = {"add": "added", "remove": "removed", "up": "moved up", "down": "moved down"}


def rearranged(keys: Sequence[str], order: str) -> tuple[list[str], str, str]:
    """The keys after a button such as `up:calculator`, the key meant, and the word for it; "" when nothing was done."""
    verb, _, key = order.partition(":")
    now = list(keys)
    if verb == "add" and key and key not in now:
        now.append(key)
    elif verb == "remove" and key in now:
        now.remove(key)
    elif verb in ("up", "down") and key in now:
        place = now.index(key)
        target = place + (-1 if verb == "up" else 1)
        if 0 <= target < len(now):
            now[place], now[target] = now[target], now[place]
    return (now, key, WORDS[verb]) if now != list(keys) else (now, key, "")
