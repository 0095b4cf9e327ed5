"""Whether what a model quotes really stands where it says."""

import re
from collections.abc import Mapping

from marketplace.scanning.decoding import cleaned

BLANK = re.compile(r"\s+")
SHORTEST, AROUND = 6, 2


class Evidence:
    """Looks quotes up in the lines of a package's texts."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._lines = {path: text.replace("\r\n", "\n").split("\n") for path, text in texts.items()}

    def line_of(self, file: str, line: int, quote: str) -> int:
        """The line on which the quote begins, 0 if it does not stand at or beside the line that was named."""
        lines = self._lines.get(file)
        wanted = BLANK.sub(" ", quote).strip()
        if lines is None or len(wanted) < SHORTEST:
            return 0
        for number in sorted(range(max(line - AROUND, 1), line + AROUND + 1), key=lambda number: abs(number - line)):
            if number > len(lines):
                continue
            span = " ".join(lines[number - 1 : number - 1 + wanted.count(" ") // 4 + 3])
            here = lines[number - 1]
            for text in (span, cleaned(span)):
                plain = BLANK.sub(" ", text)
                place = plain.find(wanted)
                if place >= 0 and place <= len(BLANK.sub(" ", here)):
                    return number
        return 0
