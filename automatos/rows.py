"""Locking one row, and adding one that may be there once, the same way everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

from automatos.errors import AppError, NotFound

Row = TypeVar("Row", bound=Model)


def locked(rows: QuerySet[Row], **named: Any) -> Row:
    """The one row of `rows` with these values as it is now, ours until the transaction ends.

    Only the row's own table is locked, whatever `rows` joins. A joined row is as it was before the waiting: what may
    change is not joined, and asked for afterwards. Raises NotFound when there is none (any more).
    """
    found = rows.select_for_update(of=("self",)).filter(**named).first()
    if found is None:
        raise NotFound()
    return found


def hold(row: Model) -> None:
    """Keep the row until the transaction ends, once nobody else does.

    To be called before rows that belong to it are counted, so that many that are added at once do not pass a limit.
    """
    type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk").first()


def added(row: Row) -> Row | None:
    """Insert a row whose id is set; None where a constraint says that another one is in its place.

    For clashes that are expected: the database logs nothing of them, though the other row may not be seen from here.
    """
    rows = type(row)._default_manager
    rows.bulk_create([row], ignore_conflicts=True)
    return row if rows.filter(pk=row.pk).exists() else None


@contextmanager
def only_one(rows: QuerySet[Any], refusal: AppError) -> Iterator[None]:
    """Write a row inside that a constraint lets be there once. Raises `refusal` where `rows` has it already.

    It is looked for first, so that the database logs no error; of two at once the constraint decides.
    """
    if rows.exists():
        raise refusal
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise refusal from None
