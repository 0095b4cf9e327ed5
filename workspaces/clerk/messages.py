"""Clerk's webhook messages (https://clerk.com/docs/webhooks/overview), each worked in once and in the right order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from automatos.checking import unstorable_text
from automatos.errors import InvalidInput
from automatos.paths import without_direction
from workspaces.clerk import organisation_services, people_services
from workspaces.clerk.organisation_services import Organisation
from workspaces.clerk.people_services import Person
from workspaces.models import ClerkEvent
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.tenancy import Purpose, system_scope

CLERK = Actor(user_id=None, name="Clerk", via="clerk")
# Clerk sends a message again for some days at most.
REMEMBERED = timedelta(days=30)
LONGEST_ID = 120

Handler = Callable[[dict[str, Any], datetime], None]


def receive(*, message_id: str, message: Any) -> str:
    """Work a verified message in: "applied", "again" when it was before, "ignored" when its type is none of ours.

    message: `{"type", "data": {…}, "timestamp": milliseconds}`. Raises InvalidInput for a shape that cannot be read.
    """
    if not isinstance(message, dict) or not isinstance(message.get("data"), dict):
        raise InvalidInput("This message has no data.")
    kind, data = str(message.get("type", ""))[:80], message["data"]
    handler = HANDLERS.get(kind)
    if handler is None:
        return "ignored"
    told_at = _moment(message.get("timestamp") if kind.endswith(".deleted") else data.get("updated_at"), "updated_at")
    with system_scope(Purpose.SIGN_IN), acting_as(CLERK):
        _, new = ClerkEvent.objects.get_or_create(pk=message_id, defaults={"type": kind})
        if not new:
            return "again"
        ClerkEvent.objects.filter(received_at__lt=timezone.now() - REMEMBERED).delete()
        handler(data, told_at)
    return "applied"


def _user_changed(data: dict[str, Any], told_at: datetime) -> None:
    person = Person(id=_id(data, "id"), name=_full_name(data), email=_verified_email(data))
    people_services.changed(person, told_at)


def _user_deleted(data: dict[str, Any], told_at: datetime) -> None:
    people_services.removed(_id(data, "id"), told_at)


def _organisation_changed(data: dict[str, Any], told_at: datetime) -> None:
    organisation_services.renamed(_organisation(data), told_at)


def _organisation_deleted(data: dict[str, Any], told_at: datetime) -> None:
    organisation_services.removed(_id(data, "id"), told_at)


def _member_changed(data: dict[str, Any], told_at: datetime) -> None:
    member = _part(data, "public_user_data")
    person = Person(id=_id(member, "user_id"), name=_full_name(member))
    role = _id(data, "role").removeprefix("org:")
    organisation_services.member_changed(_organisation(_part(data, "organization")), person, role, told_at)


def _member_deleted(data: dict[str, Any], told_at: datetime) -> None:
    organisation, member = _part(data, "organization"), _part(data, "public_user_data")
    organisation_services.member_removed(_id(organisation, "id"), _id(member, "user_id"), told_at)


HANDLERS: dict[str, Handler] = {
    "user.created": _user_changed,
    "user.updated": _user_changed,
    "user.deleted": _user_deleted,
    "organization.created": _organisation_changed,
    "organization.updated": _organisation_changed,
    "organization.deleted": _organisation_deleted,
    "organizationMembership.created": _member_changed,
    "organizationMembership.updated": _member_changed,
    "organizationMembership.deleted": _member_deleted,
}


def _moment(milliseconds: Any, name: str) -> datetime:
    if isinstance(milliseconds, (int, float)) and not isinstance(milliseconds, bool) and 0 < milliseconds < 2**45:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    raise InvalidInput(f"This message has no usable time in {name}.")


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    if isinstance(found, dict):
        return found
    raise InvalidInput(f"This message lacks {name}.")


def _id(data: dict[str, Any], name: str) -> str:
    found = _text(data, name)
    if 0 < len(found) <= LONGEST_ID:
        return found
    raise InvalidInput(f"This message lacks a usable {name}.")


def _text(data: dict[str, Any], name: str) -> str:
    """The text there, or empty when it is something else or cannot be stored."""
    value = data.get(name)
    return without_direction(value).strip() if isinstance(value, str) and not unstorable_text(value) else ""


def _full_name(data: dict[str, Any]) -> str:
    return " ".join(filter(None, (_text(data, "first_name"), _text(data, "last_name"))))


def _organisation(data: dict[str, Any]) -> Organisation:
    return Organisation(id=_id(data, "id"), name=_text(data, "name"), slug=_text(data, "slug"))


def _verified_email(data: dict[str, Any]) -> str:
    """The person's primary address when Clerk has verified it, else empty."""
    addresses = data.get("email_addresses")
    for entry in addresses if isinstance(addresses, list) else []:
        if not isinstance(entry, dict) or entry.get("id") != data.get("primary_email_address_id"):
            continue
        verification = entry.get("verification")
        if isinstance(verification, dict) and verification.get("status") == "verified":
            return _usable_email(_text(entry, "email_address"))
    return ""


def _usable_email(address: str) -> str:
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address.lower() if len(address) <= 254 else ""
