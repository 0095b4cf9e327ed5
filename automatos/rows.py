"""Locking one row, the same way everywhere."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from automatos.errors import NotFound

Row = TypeVar("Row", bound=Model)


def locked(rows: QuerySet[Row], **named: Any) -> Row:
    """The one row of `rows` with these values as it is now, ours until the transaction ends.

    Only the row's own table is locked, whatever `rows` joins. Raises NotFound when there is none (any more).
    """
    found = rows.select_for_update(of=("self",)).filter(**named).first()
    if found is None:
        raise NotFound()
    return found
