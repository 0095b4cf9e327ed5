"""An answer whose status is only known once it is there, awaited where no thread is held for it."""

from collections.abc import Awaitable, Callable

from django.http import HttpResponse

# What belongs to the body, so the awaited answer brings its own.
OF_THE_BODY = ("content-type", "content-length")


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
