"""The last look before a request leaves: its connection is open by then, and nothing of it is written yet.

Opening a connection may take as long as a worker may be frozen, so whoever asked before it looks once more after it.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Look = Callable[[], Awaitable[None]]
_look: ContextVar[Look | None] = ContextVar("last_look", default=None)


@contextmanager
def looking(look: Look | None) -> Iterator[None]:
    """Requests inside await this before they are written; what it raises ends them, and their connection is closed."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


async def look() -> None:
    """What was asked for, if anything was."""
    if (asked := _look.get()) is not None:
        await asked()
