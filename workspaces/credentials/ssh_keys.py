"""A private key for SSH and the keys of servers, as people paste them."""

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key, load_ssh_public_key

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.+)-----END \1-----", re.S)
MOST_LINES = 20


def whole_key(text: str) -> str:
    """The key in lines again, which a field of one line takes away. Raises ValueError with a sentence."""
    found = PEM.fullmatch(text.strip())
    if found is None or "PRIVATE KEY" not in found[1]:
        raise ValueError("This is no private key. Paste the whole file, from -----BEGIN to -----END.")
    letters = re.sub(r"\s+", "", found[2])
    lines = "\n".join(letters[at : at + 70] for at in range(0, len(letters), 70))
    key = f"-----BEGIN {found[1]}-----\n{lines}\n-----END {found[1]}-----\n"
    load = load_ssh_private_key if "OPENSSH" in found[1] else load_pem_private_key
    try:
        load(key.encode(), password=None)
    except TypeError:
        raise ValueError("The key has a passphrase. Make one without, for this use alone.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("The key cannot be read. Paste the whole file, from -----BEGIN to -----END.") from None
    return key


def host_keys(text: str) -> str:
    """The lines of a known_hosts file that can be used; raises ValueError with a sentence for one that cannot."""
    kept = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            continue
        parts = line.split()
        if line.startswith(("|", "@")) or len(parts) < 3:
            raise ValueError("Write lines as ssh-keyscan prints them: host, kind of key, key; the host not hashed.")
        try:
            load_ssh_public_key(" ".join(parts[1:3]).encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError(f"The key of {parts[0][:80]} cannot be read. Copy the line whole.") from None
        kept.append(" ".join([parts[0].lower(), *parts[1:3]]))
    if len(kept) > MOST_LINES:
        raise ValueError(f"There are {len(kept)} lines; keep {MOST_LINES} or fewer.")
    return "\n".join(kept)
