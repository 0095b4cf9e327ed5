"""Which sockets are opened at all, before anybody looks at a credential."""

import pytest

from automatos.socket_door import SocketDoor


async def nothing(scope: object, receive: object, send: object) -> None:
    """No application: only the door is asked."""


def passes(*headers: tuple[str, str]) -> bool:
    hosts, trusted = (
        ["ours.example", ".many.example", "front.example"],
        ["https://front.example", "https://*.many.example"],
    )
    return SocketDoor(nothing, hosts, trusted).is_ours([(name.encode(), value.encode()) for name, value in headers])


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "ours.example", "x-api-key": "atm_1"},
        {"host": "ours.example:8000", "origin": "http://ours.example:8000", "cookie": "sessionid=1"},
        {"host": "a.many.example", "origin": "https://b.many.example"},
        {"host": "ours.example", "origin": "http://ours.example:80", "cookie": "sessionid=1"},
        {"host": "ours.example", "origin": "https://front.example", "cookie": "sessionid=1"},
        {"host": "ours.example", "origin": "https://a.many.example", "cookie": "sessionid=1"},
        {"host": "ours.example", "cookie": "theme=dark"},
    ],
)
def test_our_pages_and_programs_with_keys_pass(headers: dict[str, str]) -> None:
    assert passes(*headers.items())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example"},
        {"host": "ours.example.evil.example"},
        {"host": "ours.example/", "x-api-key": "atm_1"},
        {"host": "ours.example", "origin": "https://evil.example"},
        {"host": "ours.example", "origin": "null"},
        {"host": "ours.example", "origin": "file://ours.example"},
        {"host": "ours.example", "origin": "https://ours.example@evil.example"},
        {"host": "ours.example", "cookie": "sessionid=1"},
        {"host": "ours.example", "origin": "http://ours.example:3000", "cookie": "sessionid=1"},
        {"host": "ours.example:8000", "origin": "http://ours.example", "cookie": "sessionid=1"},
        {"host": "ours.example", "origin": "https://ours.example", "cookie": "sessionid=1"},
        {"host": "ours.example", "origin": "http://front.example", "cookie": "sessionid=1"},
        {"host": "ours.example", "origin": "http://a.many.example", "cookie": "sessionid=1"},
        {"host": "ours.example", "origin": "http://ours.example:nine", "cookie": "sessionid=1"},
        {"host": "ours.example", "cookie": "theme=dark; __session_a1=1", "x-api-key": "atm_1"},
    ],
)
def test_other_hosts_other_sites_and_cookies_from_nowhere_are_refused(headers: dict[str, str]) -> None:
    assert not passes(*headers.items())


def test_two_of_one_header_are_refused() -> None:
    assert not passes(("host", "ours.example"), ("host", "evil.example"))
    assert not passes(("host", "ours.example"), ("origin", "http://ours.example"), ("origin", "http://evil.example"))
