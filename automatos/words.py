"""Numbers and times as people read them on a page or in a terminal."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# "Check OPENAI_API_KEY."
OF_A_SETTING = re.compile(r"(?:Check|Set) [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")


def unwrapped(text: str) -> str:
    """A text that was wrapped to fit a file, with each paragraph on one line; lists keep their lines."""
    paragraphs = [paragraph.splitlines() for paragraph in text.strip().split("\n\n")]
    return "\n\n".join(("\n" if lines[-1].startswith(("-", "*")) else " ").join(lines) for lines in paragraphs)


def without_settings(text: str) -> str:
    """An error as people of a workspace read it: sentences that send them to a setting of the server are left out."""
    return " ".join(said for said in SENTENCE_END.split(text) if not OF_A_SETTING.match(said)) or text


def first_few(names: Sequence[str], most: int = 30, longest: int = 120) -> str:
    """Names as "a, b and 3 more": at most so many of them, each of at most so many characters."""
    listed = ", ".join(name if len(name) <= longest else f"{name[: longest - 1]}…" for name in names[:most])
    return f"{listed} and {len(names) - most:,} more" if len(names) > most else listed


def duration(milliseconds: float | None) -> str:
    """Milliseconds as "840 ms", "24.1 s", "1 min 14 s" or "2 h 5 min"; empty for None."""
    if milliseconds is None:
        return ""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    seconds = round(milliseconds / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def clock(milliseconds: float | None) -> str:
    """Milliseconds as "1:42", or "1:02:03" from an hour on; "0:00" for None."""
    seconds = int((milliseconds or 0) // 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours}:{minutes:02}:{seconds % 60:02}"
    return f"{minutes}:{seconds % 60:02}"


def compact(number: float | None) -> str:
    """A count as "18,204", "412k" or "4.1M"; "0" for None."""
    value = number or 0
    if abs(value) < 100_000:
        return f"{value:,.0f}"
    if abs(value) < 999_500:
        return f"{value / 1000:.0f}k"
    if abs(value) < 999_950_000:
        return f"{value / 1_000_000:.1f}M"
    return f"{value / 1_000_000_000:.1f}B"


def short(number: float | None) -> str:
    """A count in little space: "840", "12.9k", "4.1M"."""
    value = number or 0
    if 1000 <= abs(value) < 99_950:
        return f"{value / 1000:.1f}k"
    return compact(value)


def money(dollars: Decimal | float | None) -> str:
    """Dollars as "$18.42", "$0.118" or, so that small amounts are not lost, "$0.00042"; "$0.00" for nothing."""
    amount = Decimal(str(dollars or 0))
    if amount < 0:
        return f"-{money(-amount)}"
    if not amount:
        return "$0.00"
    if amount >= 1:
        return f"${amount:,.2f}"
    if amount >= Decimal("0.01"):
        return f"${amount:.3f}"
    places = 1 - amount.adjusted()
    digits = f"{amount:.{places}f}".rstrip("0")
    return f"${digits}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago: "just now", "2 minutes ago", "yesterday", "3 days ago", or the date after a month."""
    gone = (now or timezone.now()) - moment
    if gone < timedelta(seconds=45):
        return "just now"
    for unit, size, most in (("minute", 60, 60), ("hour", 3600, 24), ("day", 86_400, 30)):
        count = max(1, round(gone.total_seconds() / size))
        if count < most:
            if unit == "day" and count == 1:
                return "yesterday"
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    here = timezone.localtime(moment)
    return f"{here.day} {here:%b %Y}"


def until(moment: datetime, now: datetime | None = None) -> str:
    """How long until then: "in a moment", "in 2 minutes", "in 3 hours", "in 7 days"."""
    left = (moment - (now or timezone.now())).total_seconds()
    for unit, size, most in (("minute", 60, 60), ("hour", 3600, 48)):
        count = round(left / size)
        if count < most:
            return f"in {count} {unit}{'' if count == 1 else 's'}" if count > 0 else "in a moment"
    return f"in {round(left / 86_400)} days"
