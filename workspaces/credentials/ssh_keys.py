"""A private key for SSH and the keys of servers, as people paste them."""

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.+)-----END \1-----", re.S)
MOST_LINES = 20
FEWEST_RSA_BITS = 2048
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
KINDS = "Make one with ssh-keygen -t ed25519, for this use alone."
# A server as a known_hosts file calls it, without patterns: one that stands for many servers is none that was compared.
SERVER = re.compile(r"[a-z0-9:][a-z0-9._:-]*|\[[a-z0-9:][a-z0-9._:-]*\]:(?P<port>\d{1,5})")


def whole_key(text: str) -> str:
    """The key as OpenSSH itself writes it, whatever form it came in. Raises ValueError with a sentence.

    Lines that a field of one line took away are there again; so every key that is taken is one that ssh can read.
    """
    found = PEM.fullmatch(text.strip().lstrip("\ufeff"))
    if found is None or "PRIVATE KEY" not in found[1]:
        raise ValueError("This is no private key. Paste the whole file, from -----BEGIN to -----END.")
    if "-----" in found[2]:
        raise ValueError("This is more than one key. Paste one file alone, from -----BEGIN to -----END.")
    if "Proc-Type:" in found[2]:  # a header of the oldest form, which names the cipher
        raise ValueError("The key has a passphrase. Make one without, for this use alone.")
    letters = re.sub(r"\s+", "", found[2])
    lines = "\n".join(letters[at : at + 70] for at in range(0, len(letters), 70))
    key = f"-----BEGIN {found[1]}-----\n{lines}\n-----END {found[1]}-----\n"
    load = load_ssh_private_key if "OPENSSH" in found[1] else load_pem_private_key
    try:
        loaded = load(key.encode(), password=None)
    except TypeError:
        raise ValueError("The key has a passphrase. Make one without, for this use alone.") from None
    except UnsupportedAlgorithm:
        raise ValueError(f"ssh takes no key of this kind any more. {KINDS}") from None
    except ValueError:
        raise ValueError("The key cannot be read. Paste the whole file, from -----BEGIN to -----END.") from None
    return _usable(loaded)


def _usable(key: object) -> str:
    """As OpenSSH writes it. Raises ValueError for a kind that it does not take, or that is too weak."""
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < FEWEST_RSA_BITS:
            raise ValueError(f"An RSA key has at least {FEWEST_RSA_BITS:,} bits, this one {key.key_size:,}. {KINDS}")
    elif not isinstance(key, ed25519.Ed25519PrivateKey) and not (
        isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, CURVES)
    ):
        raise ValueError(f"ssh takes no key of this kind. {KINDS}")
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def host_keys(text: str) -> str:
    """The lines of a known_hosts file that can be used; raises ValueError with a sentence for one that cannot."""
    kept = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            continue
        parts = line.split()
        if line.startswith(("|", "@")) or len(parts) < 3:
            raise ValueError("Write lines as ssh-keyscan prints them: host, kind of key, key; the host not hashed.")
        _check_servers(parts[0].lower())
        try:
            load_ssh_public_key(" ".join(parts[1:3]).encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError(f"The key of {parts[0][:80]} cannot be read. Copy the line whole.") from None
        kept.append(" ".join([parts[0].lower(), *parts[1:3]]))
    if len(kept) > MOST_LINES:
        raise ValueError(f"There are {len(kept)} lines; keep {MOST_LINES} or fewer.")
    return "\n".join(kept)


def _check_servers(names: str) -> None:
    """Pass the first column of a line. Raises ValueError with a sentence."""
    for name in names.split(","):
        found = SERVER.fullmatch(name)
        if found is None or not 0 < int(found["port"] or 1) < 65_536:
            raise ValueError(
                f"{name[:80]} is no server. Write github.com, or [git.example.org]:2222 for another port; no patterns."
            )
