"""Counters in Redis that let exactly so many through in any stretch of time, however many ask at the same moment."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_SECONDS = 2.0
PREFIX = "automatos:throttle:"

# Looks at every counter first and counts only when all have room, in one step that nothing can come between.
# KEYS: sorted sets of the moments counted. ARGV: a token for this one, then amount and milliseconds of each key.
# Answers the milliseconds to wait, 0 when it was counted; then how often the fullest one has room, and the milliseconds
# until the oldest moment in it is forgotten.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait, left, reset = 0, nil, 0
for i, key in ipairs(KEYS) do
  local amount, span = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - span)
  if redis.call('ZCARD', key) >= amount then
    local oldest = redis.call('ZRANGE', key, -amount, -amount, 'WITHSCORES')
    wait = math.max(wait, oldest[2] + span - now)
  end
end
if wait > 0 then return {wait, 0, wait} end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2 * i + 1])
  local room = tonumber(ARGV[2 * i]) - redis.call('ZCARD', key)
  if not left or room < left then
    left, reset = room, redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] + ARGV[2 * i + 1] - now
  end
end
return {0, left or 0, reset}
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """At most `amount` in any `seconds` for one name."""

    name: str
    amount: int
    seconds: int

    @property
    def key(self) -> str:
        """Where it is counted. Names hold e-mail addresses, which have no business in Redis."""
        return f"{PREFIX}{self.seconds}:{hashlib.blake2b(self.name.encode(), digest_size=16).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was counted, to give it back. left: how often the fullest bucket still has room, more of it in reset s."""

    token: str
    keys: tuple[str, ...]
    left: int
    reset: int


class Exhausted(Exception):
    """A bucket is empty; retry_after: whole seconds until there is room in every one of them."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


def take(buckets: Sequence[Bucket], *, patience: float = PATIENCE_SECONDS) -> Taken:
    """Count one in each bucket, or none in any: then raises Exhausted.

    Raises RedisError when Redis does not answer; patience: seconds to wait for it.
    """
    token = uuid.uuid4().hex
    keys = [bucket.key for bucket in buckets]
    numbers = [number for bucket in buckets for number in (bucket.amount, bucket.seconds * 1000)]
    client = _client(settings.REDIS_URL, patience)
    wait, left, reset = client.eval(TAKE, len(keys), *keys, token, *numbers)
    if wait > 0:
        raise Exhausted(_whole_seconds(wait))
    return Taken(token, tuple(keys), left, _whole_seconds(reset))


def _whole_seconds(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 1000))


def give_back(taken: Taken) -> None:
    """Uncount it: what was taken turned out to be a success, and only failures are limited."""
    with _client(settings.REDIS_URL).pipeline(transaction=False) as batch:
        for key in taken.keys:
            batch.zrem(key, taken.token)
        batch.execute()


def forget_all() -> None:
    """Empty every counter, as between tests."""
    client = _client(settings.REDIS_URL)
    for key in client.scan_iter(f"{PREFIX}*", count=1000):
        client.delete(key)


@lru_cache(maxsize=4)
def _client(url: str, patience: float = PATIENCE_SECONDS) -> Redis:
    # One retry, so that connections broken by a restart of Redis are replaced and nobody notices.
    return Redis.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 1),
    )
