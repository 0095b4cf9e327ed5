"""Only public addresses may be reached, however an address is written."""

import ipaddress

import pytest
from pytest_django import Settings

from automatos import outside
from automatos.outside.addresses import is_public
from automatos.outside.tests.kit import Names, client, plain, serving
from automatos.private_hosts import PrivateHosts, UnreadableHost, parse

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:c0a8:101::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]
PUBLIC = [
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
]
TRICKS = [
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://a.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://router/",
    "http://127.0.0.1.:80/",
    "http://0x7f.1/",
    "http://1.2.3.0x1/",
    "http://[fe80::1%25lo]/",
    "http://user:pw@example.com/",
    "http://example.com\\@127.0.0.1/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "//example.com/",
    "example.com",
    "http:///x",
    "http://exa‥mple/",
    "http://ⓛocalhost/",
    "http://①②⑦.0.0.1/",
    "http://example.com:99999/",
    "http://a..b/",
    "http://10.0.0.1:8080/",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_no_private_address_is_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url", [*TRICKS, "http://exa mple.com/", "http://example.com/\r\nX: 1", "", "http://" + "a" * 9000]
)
async def test_no_spelling_leads_to_a_private_host(url: str) -> None:
    with pytest.raises(outside.Refused):
        await outside.get(url)


async def test_loopback_is_refused_unless_the_operator_lists_it(settings: Settings) -> None:
    async with serving(plain) as site:
        with pytest.raises(outside.Refused, match="private address"):
            await outside.get(site.url())
        settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{site.port}"])
        assert (await outside.get(site.url())).text() == "hello"
        settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{site.port + 1}"])
        with pytest.raises(outside.Refused):
            await outside.get(site.url())


async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    names = Names(mixed_example=["93.184.216.34 10.0.0.1"])
    with pytest.raises(outside.Refused, match=r"mixed\.example leads to a private address"):
        await client(names).get("http://mixed.example/")


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    with pytest.raises(outside.Unreachable, match=r"No address is known for gone\.example"):
        await client(Names()).get("http://gone.example/")


async def test_another_protocol_gets_the_checked_addresses() -> None:
    names = Names(db_example=["93.184.216.34"])
    found = await outside.find_host("db.example", 5432, resolve=names, private=PrivateHosts())
    assert [str(address) for address in found] == ["93.184.216.34"]
    with pytest.raises(outside.Refused):
        await outside.find_host("127.0.0.1", 5432, private=PrivateHosts())


@pytest.mark.parametrize(
    ("entry", "host", "port", "reachable"),
    [
        ("10.1.0.0/16", "10.1.2.3", 80, True),
        ("10.1.0.0/16", "10.2.0.1", 80, False),
        ("10.1.2.3:8080", "10.1.2.3", 8080, True),
        ("10.1.2.3:8080", "10.1.2.3", 80, False),
        ("[::1]:99", "::1", 99, True),
        ("::1", "::1", 5, True),
        ("wiki.local", "wiki.local", 80, True),
        ("wiki.local:443", "wiki.local", 80, False),
        ("Wiki.Local.", "wiki.local", 80, True),
    ],
)
def test_the_setting_takes_names_addresses_and_networks(entry: str, host: str, port: int, reachable: bool) -> None:
    assert parse([entry]).has(host, port) == reachable


@pytest.mark.parametrize("entry", ["http://wiki", "a b", "host:0", "host:70000", "10.0.0.0/99", "[::1", "1.2.3", "-a"])
def test_the_setting_refuses_nonsense(entry: str) -> None:
    with pytest.raises(UnreadableHost):
        parse([entry])
