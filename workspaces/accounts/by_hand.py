"""What an operator does for somebody's account where no mail is sent. Each is written into the audit log."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from automatos import env
from automatos.errors import Conflict, NotFound
from workspaces.accounts import events
from workspaces.models import User


def make_reset_link(address: str) -> str:
    """The whole address of the page where the account's person chooses a new password; it works once.

    Raises NotFound where no account has this address.
    """
    noted = _noted(address)
    key = f"{user_pk_to_url_str(noted.user)}-{default_token_generator.make_token(noted.user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)
    events.reset_link_made(noted.user)
    base = settings.PUBLIC_URL or f"http://localhost:{env.integer('PORT', 8000, low=1, high=65535)}"
    return f"{base.rstrip('/')}{path}"


def confirm_address(address: str) -> EmailAddress:
    """The address, confirmed. Raises NotFound where no account noted it, Conflict where another has confirmed it."""
    with transaction.atomic():
        noted = _noted(address)
        if noted.verified:
            raise Conflict(f"{noted.email} is confirmed already.")
        if EmailAddress.objects.filter(email=noted.email, verified=True).exists():
            raise Conflict(f"Another account has confirmed {noted.email}.")
        noted.verified = True
        noted.save(update_fields=["verified"])
        events.address_confirmed(noted.user, noted.email)
    return noted


def _noted(address: str) -> EmailAddress:
    """The confirmed account of an address, else the one whose main address it is."""
    found = EmailAddress.objects.filter(email=address.strip().lower()).select_related("user")
    noted = found.order_by("-verified", "-primary", "pk").first()
    if noted is None:
        known = User.objects.filter(email=address.strip().lower()).first()
        if known is None:
            raise NotFound(f"No account has the address {address[:200]!r}.")
        noted = EmailAddress.objects.create(user=known, email=known.email, primary=True, verified=False)
    return noted
