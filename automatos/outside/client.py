"""The one HTTP client for addresses that a person, a model or a document chose."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from yarl import URL

from automatos.outside import headers as header_rules
from automatos.outside.errors import Refused, TooSlow, WrongType
from automatos.outside.reading import read
from automatos.outside.targets import Resolve, Target, find, system_resolve
from automatos.private_hosts import PrivateHosts

if TYPE_CHECKING:
    from aiohttp import ClientResponse

USER_AGENT = "Automatos/0.1"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REDIRECTS = (301, 302, 303, 307, 308)
# Asked before a redirect's address is; what it raises ends the chain.
MayFollow = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """seconds: for everything, redirects included. max_bytes: of the body, packed and unpacked.

    content_types: media types that are read, such as `text/html` or `text/*`; empty takes all.
    """

    seconds: float = 20.0
    max_bytes: int = 5_000_000
    redirects: int = 5
    content_types: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. url: the last one, after redirects. headers: names in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    redirects: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        """Such as text/html; empty when the server did not say."""
        return _media_type(self.headers.get("content-type", ""))

    def text(self) -> str:
        """The body as text, in the charset it names, else UTF-8; what cannot be decoded is replaced."""
        named = self.headers.get("content-type", "").lower().partition("charset=")[2].split(";")[0].strip(" \"'")
        try:
            return self.content.decode(named or "utf-8-sig", "replace")
        except (LookupError, UnicodeError):
            return self.content.decode("utf-8-sig", "replace")


@dataclass(frozen=True, slots=True)
class _Sending:
    """One request of the chain. secrets: headers that go to the first origin only."""

    method: str
    headers: Mapping[str, str]
    secrets: Mapping[str, str]
    body: bytes | None


class Client:
    """Requests with every guard in place.

    resolve: looks names up. tls: another set of trusted certificates. private: instead of OUTSIDE_PRIVATE_HOSTS.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
        private: PrivateHosts | None = None,
    ) -> None:
        self.resolve = resolve
        self.tls = tls
        self.private = private

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limits: Limits = Limits(),
        may_follow: MayFollow | None = None,
    ) -> Answer:
        """Send it and read the answer, whatever its status.

        secrets: further headers, never sent to another origin than the URL's own. may_follow: asked about the address
        of each redirect, after it was found public and before anything is sent there.
        Raises Refused, Unreachable, TooSlow, TooMuch or WrongType.
        """
        if method not in METHODS:
            raise Refused(f"The method has to be one of {', '.join(METHODS)}.")
        sending = _Sending(method, header_rules.checked(headers or {}), header_rules.checked(secrets or {}), body)
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._follow(url, sending, limits, may_follow)
        except TimeoutError:
            raise TooSlow(f"There was no complete answer within {limits.seconds:g} seconds.") from None

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
        may_follow: MayFollow | None = None,
    ) -> Answer:
        """A GET; see request()."""
        return await self.request("GET", url, headers=headers, limits=limits, may_follow=may_follow)

    async def _follow(self, url: str, sending: _Sending, limits: Limits, may_follow: MayFollow | None) -> Answer:
        passed: list[str] = []
        target = await self._find(url)
        while True:
            answer = await self._once(target, sending, limits)
            place = answer.headers.get("location")
            if answer.status not in REDIRECTS or not place:
                return replace(answer, redirects=tuple(passed))
            if len(passed) == limits.redirects:
                raise Refused(f"The address redirects more than {limits.redirects} times.")
            passed.append(str(target.url))
            following = await self._find(_joined(target.url, place))
            sending = _redirected(sending, answer.status, target, following)
            if may_follow is not None:
                await may_follow(str(following.url))
            target = following

    async def _find(self, url: str) -> Target:
        return await find(url, resolve=self.resolve, private=self.private)

    async def _once(self, target: Target, sending: _Sending, limits: Limits) -> Answer:
        # aiohttp takes a tenth of a second to load, and most processes ask nobody.
        from automatos.outside.connecting import response_of

        headers = {"Accept": "*/*", **sending.headers, **sending.secrets, "User-Agent": USER_AGENT}
        async with response_of(target, sending.method, headers, sending.body, self.tls) as response:
            return await _answer(response, limits)


async def _answer(response: "ClientResponse", limits: Limits) -> Answer:
    found = {name.lower(): value for name, value in response.headers.items()}
    content = b""
    if not (response.status in REDIRECTS and "location" in found) and response.method != "HEAD":
        _check_type(found.get("content-type", ""), limits.content_types)
        content = await read(response.content.iter_any(), found.get("content-encoding", ""), limits.max_bytes)
    return Answer(str(response.url), response.status, found, content)


def _check_type(header: str, wanted: Sequence[str]) -> None:
    kind = _media_type(header)
    if wanted and not any(kind == one or (one.endswith("/*") and kind.startswith(one[:-1])) for one in wanted):
        raise WrongType(f"The answer is {kind[:80] or 'of no named type'}; it has to be {', '.join(wanted)}.")


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def _joined(base: URL, place: str) -> str:
    try:
        return str(base.join(URL(place.strip())))
    except ValueError:
        raise Refused("The address redirects to something that is no address.") from None


def _redirected(sending: _Sending, status: int, old: Target, new: Target) -> _Sending:
    """What is sent to the next address (RFC 9110, 15.4): secrets stay with their origin, a body as well."""
    secrets = {**sending.headers, **sending.secrets} != header_rules.without_secrets(sending.headers)
    if old.url.scheme == "https" and new.url.scheme == "http" and secrets:
        raise Refused("The address redirects from https to http, where the credential would be readable.")
    if status == 303 or (status in (301, 302) and sending.method == "POST"):
        sending = replace(sending, method="HEAD" if sending.method == "HEAD" else "GET", body=None)
    if new.origin == old.origin:
        return sending
    if sending.body is not None:
        raise Refused("The address redirects to another host; what was to be sent there is not sent on.")
    return replace(sending, headers=header_rules.without_secrets(sending.headers), secrets={})
