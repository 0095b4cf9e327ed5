"""Changes: API keys."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils import timezone

from automatos import events
from automatos.checking import Problems
from automatos.errors import Conflict, NotAllowed
from automatos.rows import locked
from workspaces.audit import log as audit
from workspaces.models import ApiKey, Membership, Role, User, Workspace
from workspaces.scope.permissions import NEEDED_ROLE, RANK, Access, lower
from workspaces.scope.presented import Presented
from workspaces.services import create_workspace, set_role

KEY_PREFIX = "atm_"
MOST_REQUESTS = 1_000_000
USUAL_OVERLAP, LONGEST_OVERLAP = 24, 168


def key_hash(plaintext: str) -> str:
    """What is kept of a key. Keys are 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()


def require_power(access: Access, *, role: str, scopes: Sequence[str]) -> None:
    """Pass, or raise NotAllowed: nobody hands out a key that can do more than they can themselves."""
    if role in Role.values and lower(role, access.role) != role:
        raise NotAllowed(f"Your role here is {access.role}; a key you make cannot do more.")
    if access.scopes and not set(scopes or ["*"]) <= set(access.scopes):
        raise NotAllowed("This API key is limited to its scopes; a key it makes cannot do more.")


def require_rate(presented: Presented, rate_limit: int | None) -> None:
    """Pass, or raise NotAllowed: a key gives no key, itself least of all, more requests a minute than it has."""
    if presented.key_id is None or (rate_limit is not None and rate_limit < 1):
        return  # what is no limit at all is refused with its own words
    own, wanted = (settings.API_RATE_LIMIT if one is None else one for one in (presented.rate_limit, rate_limit))
    if own and (not wanted or wanted > own):
        raise NotAllowed(f"This API key has {own:,} requests a minute and can give no more. Sign in to raise a limit.")


@transaction.atomic
def create_api_key(
    *,
    workspace: Workspace,
    user: User,
    name: str,
    role: str,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
    rate_limit: int | None = None,
) -> tuple[ApiKey, str]:
    """A key that acts as the user in this workspace with at most this role: the row, and the text shown once.

    scopes: when given, the only actions the key is good for. rate_limit: requests a minute, None for the
    installation's. Raises InvalidInput for an unknown role or scope, and for a role above the user's own.
    """
    problems = Problems()
    name = problems.text("name", name, longest=120, required=True)
    problems.choice("role", role, Role.values)
    for scope in scopes:
        problems.choice("scopes", scope, NEEDED_ROLE)
    _check_limit(problems, rate_limit)
    if expires_at and expires_at <= timezone.now():
        problems.add("expires_at", "This moment has passed; choose a later one.")
    membership = Membership.objects.filter(workspace=workspace, user=user).first()
    if membership is None:
        problems.add("user", f"{user.email} is not a member of {workspace.name}.")
    elif "role" not in problems and RANK[Role(role)] > RANK[Role(membership.role)]:
        problems.add("role", f"A key cannot do more than its user, who is {membership.role} here.")
    problems.raise_any()
    key = ApiKey(workspace=workspace, user=user, name=name, role=role, expires_at=expires_at, rate_limit=rate_limit)
    key.scopes = list(dict.fromkeys(scopes))
    plaintext = _cut(key)
    audit.record_row("api_key.created", key, key.name, after=_shown(key))
    return key, plaintext


def _cut(key: ApiKey) -> str:
    """Give the key its secret and save it; the secret is kept nowhere else."""
    plaintext = KEY_PREFIX + secrets.token_urlsafe(32)
    key.prefix, key.key_hash = plaintext[:10], key_hash(plaintext)
    key.save(force_insert=True)
    return plaintext


