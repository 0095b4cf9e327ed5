"""The order of what Clerk tells: its messages come at least once and in any order, and tokens tell of a minute ago.

A thing is a person (`user_…`), an organisation (`org_…`) or a membership (`org_…:user_…`).
"""

from datetime import datetime

from django.db import connection

from workspaces.models import ClerkState


def membership_id(organisation_id: str, person_id: str) -> str:
    """How a membership is called here: tokens do not know its own id."""
    return f"{organisation_id}:{person_id}"


def lock(thing: str) -> None:
    """Wait until nobody else works on this thing, and hold it until the transaction ends.

    Whoever needs several takes a person before an organisation.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"clerk:{thing}"])


def is_gone(thing: str) -> bool:
    """Whether Clerk said that it removed the thing."""
    return ClerkState.objects.filter(pk=thing, gone=True).exists()


def is_older(thing: str, moment: datetime) -> bool:
    """Whether something told as of this moment was overtaken by what is known already."""
    return ClerkState.objects.filter(pk=thing, told_at__gt=moment).exists()


def note(thing: str, moment: datetime, *, gone: bool = False) -> bool:
    """Remember how the thing is as of this moment; False when something newer is known, which stays."""
    state, made = ClerkState.objects.get_or_create(pk=thing, defaults={"told_at": moment, "gone": gone})
    if made:
        return True
    if state.told_at > moment:
        return False
    ClerkState.objects.filter(pk=thing).update(told_at=moment, gone=gone)
    return True
