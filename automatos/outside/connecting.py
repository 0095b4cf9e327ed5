"""The connection under `client`: to a checked address and to no other."""

import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from automatos.outside.errors import OutsideError, Unreachable
from automatos.outside.targets import Target
from automatos.private_hosts import Address


@asynccontextmanager
async def response_of(
    target: Target, method: str, headers: Mapping[str, str], body: bytes | None, tls: ssl.SSLContext | None
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer's head; its body is read inside. Raises Unreachable for whatever breaks before the end of it."""
    pinned = Pinned(target.addresses)
    connector = aiohttp.TCPConnector(
        resolver=pinned, socket_factory=pinned.socket, use_dns_cache=False, force_close=True
    )
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
            ) as session,
            session.request(
                method,
                target.url,
                headers={**headers, "Accept-Encoding": "gzip, deflate"},
                data=body,
                allow_redirects=False,
                ssl=tls or True,
            ) as response,
        ):
            yield response
    except OutsideError:
        raise
    except aiohttp.ClientConnectorCertificateError:
        raise Unreachable(f"The certificate of {target.host} is not valid for this name.") from None
    except ssl.SSLError:
        raise Unreachable(f"The secure connection to {target.host} failed.") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise Unreachable(f"{target.host} does not answer, or not with HTTP that can be understood.") from None


class Pinned(AbstractResolver):
    """Hands the connector the checked addresses, and makes sockets to no other whatever the connector does."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self.addresses = {str(address): address for address in addresses}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The checked addresses, whatever the host."""
        return [
            ResolveResult(
                hostname=host,
                host=text,
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for text, address in self.addresses.items()
        ]

    def socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """A socket for one address; raises for one that was not checked."""
        family, kind, protocol, _, address = info
        if str(address[0]) not in self.addresses:
            raise OSError("not an address that was checked")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    async def close(self) -> None:
        """There is nothing to close."""
