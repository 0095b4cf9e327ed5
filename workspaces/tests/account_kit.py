"""People with a password, browsers signed in the long way, and the codes an authenticator app would show."""

import base64
import hmac
import re
import struct
import time
from typing import Any

from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client

from workspaces.models import User
from workspaces.services import create_personal_workspace

PASSWORD = "a-long-kitchen-word"


def person(name: str = "Ines Moreau", *, confirmed: bool = True) -> User:
    """Someone with a password, an address and a personal workspace."""
    email = f"{name.split(maxsplit=1)[0].lower()}@example.com"
    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=confirmed)
    create_personal_workspace(user=user)
    return user


def sign_in(user: User, **headers: str) -> Client:
    """A browser signed in through the form."""
    client = Client(headers=headers or None)
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def confirmed(client: Client) -> Client:
    """The same, having just entered the password once more."""
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def totp(secret: str, steps: int = 0) -> str:
    """RFC 6238 with the usual 30 seconds and 6 digits; steps: so many codes later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def with_app(user: User) -> tuple[Client, str, list[str]]:
    """A signed-in browser whose owner set up the authenticator app: it, the app's key, the recovery codes."""
    client = confirmed(sign_in(user))
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = shown_key(page)
    # One step ahead of the clock, so that the code of this moment is left for the test.
    answer = client.post("/accounts/2fa/totp/activate/", {"code": totp(secret, -1)}, follow=True)
    return client, secret, shown_codes(answer.content.decode())


def shown_key(page: str) -> str:
    """The key as text on the page that sets the app up."""
    found = re.search(r'<code[^>]*id="secret"[^>]*>([A-Z2-7]{32})</code>', page)
    assert found, page
    return found.group(1)


def shown_codes(page: str) -> list[str]:
    """The recovery codes on the page that shows them once."""
    return re.findall(r"<span>(\d{8})</span>", page)


def half_signed_in(user: User) -> Client:
    """A browser that gave the password and is asked for the second step."""
    client = Client()
    answer: Any = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    return client


def enter(client: Client, code: str) -> HttpResponse:
    """The second step with this code."""
    answer: Any = client.post("/accounts/2fa/authenticate/", {"code": code})
    return answer  # type: ignore[no-any-return]


def is_signed_in(client: Client) -> bool:
    """Whether the account area opens."""
    return client.get("/accounts/").status_code == 200
