"""Who acts, and by what credential: set once at the door, read by the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """via: session, clerk, api_key, open (no sign-in demanded), command or system."""

    user_id: UUID | None
    name: str
    via: str
    credential: str = ""
    ip: str = ""


OPERATOR = Actor(user_id=None, name="Operator", via="command")
SYSTEM = Actor(user_id=None, name="Automatos", via="system")

_current: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current() -> Actor:
    """Whoever acts in this request, command or task; the system itself when no door said otherwise."""
    return _current.get()


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """What happens inside is this actor's doing."""
    token = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(token)
