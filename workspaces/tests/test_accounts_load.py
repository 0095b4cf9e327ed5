"""Guessing in parallel against the running product, each time claiming to come from somewhere else."""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from automatos.testing import Stack
from workspaces.limits import throttling


@pytest.fixture
def token(stack: Stack) -> str:
    """What the sign-in form carries against forgery."""
    throttling.forget_all()
    with urllib.request.urlopen(f"{stack.url}/accounts/login/") as page:
        found = re.search(r"csrftoken=(\w+)", page.headers["Set-Cookie"])
    assert found
    return found.group(1)


def guess(stack: Stack, token: str, number: int, email: str) -> tuple[int, int]:
    """One wrong password; the answer's status and Retry-After, 0 without."""
    form = {"login": email, "password": f"guess-{number}", "csrfmiddlewaretoken": token}
    headers = {"Cookie": f"csrftoken={token}", "X-Forwarded-For": f"198.51.100.{number}"}
    body = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{stack.url}/accounts/login/", body, headers)) as answer:
            return answer.status, 0
    except urllib.error.HTTPError as error:
        return error.code, int(error.headers["Retry-After"])


def test_of_sixty_guesses_at_once_exactly_ten_are_looked_at(stack: Stack, token: str) -> None:
    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda number: guess(stack, token, number, "one@example.com"), range(60)))
    assert Counter(status for status, _ in answers) == {200: 10, 429: 50}
    assert all(1 <= wait <= 300 for status, wait in answers if status == 429)


def test_a_forged_address_is_not_what_the_limit_goes_by(stack: Stack, token: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: guess(stack, token, number, f"a{number}@example.com"), range(36)))
    assert Counter(status for status, _ in answers) == {200: 30, 429: 6}
