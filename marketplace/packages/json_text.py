"""JSON that strangers wrote: what no author writes is refused, what authors get wrong is read with a warning."""

import json
from collections.abc import Sequence
from typing import Any

from automatos.skill_format.plain_text import visible
from marketplace.packages.notes import Notes, refusal, shown
from marketplace.packages.package import PackageFile

LARGEST = 1_000_000
DEEPEST = 24
MOST_VALUES = 20_000
LONGEST_NUMBER = 40


def read_object(file: PackageFile, notes: Notes, *, strict: bool = False) -> dict[str, Any]:
    """The object in a JSON file, its texts without invisible characters. Raises PackageRefused naming the file.

    strict: also for a name that stands twice and for NaN, which other programs read otherwise or not at all.
    """
    if file.size > LARGEST:
        raise refusal(
            "json_too_large", file.path, f"{shown(file.path)} has {file.size:,} bytes; at most {LARGEST:,} are read."
        )
    value = _Reader(file.path, notes, strict=strict).read(text_of(file, notes))
    if not isinstance(value, dict):
        raise refusal("not_an_object", file.path, f"{shown(file.path)} must hold an object: {{ … }}.")
    return value


def text_of(file: PackageFile, notes: Notes) -> str:
    """The text of a file that is acted on, with \\n line ends. Raises PackageRefused unless it is UTF-8, no zeros."""
    if b"\x00" in file.data:
        raise refusal(
            "zero_bytes", file.path, f"{shown(file.path)} holds zero bytes, so it is no text. Save it as UTF-8."
        )
    data = file.data
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        notes.warn("byte_order_mark", file.path, f"{shown(file.path)} starts with a byte order mark.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        sentence = f"{shown(file.path)} is not UTF-8 at byte {error.start:,}. Save it as UTF-8."
        raise refusal("not_utf8", file.path, sentence) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Reader:
    """One reading, which counts values as they come."""

    def __init__(self, path: str, notes: Notes, *, strict: bool) -> None:
        self._path, self._notes, self._strict = path, notes, strict
        self._left = MOST_VALUES
        self._hidden = 0

    def read(self, text: str) -> Any:
        try:
            value = json.loads(
                text,
                object_pairs_hook=self._pairs,
                parse_int=self._number,
                parse_float=self._number,
                parse_constant=self._constant,
            )
        except json.JSONDecodeError as error:
            sentence = f"{shown(self._path)} is no JSON: {error.msg} in line {error.lineno}. Mend it."
            raise refusal("bad_json", self._path, sentence) from None
        except RecursionError:
            raise self._excess(f"is nested deeper than {DEEPEST} levels") from None
        cleaned = self._clean(value, 1)
        if self._hidden:
            self._notes.warn(
                "invisible_characters",
                self._path,
                f"{self._hidden:,} invisible characters were taken out of what {shown(self._path)} says.",
            )
        return cleaned

    def _pairs(self, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            doubled = next(name for name in names if names.count(name) > 1) if len(names) < 1_000 else names[0]
            sentence = f"{shown(doubled)!r} stands in {shown(self._path)} twice"
            if self._strict:
                raise refusal("bad_json", self._path, f"{sentence}. Leave one of them.")
            self._notes.warn("json_name_twice", self._path, f"{sentence}; the last one counts.")
        return found

    def _number(self, text: str) -> float:
        if len(text) > LONGEST_NUMBER:
            raise self._excess("holds a number of more digits than any use needs")
        return float(text) if not text.lstrip("-").isdigit() else int(text)

    def _constant(self, text: str) -> None:
        if self._strict:
            raise refusal("bad_json", self._path, f"{text} in {shown(self._path)} is no JSON. Write a number or null.")
        self._notes.warn("json_constant", self._path, f"{text} in {shown(self._path)} is no JSON; it counts as null.")

    def _clean(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise self._excess(f"holds more than {MOST_VALUES:,} values")
        if depth > DEEPEST:
            raise self._excess(f"is nested deeper than {DEEPEST} levels")
        if isinstance(value, str):
            return self._seen(value)
        if isinstance(value, list):
            return [self._clean(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {self._seen(name): self._clean(item, depth + 1) for name, item in value.items()}
        return value

    def _seen(self, text: str) -> str:
        if "\x00" in text:
            raise refusal("zero_bytes", self._path, f"{shown(self._path)} has a text with a zero byte. Leave it out.")
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise refusal("not_utf8", self._path, f"{shown(self._path)} has a text with half a character. Mend it.")
        kept, hidden = visible(text)
        self._hidden += hidden
        return kept

    def _excess(self, what: str) -> Exception:
        return refusal("json_bomb", self._path, f"{shown(self._path)} {what}. Make it simpler.")
