"""A body that is too long is refused before it is kept: at once when it says so, at the limit when it does not."""

import json
import socket
from urllib.parse import urlsplit

from automatos.testing import Stack

MEGABYTE = b"x" * 1_048_576


def said(stack: Stack, head: str, *, pieces: int = 0) -> tuple[bytes, int]:
    """The answer, and how many chunks of a megabyte were sent until it came."""
    url = urlsplit(stack.url)
    sent, answer = 0, b""
    with socket.create_connection((url.hostname, url.port), timeout=20) as client:
        client.sendall(f"{head}\r\nHost: localhost\r\n".encode())
        client.settimeout(0.05)
        while sent < pieces:
            try:
                client.settimeout(10)
                client.sendall(b"100000\r\n" + MEGABYTE + b"\r\n")
                sent += 1
                client.settimeout(0.01)
                answer = client.recv(65536)
                break
            except TimeoutError:
                continue
            except OSError:
                break
        client.settimeout(10)
        try:
            while got := client.recv(65536):
                answer += got
        except OSError:
            pass
    return answer, sent


def request(path: str, *headers: str) -> str:
    return "\r\n".join([f"POST {path} HTTP/1.1", *headers, ""])


def test_a_body_that_says_it_is_too_long_is_refused_without_being_awaited(stack: Stack) -> None:
    for path in (
        "/api/marketplace/plugins",
        "/api/admin/plugins/upload",
        "/api/documents",
        "/w/x/marketplace/submissions/new/",
    ):
        answer, _ = said(stack, request(path, "Content-Length: 5000000000"))
        assert answer.startswith(b"HTTP/1.1 413"), (path, answer[:200])
    answer, _ = said(stack, request("/api/marketplace/plugins", "Content-Length: 5000000000"))
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert body["error"]["code"] == "too_large"
    assert "11,534,336 bytes" in body["error"]["message"]


def test_a_body_without_a_length_is_cut_off_at_the_limit(stack: Stack) -> None:
    answer, sent = said(stack, request("/api/marketplace/plugins", "Transfer-Encoding: chunked"), pieces=200)
    assert answer.startswith(b"HTTP/1.1 413") or sent < 100
    assert sent < 100


def test_a_body_within_the_limit_reaches_the_door(stack: Stack) -> None:
    answer, _ = said(stack, request("/api/marketplace/plugins", "Content-Length: 2", "Connection: close") + "\r\n{}")
    assert answer.startswith(b"HTTP/1.1 4"), answer[:100]
    assert not answer.startswith(b"HTTP/1.1 413")
