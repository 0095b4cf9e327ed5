"""Text from outside, made so that a person who reads it sees all that a model sees."""

import re
import unicodedata

# Letters of Persian and Indic scripts, and emoji of several parts, need the two joiners.
JOINERS = "\u200c\u200d"
KEPT_CONTROLS = "\n\t"
# Control and formatting characters (bidirectional overrides, zero-width spaces, tags), halves of surrogate pairs.
HIDDEN = frozenset({"Cc", "Cf", "Cs"})


def decode(data: bytes) -> tuple[str, list[str]]:
    """The bytes of a text file as text with \\n line ends, and what had to be mended to read it."""
    warnings = []
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        warnings.append("The file starts with a byte order mark, which was left out.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        warnings.append(f"The file is not UTF-8 at byte {error.start:,}; what could not be read shows as \ufffd.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), warnings


def visible(text: str) -> tuple[str, int]:
    """The text without characters that no reader sees but a model obeys, and how many were taken out."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text, 0
    kept = "".join(char for char in text if not _is_hidden(char))
    return kept, len(text) - len(kept)


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def shorten(text: str, longest: int) -> str:
    """The text, cut after a word where it is longer; the ellipsis counts."""
    if len(text) <= longest:
        return text
    cut = text[: max(longest - 1, 0)]
    at_word = re.sub(r"\s+\S*$", "", cut)
    return (at_word if len(at_word) > longest // 2 else cut).rstrip(" ,;:.") + "…"


def _is_hidden(char: str) -> bool:
    return char not in KEPT_CONTROLS and char not in JOINERS and unicodedata.category(char) in HIDDEN
