"""What the tests of apps share."""

import urllib.error
import urllib.request
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def decide(link: str, decision: str = "allow") -> str:
    """What a person does on the app's page; where the browser goes then."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        opener.open(f"{link}?decision={decision}", timeout=10)
    except urllib.error.HTTPError as moved:
        return str(moved.headers["Location"])
    raise AssertionError("the app's page did not send the browser on")
