"""Every address of the account area, also those that only the library knows, answers with a page or leads on."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from workspaces.tests.account_kit import person, sign_in, with_app

pytestmark = pytest.mark.django_db

FILLED = {"<int:session_id>": "1", "<int:pk>": "1"}


def addresses(found: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for one in found:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, address)
        elif "(?P" in address:
            yield address.split("^")[0] + ("confirm-email/x/" if "confirm" in address else "password/reset/key/1-x/")
        else:
            for name, value in FILLED.items():
                address = address.replace(name, value)
            yield address


ADDRESSES = sorted({one for one in addresses(get_resolver().url_patterns, "/") if one.startswith("/accounts/")})


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_the_account_area_never_breaks(address: str) -> None:
    ines = person()
    for browser in (Client(), sign_in(ines), with_app(ines)[0]):
        assert browser.get(address).status_code in {200, 302, 403, 404, 405}


def test_the_librarys_list_of_passkeys_leads_to_ours() -> None:
    assert "/accounts/2fa/webauthn/" in ADDRESSES
    assert sign_in(person()).get("/accounts/2fa/webauthn/").headers["Location"] == "/accounts/2fa/"
