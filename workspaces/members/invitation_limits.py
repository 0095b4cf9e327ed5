"""How many invitations may be mailed, so that nobody uses this installation to flood a stranger's mailbox."""

import logging
from uuid import UUID

from redis import RedisError

from automatos.errors import TooMany
from workspaces.limits import throttling
from workspaces.limits.throttling import Bucket, Exhausted

logger = logging.getLogger(__name__)

HOUR = 3600
# In any hour: to one address whoever invites it, from one workspace, and by one person.
TO_ADDRESS, FROM_WORKSPACE, BY_PERSON = 5, 100, 100


def count(*, workspace_id: UUID, user_id: UUID, email: str) -> None:
    """Count one more, or raise TooMany with the seconds to wait. While Redis, which counts, is away, all pass."""
    try:
        throttling.take(
            [
                Bucket(f"invitation:address:{email.casefold()}", TO_ADDRESS, HOUR),
                Bucket(f"invitation:workspace:{workspace_id}", FROM_WORKSPACE, HOUR),
                Bucket(f"invitation:person:{user_id}", BY_PERSON, HOUR),
            ]
        )
    except Exhausted as exhausted:
        minutes = -(-exhausted.retry_after // 60)
        text = (
            f"An hour takes {TO_ADDRESS} invitations to one address and {FROM_WORKSPACE} from one workspace. "
            f"Try again in {minutes} minute{'' if minutes == 1 else 's'}, or pass on the link you have."
        )
        raise TooMany(text, retry_after=exhausted.retry_after) from None
    except RedisError as error:
        logger.warning("An invitation is not counted because Redis does not answer: %s", error)
