"""The id of the request being answered, for answers, logs and error pages."""

import re
import uuid
from contextvars import ContextVar

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request this code runs for; empty outside of one."""
    return _current.get()


def begin(incoming: str | None) -> str:
    """Take over a well-formed id from the caller, or make one; it holds until the next call in this context."""
    request_id = incoming if incoming and WELL_FORMED.fullmatch(incoming) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id
