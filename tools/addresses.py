"""Which addresses an agent may read that has read what others wrote: whole ones, and only so many of each site.

A page may list one address for each letter and place, or one that is long; by choosing which to read, or how much of
it, an agent would tell the site what it knows. So an address counts as a whole or not at all, and choices are counted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from ipaddress import ip_address

from publicsuffixlist import PublicSuffixList
from yarl import URL

from automatos.outside import Refused
from automatos.outside.targets import parse_url

# Choices in one step that nobody is asked about: at a site, and at all sites.
MOST_OF_A_SITE = 3
MOST_IN_ALL = 9
# Brackets belong to an address where they close within it, as in /Fog_(sea); else they are the text's around it.
PART = r"[^\s<>\"`{}|\\^()\[\]]"
ADDRESS = re.compile(rf"https?://(?:{PART}|\({PART}*\)|\[{PART}*\])+", re.IGNORECASE)
AFTER = ".,;:!?'*_~"
# What stands between these, in words that are the person's own else, others wrote.
FENCES = (("<untrusted", "</untrusted"), ("<plugin_text", "</plugin_text"))
CATALOGUE = ("<available_skills>", "</available_skills>")


def addresses_in(text: str) -> Iterator[str]:
    """The whole addresses in a text, in the form in which they are requested."""
    for found in ADDRESS.finditer(text):
        for one in {found[0], found[0].rstrip(AFTER)}:
            if (address := canonical(one)) is not None:
                yield address


def canonical(text: str) -> str | None:
    """The address as it is requested; None for a text that is none."""
    try:
        url = parse_url(text)
        return f"{url.scheme}://{url.host_port_subcomponent}{url.raw_path_qs or '/'}"
    except (Refused, ValueError):
        return None


def own_and_quoted(text: str) -> tuple[str, str]:
    """Of what an agent is told: the words of who gave it the task, and those of others between marks."""
    own, quoted = text, []
    for start, end in FENCES:
        own, inside = _cut(own, start, end)
        quoted += inside
    start, end = CATALOGUE
    first, last = own.find(start), own.rfind(end)
    if first >= 0:
        last = len(own) if last < first else last + len(end)
        quoted.append(own[first:last])
        own = f"{own[:first]} {own[last:]}"
    return own, "\n".join(quoted)


class FreeReads:
    """What one step may read without a person, and what it has read.

    told: what the agent was told before it read anything. Addresses of the person's own words are free once each;
    those others wrote, and coming back to one, are choices. What nobody wrote as it is, is never free.
    """

    def __init__(self, told: Iterable[str]) -> None:
        self._told = list(told)
        self._others: list[str] = []
        self._known: set[str] = set()
        self._sites: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._last: dict[str, str] = {}
        self._begun: Counter[str] = Counter()

    def hear(self, text: str) -> None:
        """Others wrote this."""
        self._others.append(text)

    def allows(self, text: str, manner: str) -> bool:
        """Whether this may be read now; then it counts as begun. manner: how it is asked for."""
        address = canonical(text)
        if address is None or not self._stands(address):
            return False
        if self._is_free(address, manner):
            self._take(address, manner, choice=False)
        elif self._sites[_site(address)] >= MOST_OF_A_SITE or self._sites.total() >= MOST_IN_ALL:
            return False
        else:
            self._take(address, manner, choice=True)
        self._begun[f"{address} {manner}"] += 1
        return True

    def done(self, text: str, manner: str) -> None:
        """This was read, be it that somebody allowed it or that the step is gone through again."""
        address = canonical(text)
        if address is None:
            return
        key = f"{address} {manner}"
        if self._begun[key]:
            self._begun[key] -= 1
        elif self._stands(address):
            self._take(address, manner, choice=not self._is_free(address, manner))

    def _is_free(self, address: str, manner: str) -> bool:
        """Going on in what was read last, or an address the person named that was not read yet."""
        key = f"{address} {manner}"
        is_more = self._last.get(_site(address)) == key
        return is_more or (address in self._own and address not in self._seen)

    def _take(self, address: str, manner: str, *, choice: bool) -> None:
        site = _site(address)
        self._sites[site] += choice
        self._seen.add(address)
        self._last[site] = f"{address} {manner}"

    def _stands(self, address: str) -> bool:
        while self._others:
            self._known.update(addresses_in(self._others.pop()))
        return address in self._own or address in self._known

    @cached_property
    def _own(self) -> frozenset[str]:
        parts = [own_and_quoted(text) for text in self._told]
        self._known.update(address for _, quoted in parts for address in addresses_in(quoted))
        return frozenset(address for own, _ in parts for address in addresses_in(own))


def _cut(text: str, start: str, end: str) -> tuple[str, list[str]]:
    """The text without what stands between the marks, and that; one mark that is never closed reaches to the end."""
    kept, cut, at = [], [], 0
    while (first := text.find(start, at)) >= 0:
        last = text.find(end, first)
        last = len(text) if last < 0 else last + len(end)
        kept.append(text[at:first])
        cut.append(text[first:last])
        at = last
    return " ".join([*kept, text[at:]]), cut


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _site(address: str) -> str:
    """What somebody had to register: a name below it costs them nothing."""
    host = (URL(address).raw_host or "").rstrip(".")
    try:
        return str(ip_address(host))
    except ValueError:
        return _suffixes().privatesuffix(host) or host
