"""An answer whose status is only known once it is there, awaited where no thread is held for it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from django.http import HttpResponse

# What belongs to the body, so the awaited answer brings its own.
OF_THE_BODY = ("content-type", "content-length")
# Set once the client of the request that is answered has left; the application's handler keeps it.
LEFT: ContextVar[asyncio.Event] = ContextVar("left")


def has_client_left() -> bool:
    """Whether nobody waits for this request's answer any more; False outside of requests.

    The handler also cancels such a request, but only once, and libraries lose that: `asyncio.wait_for` of Python 3.11
    does where a message comes at the same moment. What goes on for long asks here.
    """
    gone = LEFT.get(None)
    return gone is not None and gone.is_set()


class LaterResponse(HttpResponse):
    """Stands for the answer that `answer` gives. The application's handler awaits it after all middleware is done.

    When the client leaves, what awaits is cancelled.
    """

    def __init__(self, answer: Callable[[], Awaitable[HttpResponse]]) -> None:
        super().__init__(status=200)
        self.answer = answer

    async def settled(self) -> HttpResponse:
        """The answer, with the headers that the middleware put on this one."""
        found = await self.answer()
        for name, value in self.headers.items():
            if name.lower() not in OF_THE_BODY:
                found.headers.setdefault(name, value)
        return found
