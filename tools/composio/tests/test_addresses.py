"""No spelling of an address, chosen by a workspace or by a catalogue, leads a fetcher of apps to a private server."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from automatos.errors import AppError
from tools.composio import client, logos
from tools.composio.access import Access

HOSTS = [
    *(
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0",
        "0.0.0.0",
    ),
    *("127.000.000.001", "127.0.0.1.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]"),
    *("[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[fe80::1%25lo]", "localhost", "LOCALHOST", "localhost.", "a.localhost"),
    *(
        "localhost.localdomain",
        "ip6-localhost",
        "①②⑦.0.0.1",
        "ⓛocalhost",
        "127。0。0。1",
        "127\uff0e0\uff0e0\uff0e1",
        "%31%32%37.0.0.1",
    ),
    *("user:pw@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1#@example.com", "127.0.0.1\\@example.com", " 127.0.0.1"),
]
FORMS = [f"{scheme}://{host}" for host in HOSTS for scheme in ("https", "http")]


@dataclass
class Canary:
    """A server on loopback at a port of its own; reached: how often somebody connected."""

    port: int
    reached: list[str] = field(default_factory=list)

    def at(self, form: str) -> str:
        """The form of an address with this port."""
        return f"{form}:{self.port}" if "#" not in form and "\\" not in form else form


@pytest.fixture
def canary() -> Iterator[Canary]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Canary(server.getsockname()[1])
        server.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                found.reached.append(str(address))
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield found
        stop.set()
        thread.join()


def test_the_canary_is_seen_when_it_is_reached(canary: Canary) -> None:
    socket.create_connection(("127.0.0.1", canary.port)).close()
    assert wait_for(canary) == 1


def wait_for(canary: Canary) -> int:
    """How often it was reached, once it had time to notice."""
    threading.Event().wait(0.4)
    return len(canary.reached)


def test_there_are_enough_forms() -> None:
    assert len(FORMS) >= 60


def test_no_form_leads_a_fetch_of_logos_there(canary: Canary) -> None:
    async def all_of_them() -> list[logos.Fetched]:
        return [await logos.fetch(canary.at(form)) for form in FORMS]

    assert all(found.problem and not found.content for found in asyncio.run(all_of_them()))
    assert wait_for(canary) == 0


def test_no_form_leads_the_clients_of_an_own_server_there(canary: Canary) -> None:
    request = client.Request("X_GET_Y", "1", "user", None)
    for form in FORMS:
        access = Access("ak_secret", canary.at(form), own_server=True)
        with pytest.raises(AppError), client.connected(access, seconds=2.0) as composio:
            list(composio.apps())
        with pytest.raises(AppError):
            asyncio.run(client.execute(access, request, seconds=2.0))
    assert wait_for(canary) == 0