@transaction.atomic
def rotate_api_key(
    *, key: ApiKey, access: Access, user: User, overlap_hours: int = USUAL_OVERLAP
) -> tuple[ApiKey, str]:
    """A key that takes over from this one, and its text; the old one opens for overlap_hours (0 to 168) longer.

    It has the same name, role, scopes and limit, lives as long as the old one was to live, and acts as whoever rotates:
    nobody gets a key that speaks for somebody else. Raises InvalidInput, NotAllowed for a key that can do more than the
    caller, Conflict for one that was rotated or has expired.
    """
    problems = Problems()
    problems.number("overlap_hours", overlap_hours, low=0, high=LONGEST_OVERLAP)
    problems.raise_any()
    key, now = _locked(key), timezone.now()
    require_power(access, role=key.role, scopes=key.scopes)
    if key.expires_at and key.expires_at <= now:
        raise Conflict(f"{key.name} has expired. Create a new key instead.", code="key_expired")
    if successor := key.replaced_by.filter(revoked_at=None).first():
        raise Conflict(f"{key.name} was rotated: {successor.prefix}… took over. Rotate that one.", code="key_rotated")
    fresh = ApiKey(workspace_id=key.workspace_id, user=user, name=key.name, role=key.role, scopes=key.scopes)
    fresh.rate_limit, fresh.replaces = key.rate_limit, key
    fresh.expires_at = now + (key.expires_at - key.created_at) if key.expires_at else None
    plaintext = _cut(fresh)
    before = {"expires_at": key.expires_at}
    key.expires_at = min(filter(None, (key.expires_at, now + timedelta(hours=overlap_hours))))
    key.save(update_fields=["expires_at"])
    audit.record_row(
        "api_key.rotated",
        key,
        key.name,
        before=before,
        after={"expires_at": key.expires_at, "replaced_by": fresh.prefix},
    )
    audit.record_row("api_key.created", fresh, fresh.name, after=_shown(fresh))
    return fresh, plaintext


@transaction.atomic
def change_api_key(*, key: ApiKey, **changes: Any) -> ApiKey:
    """The key with another `name` or `rate_limit` (requests a minute; None for the installation's)."""
    key = _locked(key)
    problems = Problems()
    before = {name: getattr(key, name) for name in changes}
    if "name" in changes:
        key.name = problems.text("name", changes["name"], longest=120, required=True)
    if "rate_limit" in changes:
        key.rate_limit = changes["rate_limit"]
        _check_limit(problems, key.rate_limit)
    problems.raise_any()
    after = {name: getattr(key, name) for name in changes}
    if after != before:
        key.save(update_fields=["name", "rate_limit"])
        audit.record_row("api_key.changed", key, key.name, before=before, after=after)
    return key


@transaction.atomic
def revoke_api_key(*, key: ApiKey) -> None:
    """The key opens nothing from now on."""
    key = _locked(key)
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    events.access_changed_on_commit(key.workspace_id)
    audit.record_row(
        "api_key.revoked", key, key.name, before={"revoked_at": None}, after={"revoked_at": key.revoked_at}
    )


@transaction.atomic
def grant_api_key(*, email: str, workspace_slug: str, role: str, scopes: Sequence[str] = ()) -> tuple[ApiKey, str]:
    """An operator's short cut: a key for a person in a workspace, making user, workspace and membership where missing.

    The first member of a new workspace is its owner; the key still has only the role asked for.
    """
    problems = Problems()
    problems.choice("role", role, Role.values)
    email = email.strip().lower()
    for field, value, validate in (("email", email, validate_email), ("workspace", workspace_slug, validate_slug)):
        try:
            validate(value)
        except ValidationError as error:
            problems.add(field, error.messages[0])
    problems.raise_any()
    user = User.objects.filter(email=email).first() or User.objects.create_user(email)
    workspace = Workspace.objects.filter(slug=workspace_slug).first()
    if workspace is None:
        workspace = create_workspace(name=workspace_slug, slug=workspace_slug, owner=user)
    membership = workspace.memberships.filter(user=user).first()
    if membership is None or RANK[Role(membership.role)] < RANK[Role(role)]:
        set_role(workspace=workspace, user=user, role=Role(role))
    return create_api_key(workspace=workspace, user=user, name="Command line", role=role, scopes=scopes)


def _locked(key: ApiKey) -> ApiKey:
    """The row as it is now, ours until the transaction ends; NotFound when it was revoked meanwhile."""
    return locked(ApiKey.objects.all(), pk=key.pk, revoked_at=None)


def _check_limit(problems: Problems, rate_limit: int | None) -> None:
    if rate_limit is not None:
        problems.number("rate_limit", rate_limit, low=1, high=MOST_REQUESTS)


def _shown(key: ApiKey) -> dict[str, Any]:
    names = ("name", "prefix", "role", "scopes", "rate_limit", "expires_at")
    return {name: getattr(key, name) for name in names}
