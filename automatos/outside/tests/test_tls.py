"""Certificates are checked against the name, although the connection goes to a pinned address."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from automatos.outside import Refused, Unreachable
from automatos.outside.tests.kit import Names, client, plain, serving


def server_context(folder: Path, name: str) -> ssl.SSLContext:
    """A server's context with a certificate for the name, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(text)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_the_certificate_has_to_be_the_names(tmp_path: Path) -> None:
    names = Names(good_example=["127.0.0.1"], evil_example=["127.0.0.1"])
    async with serving(plain, tls=server_context(tmp_path, "good.example")) as site:
        trusting = client(names, "127.0.0.1", tls=ssl.create_default_context(cafile=str(tmp_path / "cert.pem")))
        assert (await trusting.get(site.url(host="good.example"))).text() == "hello"
        with pytest.raises(Unreachable, match="certificate"):
            await trusting.get(site.url(host="evil.example"))
        with pytest.raises(Unreachable, match="certificate"):
            await client(names).get(site.url(host="good.example"))


async def test_a_credential_never_goes_from_https_to_http(tmp_path: Path) -> None:
    names = Names(good_example=["127.0.0.1"])
    async with serving(plain) as open_site:

        async def down(request: web.BaseRequest) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": open_site.url(host="good.example")})

        async with serving(down, tls=server_context(tmp_path, "good.example")) as site:
            trusting = client(names, "127.0.0.1", tls=ssl.create_default_context(cafile=str(tmp_path / "cert.pem")))
            with pytest.raises(Refused, match="https to http"):
                await trusting.request("GET", site.url(host="good.example"), secrets={"X-Key": "k"})
            assert open_site.seen == []
            assert (await trusting.get(site.url(host="good.example"))).text() == "hello"
