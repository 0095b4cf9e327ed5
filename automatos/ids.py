"""Ids as people and programs send them."""

from uuid import UUID


def as_uuid(value: object) -> UUID | None:
    """The id that stands in a text; None where it holds none."""
    try:
        return UUID(str(value))
    except ValueError:
        return None
