"""Reads CSV as spreadsheets write it: any delimiter, quotes with line ends in them, the line `sep=;` of Excel."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

DELIMITERS = ",;\t|"
SAMPLE = 64_000
SAMPLE_ROWS = 50
LONGEST_CELL = 100_000
SEPARATOR = re.compile(r"sep=(.)\r?\n", re.I)
QUOTED = re.compile(r'"(?:[^"]|"")*"')


def delimiter_of(text: str) -> str:
    """The delimiter that gives most rows the same number of cells, more than one."""
    named = SEPARATOR.match(text)
    if named:
        return named[1]
    # What stands between quotes is no delimiter, whatever it looks like.
    lines = [line for line in QUOTED.sub("", text[:SAMPLE]).splitlines() if line.strip()][:SAMPLE_ROWS]
    best, most = ",", (0, 0)
    for delimiter in DELIMITERS:
        counts = Counter(line.count(delimiter) for line in lines)
        counts.pop(0, None)
        if counts:
            cells, rows = counts.most_common(1)[0]
            # A price with a comma is in many rows too, but the row of names has none.
            heads = 1 if lines[0].count(delimiter) == cells else 0
            if (heads, rows * cells) > most:
                best, most = delimiter, (heads, rows * cells)
    return best


def rows_of(text: str, delimiter: str = "") -> Iterator[list[str]]:
    """The rows; delimiter: empty to find it. Raises csv.Error for what no program reads as CSV."""
    csv.field_size_limit(LONGEST_CELL)
    delimiter = delimiter or delimiter_of(text)
    body = SEPARATOR.sub("", text, count=1) if SEPARATOR.match(text) else text
    return csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
