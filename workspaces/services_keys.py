"""Changes: API keys."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from workspaces.models import ApiKey, Membership, Role, User, Workspace
from workspaces.permissions import NEEDED_ROLE, RANK
from workspaces.services import create_workspace, set_role

KEY_PREFIX = "atm_"


def key_hash(plaintext: str) -> str:
    """What is kept of a key. Keys are 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def create_api_key(
    *,
    workspace: Workspace,
    user: User,
    name: str,
    role: str,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A key that acts as the user in this workspace with at most this role: the row, and the text shown once.

    scopes: when given, the only actions the key is good for. Raises InvalidInput for an unknown role or scope, and
    for a role above the user's own.
    """
    problems = Problems()
    name = problems.text("name", name, longest=120, required=True)
    problems.choice("role", role, Role.values)
    for scope in scopes:
        problems.choice("scopes", scope, NEEDED_ROLE)
    if expires_at and expires_at <= timezone.now():
        problems.add("expires_at", "This moment has passed; choose a later one.")
    membership = Membership.objects.filter(workspace=workspace, user=user).first()
    if membership is None:
        problems.add("user", f"{user.email} is not a member of {workspace.name}.")
    elif "role" not in problems and RANK[Role(role)] > RANK[Role(membership.role)]:
        problems.add("role", f"A key cannot do more than its user, who is {membership.role} here.")
    problems.raise_any()
    plaintext = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        workspace=workspace,
        user=user,
        name=name,
        prefix=plaintext[:10],
        key_hash=key_hash(plaintext),
        role=role,
        scopes=list(dict.fromkeys(scopes)),
        expires_at=expires_at,
    )
    return key, plaintext


def revoke_api_key(*, key: ApiKey) -> None:
    """The key opens nothing from now on."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


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
