"""Redirects, credentials, sizes, times and packings of outgoing requests, against real servers on loopback."""

import asyncio
import gzip
import ipaddress
import socket
import time
import zlib
from typing import Any

import pytest
from aiohttp import web

from automatos.outside import Limits, Refused, TooMuch, TooSlow, Unreachable, WrongType
from automatos.outside.connecting import Pinned
from automatos.outside.reading import Unpacker
from automatos.outside.tests.kit import Handler, Names, client, plain, raw, serving


def answering(**answer: Any) -> Handler:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(**answer)

    return handler


async def test_a_name_is_looked_up_once_and_connected_to_as_checked() -> None:
    names = Names(site_example=["127.0.0.2", "127.0.0.1"])
    async with serving(plain, host="127.0.0.2") as site:
        answer = await client(names, "127.0.0.2").get(site.url("/a?b=1#c", "site.example"))
    assert (answer.status, answer.text(), names.asked) == (200, "hello", ["site.example"])
    assert site.seen[0].headers["Host"] == f"site.example:{site.port}"
    assert site.seen[0].headers["User-Agent"].startswith("Automatos/")


async def test_a_name_that_turns_private_between_two_lookups_is_refused() -> None:
    async def around(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/again"})

    names = Names(rebind_example=["127.0.0.2", "127.0.0.1"])
    async with serving(around, host="127.0.0.2") as site:
        with pytest.raises(Refused, match="private address"):
            await client(names, "127.0.0.2").get(site.url(host="rebind.example"))
    assert names.asked == ["rebind.example", "rebind.example"]
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    "place",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "//localhost/x",
        "http://[::1]/",
        "http://a:b@c.de/",
    ],
)
async def test_each_redirect_is_checked_anew(place: str) -> None:
    async with serving(answering(status=302, headers={"Location": place})) as site:
        with pytest.raises(Refused):
            await client().get(site.url())


async def test_redirects_are_followed_five_times() -> None:
    async def count(request: web.BaseRequest) -> web.StreamResponse:
        left = int(request.query["left"])
        return (
            web.Response(status=307, headers={"Location": f"/?left={left - 1}"}) if left else web.Response(text="end")
        )

    async with serving(count) as site:
        answer = await client().get(site.url("/?left=5"))
        assert (answer.text(), len(answer.redirects), answer.url) == ("end", 5, site.url("/?left=0"))
        with pytest.raises(Refused, match="more than 5 times"):
            await client().get(site.url("/?left=6"))


async def test_credentials_stay_with_their_origin() -> None:
    async with serving(plain) as other:
        to = f"http://b.example:{other.port}/"
        async with serving(answering(status=302, headers={"Location": to})) as site:
            names = Names(a_example=["127.0.0.1"], b_example=["127.0.0.1"])
            await client(names).request(
                "GET",
                site.url(host="a.example"),
                headers={"Authorization": "Bearer one", "X-Kept": "yes"},
                secrets={"X-Secret": "two"},
            )
    assert site.seen[0].headers["X-Secret"] == "two"
    assert site.seen[0].headers["Authorization"] == "Bearer one"
    arrived = other.seen[0].headers
    assert arrived["X-Kept"] == "yes"
    assert "X-Secret" not in arrived
    assert "Authorization" not in arrived


async def test_a_body_follows_only_within_its_origin() -> None:
    async def bounce(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/same":
            return web.Response(status=307, headers={"Location": "/end"})
        if request.path == "/away":
            return web.Response(status=308, headers={"Location": f"http://b.example:{request.url.port}/end"})
        return web.Response(text=f"{request.method} {await request.text()}")

    names = Names(b_example=["127.0.0.1"])
    async with serving(bounce) as site:
        answer = await client(names).request("POST", site.url("/same"), body=b"x")
        assert answer.text() == "POST x"
        with pytest.raises(Refused, match="another host"):
            await client(names).request("POST", site.url("/away"), body=b"x")


async def test_no_cookie_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cookie(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/":
            return web.Response(status=302, headers={"Location": "/end", "Set-Cookie": "a=1"})
        return web.Response(text=request.headers.get("Cookie", "none"))

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with serving(cookie) as site:
        assert (await client().get(site.url())).text() == "none"


@pytest.mark.parametrize("packing", ["gzip", "deflate", "bare"])
async def test_packed_answers_are_unpacked_and_bombs_defused(packing: str) -> None:
    def packed(data: bytes) -> bytes:
        if packing == "gzip":
            return gzip.compress(data)
        machine = zlib.compressobj(wbits=-zlib.MAX_WBITS if packing == "bare" else zlib.MAX_WBITS)
        return machine.compress(data) + machine.flush()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        data = b"small" if request.path == "/small" else bytes(30_000_000)
        return web.Response(body=packed(data), headers={"Content-Encoding": packing.replace("bare", "deflate")})

    async with serving(handler) as site:
        assert (await client().get(site.url("/small"))).text() == "small"
        with pytest.raises(TooMuch, match="larger than 1,000,000 bytes"):
            await client().get(site.url("/bomb"), limits=Limits(max_bytes=1_000_000))


def test_unpacking_never_makes_much_more_than_is_allowed() -> None:
    machine = zlib.compressobj(1, wbits=16 + zlib.MAX_WBITS)
    packed = b"".join(machine.compress(bytes(1_000_000)) for _ in range(100)) + machine.flush()
    unpacker = Unpacker("gzip", 1_000_000)
    with pytest.raises(TooMuch):
        unpacker.feed(packed)
    assert len(unpacker.body) == 1_000_001


def test_no_socket_is_made_to_an_address_that_was_not_checked() -> None:
    pinned = Pinned([ipaddress.ip_address("127.0.0.2")])
    with pytest.raises(OSError, match="not an address that was checked"):
        pinned.socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80)))
    pinned.socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.2", 80))).close()


async def test_a_long_answer_is_cut_off_while_reading() -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(100_000))
            await writer.drain()
            sent += 100_000

    async with raw(endless) as site:
        with pytest.raises(TooMuch):
            await client().get(site.url(), limits=Limits(max_bytes=1_000_000))
    assert sent < 20_000_000


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
async def test_a_server_that_drips_is_left(first: bytes) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            await asyncio.sleep(0.05)
            writer.write(b"X" if first.endswith(b"\r\n\r\n") else b"")
            await writer.drain()

    started = time.monotonic()
    async with raw(drip) as site:
        with pytest.raises(TooSlow, match=r"within 0\.3 seconds"):
            await client().get(site.url(), limits=Limits(seconds=0.3))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz",
        b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_nonsense_for_an_answer_is_unreachable(reply: bytes) -> None:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()

    async with raw(send) as site:
        with pytest.raises(Unreachable):
            await client().get(site.url())


async def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        await client().get("http://127.0.0.1:9/")


async def test_only_wanted_types_are_read() -> None:
    async with serving(answering(body=b"x", content_type="image/png")) as site:
        with pytest.raises(WrongType, match="image/png"):
            await client().get(site.url(), limits=Limits(content_types=("text/*", "application/json")))
        answer = await client().get(site.url(), limits=Limits(content_types=("image/png",)))
    assert answer.media_type == "image/png"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "x"},
        {"X": "a\r\nY: b"},
        {"Content-Length": "3"},
        {"a b": "c"},
        {"X": "ä"},
        {"Proxy-Authorization": "x"},
    ],
)
async def test_headers_that_steer_the_connection_are_refused(headers: dict[str, str]) -> None:
    async with serving(plain) as site:
        with pytest.raises(Refused, match=r"[Hh]eader"):
            await client().get(site.url(), headers=headers)
    assert site.seen == []
