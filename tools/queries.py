"""What there is to choose from."""

from collections.abc import Sequence

from tools.builtin import BUILTIN
from tools.contract import Tool


def built_in() -> Sequence[Tool]:
    """The built-in tools, in the order they are shown."""
    return list(BUILTIN.values())
