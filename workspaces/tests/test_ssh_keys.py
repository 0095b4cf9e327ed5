"""Keys for SSH as people have them: what is taken can be used by ssh, everything else is refused with a cure."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from automatos.private_hosts import parse
from workspaces.credentials import ssh_keys
from workspaces.credentials.checks import check

ED = ed25519.Ed25519PrivateKey.generate()
OLD, OPENSSH, PKCS8 = PrivateFormat.TraditionalOpenSSL, PrivateFormat.OpenSSH, PrivateFormat.PKCS8
PUBLIC = ED.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def pem(key: Any, form: PrivateFormat = PKCS8, word: bytes = b"") -> str:
    locked = BestAvailableEncryption(word) if word else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, form, locked).decode())


MINE = pem(ED, OPENSSH)
TAKEN = {
    "of OpenSSH": MINE,
    "in PKCS8": pem(ED),
    "of P-521": pem(ec.generate_private_key(ec.SECP521R1()), OLD),
    "of RSA": pem(rsa.generate_private_key(65537, 2048), OLD),
    "with line ends of Windows": MINE.replace("\n", "\r\n"),
    "with a NUL": f"{MINE[:60]}\0{MINE[60:]}",
    "with a byte order mark": f"\ufeff{MINE}",
    "in one line": " ".join(MINE.split("\n")),
}
REFUSED = (
    (pem(rsa.generate_private_key(65537, 2048), OLD, b"word"), "passphrase"),
    (pem(ED, PKCS8, b"word"), "passphrase"),
    (pem(dsa.generate_private_key(1024), OLD), "no key of this kind"),
    (pem(x25519.X25519PrivateKey.generate()), "no key of this kind"),
    (pem(ed448.Ed448PrivateKey.generate()), "no key of this kind"),
    (pem(ec.generate_private_key(ec.SECP256K1())), "no key of this kind"),
    (pem(rsa.generate_private_key(65537, 1024)), "at least 2,048 bits"),
    (MINE + MINE, "more than one key"),
    ("PuTTY-User-Key-File-3: ssh-ed25519", "no private key"),
    ("-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 19_000 + "\n-----END RSA PRIVATE KEY-----", "cannot be read"),
)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs OpenSSH's client (Debian: openssh-client)")
@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_ssh_reads_whatever_is_taken(text: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_text(ssh_keys.whole_key(text))
    command = ["ssh-keygen", "-y", "-P", "", "-f", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_ssh_could_not_use_is_refused_with_the_cure(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ssh_keys.whole_key(text)


@pytest.mark.parametrize(
    "server",
    ["*", "*.example.org", "!example.org", "[example.org]:abc", "[example.org]:99999", "[example.org]:0",
     "[example.org", "-oproxycommand=x", "a,[b]:x", "exämple.org", "example.org,"],
)  # fmt: skip
def test_a_line_names_servers_and_nothing_else(server: str) -> None:
    with pytest.raises(ValueError, match="is no server"):
        ssh_keys.host_keys(f"{server} {PUBLIC}")


@pytest.mark.parametrize("server", ["github.com", "[git.example.org]:2222", "a.example,10.0.0.1", "::1", "[::1]:22"])
def test_servers_are_taken_as_ssh_keyscan_prints_them(server: str) -> None:
    assert ssh_keys.host_keys(f"{server} {PUBLIC} cook\n") == f"{server} {PUBLIC}"


@pytest.mark.parametrize(
    ("greeting", "ok"),
    [(b"Welcome\r\nSSH-2.0-x\r\n", None), (b"x" * 200_000, False), (b"\0" * 10, False), (b"", False)],
)
def test_a_test_believes_no_server_that_lies(greeting: bytes, ok: bool | None, settings: Any) -> None:
    async def tried() -> Any:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(greeting)
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            settings.OUTSIDE_PRIVATE_HOSTS = parse([f"localhost:{port}"])
            return await check("ssh_key", {"private_key": MINE, "host_keys": f"[localhost]:{port} {PUBLIC}"})

    told = asyncio.run(tried())
    assert (told.ok, "itself failed" in told.message) == (ok, False), told
