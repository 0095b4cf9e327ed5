"""What is done once a transaction is committed: messages to workers and viewers."""

from collections.abc import Callable

from django.db import transaction


def after_commit(hook: Callable[[], object]) -> None:
    """Call it once the surrounding transaction is committed. One that fails is logged and keeps no other from running.

    The change is made by then: an error told to the caller would say that it is not. So a hook sends messages only,
    and whatever it tells of is found in the database without it.
    """
    transaction.on_commit(hook, robust=True)
