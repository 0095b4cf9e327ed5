"""What can go wrong at Composio, in our words. What it said itself is cut, and counts as text from outside."""

import re
from collections.abc import Mapping
from typing import Any

from automatos.checking import unstorable_text
from automatos.errors import AppError

LONGEST = 600
# What addresses of pages and operations take in the place of an app or an action.
SLUG = re.compile(r"[-a-zA-Z0-9_]+")


class ComposioProblem(AppError):
    """Composio did not do what it was asked. status: its HTTP status, 0 for none. slug: its own word for the error.

    is_uncertain: the request was sent, and nobody knows whether it was carried out.
    """

    code = "composio_failed"
    http_status = 502
    status = 0
    slug = ""
    is_uncertain = False
    details: tuple[str, ...] = ()


def too_slow() -> ComposioProblem:
    """It took longer than allowed."""
    problem = ComposioProblem("Composio did not answer in time.", code="composio_slow")
    problem.http_status, problem.retryable, problem.is_uncertain = 504, True, True
    return problem


def unreachable(refusal: str) -> ComposioProblem:
    """No connection came about, or it broke. refusal: why we did not even try."""
    if refusal:
        problem = ComposioProblem(f"The Composio server of this workspace is not asked. {refusal}")
        problem.code, problem.http_status = "composio_refused", 409
        return problem
    problem = ComposioProblem("Composio cannot be reached right now. Try again in a moment.", code="composio_away")
    problem.retryable = problem.is_uncertain = True
    return problem


def refused_key(*, is_own: bool) -> ComposioProblem:
    """The key is wrong or was taken back."""
    whose = "the key under Settings, Credentials" if is_own else "COMPOSIO_API_KEY of this installation"
    problem = ComposioProblem(f"Composio refused the key. Check {whose}.", code="composio_key_refused")
    problem.http_status, problem.status = 409, 401
    return problem


def busy(seconds: float) -> ComposioProblem:
    """Too many requests in a short time."""
    problem = ComposioProblem(
        f"Composio takes no more requests for now. Try again in {seconds:.0f} seconds.",
        code="composio_busy",
        retry_after=seconds,
    )
    problem.http_status, problem.status, problem.retryable = 503, 429, True
    return problem


def said(status: int, details: Mapping[str, Any], request_id: str) -> ComposioProblem:
    """Any other refusal, with what it says about it."""
    message = text_of(details.get("message")) or f"Composio answered with status {status}."
    fix = text_of(details.get("suggested_fix"))
    problem = ComposioProblem(f"{message.rstrip('.')}. {fix}".strip() if fix else message)
    problem.status, problem.slug = status, text_of(details.get("slug"))[:100]
    problem.details = tuple(text_of(one) for one in (details.get("errors") or [])[:20] if isinstance(one, str))
    problem.retryable = status >= 500 or status == 408
    problem.is_uncertain = status >= 500 or status == 408
    problem.http_status = 502 if status >= 500 else 409
    return problem


def word_of(value: object, longest: int) -> str:
    """A slug that can stand in an address, of whatever was sent; empty where it is none, or too long."""
    word = text_of(value)
    return word if SLUG.fullmatch(word) and len(word) <= longest else ""


def text_of(value: object) -> str:
    """A short text that can be stored, of whatever was sent."""
    if not isinstance(value, str):
        return ""
    text = " ".join(value.replace("\x00", " ").split())[:LONGEST]
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if unstorable_text(text) else text
