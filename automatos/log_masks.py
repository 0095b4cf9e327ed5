"""Keeps what opens a door out of the log: links sent by mail carry their key in the address."""

import logging
import re
from typing import Any

# As a path, or inside a query, where slashes may be encoded.
LINKS = re.compile(r"((?:invitations|confirm-email|reset(?:/|%2F)key)(?:/|%2F))[^/?&\s%\"']+")


class MaskLinks(logging.Filter):
    """Puts … where a line would show the key of such a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record is changed."""
        record.msg = masked(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(masked(value) for value in record.args)
        return True


def masked(value: Any) -> Any:
    """Text without keys; anything else as it is."""
    return LINKS.sub(r"\1…", value) if isinstance(value, str) else value
