"""Text as it may be stored: PostgreSQL takes neither NUL characters nor halves of surrogate pairs."""

from typing import Any


def clean(text: str) -> str:
    """The text without NUL characters; surrogate pairs joined, lone halves replaced by U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean_value(value: Any) -> Any:
    """A decoded JSON value with every text in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): clean_value(item) for name, item in value.items()}
    return value


class Cleaner:
    """Cleans a text that arrives in pieces: the first half of a surrogate pair waits for the second."""

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, piece: str) -> str:
        """What of the text so far can be shown now."""
        piece = self._pending + piece
        self._pending = ""
        if piece and "\ud800" <= piece[-1] <= "\udbff":
            self._pending = piece[-1]
            piece = piece[:-1]
        return clean(piece)

    def rest(self) -> str:
        """What was waiting when the text ended."""
        piece, self._pending = self._pending, ""
        return clean(piece)
