"""What the running product writes to its log about links that open a door."""

import io
import logging

import httpx2
import pytest

from automatos import request_id
from automatos.log_masks import AddRequestId, MaskingFormatter, MaskSecrets
from automatos.testing import Stack


@pytest.mark.slow
def test_no_key_of_a_link_is_in_the_log_of_the_running_product(stack: Stack) -> None:
    key = "Tk3y-that_0pens"
    paths = (
        f"/invitations/{key}/",
        f"/accounts/login/?next=/invitations/{key}/",
        f"/accounts/login/?next=%2Finvitations%2F{key}%2F",
        f"/accounts/confirm-email/{key}/",
        f"/accounts/password/reset/key/1-{key}/",
    )
    for path in paths:
        assert httpx2.get(stack.url + path).status_code < 500
    log = stack.web.log.read_text()
    assert "/invitations/…" in log
    assert key not in log


def test_everything_else_stays_as_it_is() -> None:
    record = logging.LogRecord("n", 20, "f", 1, "%s took %d ms: %s", ("/w/a/settings/members/", 3, None), None)
    assert MaskSecrets().filter(record)
    assert record.getMessage() == "/w/a/settings/members/ took 3 ms: None"


def wrote_line(text: str, *args: object, error: Exception | None = None) -> str:
    """The line as the console's handler writes it."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(MaskingFormatter("[{request_id}] {message}", style="{"))
    for found in (MaskSecrets(), AddRequestId()):
        handler.addFilter(found)
    handler.handle(logging.LogRecord("n", 20, "f", 1, text, args, (type(error), error, None) if error else None))
    return str(handler.stream.getvalue())


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key atm_abcdEFGH1234567890 is wrong", "EFGH1234567890"),
        ("called with sk-proj-4b1d8f0c2a9e7766", "4b1d8f0c2a9e7766"),
        ("called with sk-ant-4b1d8f0c2a9e7766", "4b1d8f0c2a9e7766"),
        ("Authorization: Bearer eyJhbGciOi.JIUzI1Ni.abc", "eyJhbGciOi"),
        ("authorization: basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        ("cannot reach redis://default:Geh31m@host:6379/0", "Geh31m"),
        ("GET /x?api_key=Geh31mGeh31m&page=2", "Geh31m"),
        ("Cookie: sessionid=Geh31mGeh31m; theme=dark", "Geh31m"),
    ],
)
def test_a_secret_in_a_line_is_masked_wherever_it_stands(text: str, secret: str) -> None:
    lines = [wrote_line(text), wrote_line("%s", text), wrote_line("%s", ValueError(text)), wrote_line("x %d", 1)]
    lines.append(wrote_line("It failed.", error=ValueError(text)))
    assert all(secret not in line for line in lines)
    assert sum("…" in line for line in lines) == 4


def test_each_line_says_which_request_it_belongs_to() -> None:
    request_id.begin("req-12345678")
    assert wrote_line("cooking") == "[req-12345678] cooking\n"
