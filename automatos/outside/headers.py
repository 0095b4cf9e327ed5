"""Which headers a request of ours may carry, and which are secrets."""

import re
from collections.abc import Mapping

from automatos.outside.errors import Refused

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
# They steer the connection itself, or would name another host than the one that was checked.
OURS = {
    *("host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive"),
    *("accept-encoding", "user-agent", "forwarded", "x-forwarded-host", "x-forwarded-for", "via"),
}
SECRET = {"authorization", "cookie", "x-api-key", "api-key", "x-auth-token", "x-access-token"}
MOST = 40
LONGEST = 4000


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as they may be sent; raises Refused naming the first that may not."""
    if len(headers) > MOST:
        raise Refused(f"There are {len(headers)} headers; at most {MOST} are sent.")
    for name, value in headers.items():
        if not TOKEN.fullmatch(name):
            raise Refused("A header's name contains characters that are not allowed.")
        if name.lower() in OURS or name.lower().startswith(("proxy-", "sec-")):
            raise Refused(f"The header {name} is set by the client itself; leave it out.")
        if len(value) > LONGEST or any(letter < " " and letter != "\t" for letter in value) or "\x7f" in value:
            raise Refused(f"The header {name} is too long or contains a control character.")
        if not value.isascii():
            raise Refused(f"The header {name} may contain ASCII characters only.")
    return dict(headers)


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """What may follow a redirect to another origin."""
    return {name: value for name, value in headers.items() if name.lower() not in SECRET}
