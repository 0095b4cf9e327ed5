"""Keeps secrets out of the log: keys in mailed links, API keys, bearer tokens, passwords in addresses.

Secrets are known by their form. It is the last wall and not the first: code does not log secrets.
"""

import logging
import re
from typing import Any

from automatos import request_id

# What opens a door by being known, with what stands before it kept.
SECRETS = (
    # Links sent by mail; as a path, or inside a query, where slashes may be encoded.
    re.compile(r"((?:invitations|confirm-email|reset(?:/|%2F)key)(?:/|%2F))[^/?&\s%\"']+"),
    # Our own keys, and those of model providers, but for what tells which one it was.
    re.compile(r"(\batm_[A-Za-z0-9]{0,4})[A-Za-z0-9_-]{8,}"),
    re.compile(r"(\bsk-(?:ant-|proj-)?)[A-Za-z0-9_-]{8,}"),
    re.compile(r"(\b(?:Bearer|Basic) +)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    # Passwords in addresses, such as redis://user:password@host.
    re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@]*:)[^/\s@]+(?=@)", re.IGNORECASE),
    re.compile(r"((?:password|secret|api_key|token|sessionid|__session)=)[^&\s;,\"']+", re.IGNORECASE),
)


class MaskSecrets(logging.Filter):
    """Puts … where a line would show a secret, before it is written together."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record is changed."""
        record.msg = masked(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(masked(value) for value in record.args)
        return True


class MaskingFormatter(logging.Formatter):
    """Also masks what only shows in the whole line: exceptions with their texts, and objects made into text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines to write."""
        return str(masked(super().format(record)))


class AddRequestId(logging.Filter):
    """Gives each line the id of the request it was written for, or - outside of one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record gets `request_id`."""
        record.request_id = request_id.current() or "-"
        return True


def masked(value: Any) -> Any:
    """Text without secrets; anything else as it is."""
    if not isinstance(value, str):
        return value
    for secret in SECRETS:
        value = secret.sub(r"\1…", value)
    return value
