"""A document at an address, fetched through the guard."""

from asgiref.sync import async_to_sync

from automatos.errors import InvalidInput
from automatos.outside.client import Client, Limits
from automatos.outside.errors import OutsideError

LIMITS = Limits(seconds=20.0, max_bytes=3_000_000, redirects=3)


def fetch(url: str) -> str:
    """Its text; InvalidInput with why it could not be had. Blocks, outside of any transaction."""
    try:
        answer = async_to_sync(Client().get)(url, limits=LIMITS)
    except OutsideError as problem:
        raise _refused(problem.message) from None
    if answer.status != 200:
        raise _refused(f"There is no document at this address (HTTP {answer.status}).")
    return answer.text()


def _refused(text: str) -> InvalidInput:
    return InvalidInput(text, fields={"url": [text]})
