"""Lengths of time as people write them: `10 min`, `1 h 30 min`, `90`."""

import re

SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
WORDS = {
    "": "s", "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "min", "min": "min", "mins": "min",
    "minute": "min", "minutes": "min", "h": "h", "hr": "h", "hour": "h", "hours": "h", "d": "d", "day": "d",
    "days": "d", "w": "w", "week": "w", "weeks": "w",
}  # fmt: skip
PART = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*(?:,|and\b)?", re.I)


def seconds_of(text: str) -> float | None:
    """Seconds; None for what is no length of time. A number alone is seconds."""
    total, place = 0.0, 0
    text = text.strip()
    while place < len(text):
        match = PART.match(text, place)
        unit = WORDS.get(match[2].lower()) if match else None
        if match is None or unit is None or match.end() == place:
            return None
        total += float(match[1].replace(",", ".")) * SECONDS[unit]
        place = match.end()
    return total if text else None


def words_of(seconds: object) -> str:
    """The same in words: the fewest units that say it exactly; other things as they are."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return "" if seconds is None else str(seconds)
    if seconds != int(seconds) or seconds < 1:
        return f"{seconds:.10g} s"
    rest, parts = int(seconds), []
    for unit in ("d", "h", "min", "s"):
        count, rest = divmod(rest, SECONDS[unit])
        if count:
            parts.append(f"{count} {'days' if unit == 'd' and count > 1 else 'day' if unit == 'd' else unit}")
    return " ".join(parts)
