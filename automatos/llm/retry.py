"""Trying again within one deadline. The SDKs' own retries are off: one of them sleeps past any time-out."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from automatos.llm.deltas import Listener
from automatos.llm.errors import CutShort, ModelError, ModelTimeout, ModelUnavailable
from automatos.llm.types import ModelReply


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """attempts: tries in all. Waits double from first_wait to longest_wait (seconds), each shortened by up to half."""

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0

    def wait(self, failures: int) -> float:
        """Seconds before the next try after so many failures, with jitter so that many callers do not come at once."""
        full = min(self.longest_wait, self.first_wait * 2.0 ** (failures - 1))
        return full * random.uniform(0.5, 1.0)  # noqa: S311


async def with_retries(
    attempt: Callable[[Listener | None], Awaitable[ModelReply]],
    listener: Listener | None,
    *,
    seconds: float,
    policy: RetryPolicy,
    what: str,
) -> ModelReply:
    """Await attempt(listener) until it succeeds, within `seconds` for everything; `what` names it in errors.

    Raises the last error when tries or time run out, or at once when trying again is no use, when the server asks for a
    longer wait than there is time, or when the listener was told something already. Cancellation goes through at once.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    failures = 0
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                return await attempt(listener)
        except TimeoutError as error:
            late = ModelTimeout(f"No whole answer from {what} within {seconds:g} s.")
            late.reply = listener.partial if listener is not None else None
            raise late from error
        except ModelError as error:
            failures += 1
            if not _worth_it(error) or (listener is not None and listener.told) or failures >= policy.attempts:
                raise
            wait = policy.wait(failures) if error.retry_after is None else error.retry_after
            left = deadline - loop.time()
            if wait >= left:
                raise _out_of_time(error, left) from error
        await asyncio.sleep(wait)


def _worth_it(error: ModelError) -> bool:
    return isinstance(error, ModelUnavailable | CutShort)


def _out_of_time(error: ModelError, left: float) -> ModelError:
    if error.retry_after is None:
        return error
    asked = f"It asks to wait {error.retry_after:.0f} s, but this call has only {max(left, 0):.0f} s left."
    late = type(error)(f"{error.message} {asked}", retry_after=error.retry_after)
    late.reply = error.reply
    return late
