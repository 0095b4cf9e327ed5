"""Sums over all runs of some weeks: of a workspace with very many they are made once a minute, else each time anew."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
Sums = TypeVar("Sums")
# Runs from which on making them takes a page's time, and seconds for which they are kept then.
MANY, KEPT_FOR = 5_000, 60


def kept_sums(key: str, make: Callable[[], Sums], runs_in: Callable[[Sums], int]) -> Sums:
    """What `make` gives; of MANY runs what it gave up to a minute ago. key: names workspace, days and time zone."""
    try:
        found: Sums | None = cache.get(key)
        if found is not None:
            return found
    except (RedisError, OSError) as error:
        logger.warning("The cache does not answer: %s", error)
    made = make()
    if runs_in(made) >= MANY:
        try:
            cache.set(key, made, KEPT_FOR)
        except (RedisError, OSError) as error:
            logger.warning("The cache does not answer: %s", error)
    return made
