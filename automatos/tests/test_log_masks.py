"""What the running product writes to its log about links that open a door."""

import logging

import httpx2
import pytest

from automatos.log_masks import MaskLinks
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
    assert MaskLinks().filter(record)
    assert record.getMessage() == "/w/a/settings/members/ took 3 ms: None"
