"""How many requests a minute a person, or a key, may send to the API.

Limits keep one caller from slowing the others; they do not keep anybody out. So while Redis, which counts, does not
answer, everybody passes; sign-in attempts are refused instead (sign_in_limits.py).
"""

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from redis import RedisError

from automatos.errors import TooMany
from workspaces.limits import throttling
from workspaces.limits.throttling import Bucket, Exhausted
from workspaces.models import User
from workspaces.scope.presented import Presented

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60
# A request is not held up longer than this, and Redis is asked again only after a while.
PATIENCE_SECONDS, ASK_AGAIN_SECONDS = 0.25, 1.0
TELL_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may still do. limit, left: requests; reset: seconds until there are more; over: none was left."""

    limit: int
    left: int
    reset: int
    over: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-03 names them."""
        values = {"Limit": self.limit, "Remaining": self.left, "Reset": self.reset}
        return {f"RateLimit-{name}": str(value) for name, value in values.items()}

    def require(self) -> None:
        """Pass, or raise TooMany with the seconds to wait."""
        if self.over:
            text = f"This is more than {self.limit:,} requests a minute. Try again in {self.reset} s."
            raise TooMany(text, retry_after=self.reset)


class _Outage:
    """What this process remembers of Redis not answering, on the monotonic clock."""

    ask_after = 0.0
    tell_after = 0.0

    def begin(self, error: RedisError) -> None:
        """Do not ask for a while, and say so at most each minute."""
        now = time.monotonic()
        self.ask_after = now + ASK_AGAIN_SECONDS
        if now >= self.tell_after:
            self.tell_after = now + TELL_AGAIN_SECONDS
            logger.warning("Requests are not counted because Redis does not answer: %s", error)


_outage = _Outage()


def count(user: User, presented: Presented) -> Allowance | None:
    """Count one request of the key, or of the person without one; None where nothing is limited or counted."""
    limit = settings.API_RATE_LIMIT if presented.rate_limit is None else presented.rate_limit
    if not limit or time.monotonic() < _outage.ask_after:
        return None
    name = f"api-key:{presented.key_id}" if presented.key_id else f"api-user:{user.pk}"
    try:
        taken = throttling.take([Bucket(name, limit, WINDOW_SECONDS)], patience=PATIENCE_SECONDS)
    except Exhausted as exhausted:
        return Allowance(limit, 0, exhausted.retry_after, over=True)
    except RedisError as error:
        _outage.begin(error)
        return None
    return Allowance(limit, taken.left, taken.reset)
