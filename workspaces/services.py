"""Changes: workspaces, who belongs to them, and API keys."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import NotAllowed
from automatos.slugs import insert_with_slug
from workspaces.models import ApiKey, Membership, Role, User, Workspace
from workspaces.permissions import NEEDED_ROLE, RANK
from workspaces.tenancy import person_scope, workspace_scope

KEY_PREFIX = "atm_"


@transaction.atomic
def create_personal_workspace(*, user: User) -> Workspace:
    """The user's own workspace with them as owner; the one they have when there is one already."""
    User.objects.select_for_update().get(pk=user.pk)
    with person_scope(user.pk):
        own = Workspace.objects.filter(
            kind=Workspace.Kind.PERSONAL, memberships__user=user, memberships__role=Role.OWNER
        ).first()
    if own:
        return own
    name = f"{user.display_name}'s workspace"[:120]
    return _insert(name=name, slug_from=user.display_name, owner=user, kind=Workspace.Kind.PERSONAL)


@transaction.atomic
def create_workspace(*, name: str, owner: User, slug: str = "") -> Workspace:
    """A shared workspace with its first owner. slug: the wished address; numbered when it is taken."""
    problems = Problems()
    name = problems.text("name", name, longest=120, required=True)
    problems.raise_any()
    return _insert(name=name, slug_from=slug or name, owner=owner, kind=Workspace.Kind.SHARED)


def _insert(*, name: str, slug_from: str, owner: User, kind: Workspace.Kind) -> Workspace:
    workspace_id = uuid.uuid4()
    with workspace_scope(workspace_id, owner.pk):
        workspace = insert_with_slug(
            lambda slug: Workspace.objects.create(pk=workspace_id, slug=slug, name=name, kind=kind),
            name=slug_from,
            longest=60,
            otherwise="workspace",
        )
        Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        return workspace


def set_role(*, workspace: Workspace, user: User, role: Role) -> Membership:
    """Make the user a member with this role, or change the role they have; the last owner stays."""
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        owners = workspace.memberships.filter(role=Role.OWNER).exclude(user=user)
        current = workspace.memberships.filter(user=user).first()
        if current and current.role == Role.OWNER and role != Role.OWNER and not owners.exists():
            raise NotAllowed("This is the last owner. Make someone else an owner first.")
        membership, _ = Membership.objects.update_or_create(workspace=workspace, user=user, defaults={"role": role})
    return membership


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
