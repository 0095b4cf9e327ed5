"""Packages that are broken or booby-trapped, made byte by byte, each with what intake has to say to it."""

from functools import cache

from marketplace.tests.corpus import malformed_archives, malformed_texts
from marketplace.tests.corpus.malformed_case import REFUSALS, WARNINGS, Malformed

__all__ = ["REFUSALS", "WARNINGS", "Malformed", "malformed"]


@cache
def malformed() -> tuple[Malformed, ...]:
    """Give every malformed package. Their bytes are built on demand."""
    return (*malformed_archives.cases(), *malformed_texts.cases())
