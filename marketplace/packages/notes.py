"""What is noticed while a package is read: warnings are gathered, a refusal ends it."""

from collections.abc import Iterable

from automatos.paths import LONGEST_PATH
from automatos.skill_format.plain_text import one_line, shorten, visible
from marketplace.packages.package import PackageRefused, PackageWarning, Refusal

LONGEST_SHOWN = 120
# Of one package. A hundred thousand sentences help nobody.
MOST_WARNINGS = 200


class Notes:
    """The warnings about one package."""

    def __init__(self) -> None:
        self._warnings: dict[PackageWarning, None] = {}

    def warn(self, code: str, entry: str, sentence: str) -> None:
        """Keep a warning, once. entry: the path it is about, "" for the package."""
        if len(self._warnings) < MOST_WARNINGS:
            self._warnings[PackageWarning(code, storable(entry), sentence)] = None

    def warn_of_all(self, code: str, paths: Iterable[str], what: str) -> None:
        """One warning for several files. what: the end of a sentence that begins with a file's name."""
        if found := sorted(paths):
            sentence = f"{shown(found[0])} is {what}."
            if len(found) > 1:
                sentence = f"{len(found):,} files, for example {shown(found[0])}: {what}."
            self.warn(code, found[0], sentence)

    @property
    def all(self) -> tuple[PackageWarning, ...]:
        """In the order they were made."""
        return tuple(self._warnings)


def refusal(code: str, entry: str, sentence: str) -> PackageRefused:
    """The error to raise for a package that is not taken."""
    return PackageRefused(Refusal(code, storable(entry), sentence))


def storable(entry: str) -> str:
    """A path as it can be kept and shown, for one that is not fit to be a path."""
    return one_line(visible(entry)[0])[:LONGEST_PATH]


def shown(text: str) -> str:
    """Something from the package within a sentence of ours: one line, nothing invisible, not long."""
    return shorten(one_line(visible(text)[0]), LONGEST_SHOWN)
