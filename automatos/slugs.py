"""Readable, unique addresses made from names."""

import secrets
from collections.abc import Callable, Iterator, Set
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.text import slugify

Row = TypeVar("Row")

# Pages have these addresses themselves.
RESERVED = frozenset({"new"})


def candidates(name: str, *, longest: int, otherwise: str, reserved: Set[str] = RESERVED) -> Iterator[str]:
    """The name as a slug, then numbered ones, then random ones. otherwise: what a name without letters becomes."""
    base = slugify(name)[:longest].strip("-_") or otherwise
    if base in reserved:
        base = f"{base}-{otherwise}"
    yield base
    for number in range(2, 7):
        yield f"{base[: longest - 2].strip('-_')}-{number}"
    for _ in range(5):
        yield f"{base[: longest - 7].strip('-_')}-{secrets.token_hex(3)}"


def insert_with_slug(
    create: Callable[[str], Row | None],
    *,
    name: str,
    longest: int,
    otherwise: str,
    reserved: Set[str] = RESERVED,
    taken: Callable[[str], bool] = lambda _: False,
) -> Row:
    """The row that `create(slug)` makes under the first slug no other row has, also when several do so at once.

    create: None when the slug is taken, see `rows.added`. taken: for rows that are changed and not inserted, looks
    whether another has it already. PostgreSQL logs a refused change, so that is for what comes at the same moment only.
    """
    refusal: IntegrityError | None = None
    for slug in candidates(name, longest=longest, otherwise=otherwise, reserved=reserved):
        if taken(slug):
            continue
        try:
            with transaction.atomic():
                row = create(slug)
        except IntegrityError as error:
            refusal = error
        else:
            if row is not None:
                return row
    raise refusal or IntegrityError("no slug could be made")
