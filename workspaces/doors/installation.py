"""Changes: who acts when no person does. The installation's own users cannot sign in; the operator lets them act."""

import hmac
import secrets
from uuid import NAMESPACE_DNS, UUID, uuid5

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from automatos.errors import NotSignedIn
from automatos.slugs import insert_with_slug
from workspaces.api_keys.services import key_hash
from workspaces.audit import log as audit
from workspaces.models import ApiKey, Membership, Role, User, Workspace
from workspaces.scope.tenancy import workspace_scope
from workspaces.services import insert_workspace

# Found by id and never by address: whoever signs up with an address like theirs gets nothing of theirs.
ORCHESTRATOR_ID = uuid5(NAMESPACE_DNS, "orchestrator.automatos.invalid")
OPEN_ACCESS_ID = uuid5(NAMESPACE_DNS, "open-access.automatos.invalid")
ORCHESTRATOR, OPEN_ACCESS = "Orchestrator", "Open access"


def own_workspace_id() -> UUID:
    """The workspace the installation's own users act in: WORKSPACE_ID, else DEFAULT_TENANT_ID."""
    return settings.WORKSPACE_ID or settings.DEFAULT_TENANT_ID or UUID(int=0)


def orchestrator_key(plaintext: str) -> ApiKey | None:
    """ORCHESTRATOR_API_KEY as an API key of its user, which is nowhere saved; None when it is another text.

    To be called in a system scope. Raises NotSignedIn when the workspace it is bound to does not exist.
    """
    known = settings.ORCHESTRATOR_API_KEY
    if not known or not hmac.compare_digest(key_hash(plaintext), key_hash(known)):
        return None
    workspace_id = own_workspace_id()
    workspace = Workspace.objects.filter(pk=workspace_id, deleted_at=None).first()
    if workspace is None:
        raise NotSignedIn(
            f"ORCHESTRATOR_API_KEY is bound to the workspace {workspace_id}, which does not exist here. "
            "Set WORKSPACE_ID to the id of one that does."
        )
    user = _standing(ORCHESTRATOR_ID, ORCHESTRATOR)
    if not user.is_active:
        raise NotSignedIn("The user Orchestrator was deactivated, so ORCHESTRATOR_API_KEY opens nothing.")
    key = _unsaved_key()
    key.workspace, key.user = workspace, user
    _join(user, workspace, Role(key.role))
    return key


def orchestrator_key_with(key_id: UUID) -> ApiKey | None:
    """ORCHESTRATOR_API_KEY again, by the id it had when it opened; None for the id of any other."""
    key = _unsaved_key()
    return key if settings.ORCHESTRATOR_API_KEY and key.pk == key_id else None


def _unsaved_key() -> ApiKey:
    """Its id is the same each time: requests are counted by it, and a socket asks by it whether it may stay open."""
    workspace_id = own_workspace_id()
    return ApiKey(
        pk=uuid5(workspace_id, key_hash(settings.ORCHESTRATOR_API_KEY)),
        workspace_id=workspace_id,
        user_id=ORCHESTRATOR_ID,
        name="ORCHESTRATOR_API_KEY",
        prefix="orchestrator",
        role=settings.ORCHESTRATOR_API_KEY_ROLE,
    )


@transaction.atomic
def open_access_user() -> User | None:
    """Who acts where nobody has to sign in: the owner of the installation's own workspace, made where it is missing.

    None when that user was deactivated.
    """
    user, workspace_id = _standing(OPEN_ACCESS_ID, OPEN_ACCESS), own_workspace_id()
    if not user.is_active:
        return None
    with workspace_scope(workspace_id, user.pk):
        if not Membership.objects.filter(workspace_id=workspace_id, user=user).exists():
            _join(user, _own_workspace(workspace_id), Role.OWNER)
    return user


def _standing(user_id: UUID, name: str) -> User:
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        address = f"{name.lower().replace(' ', '-')}-{secrets.token_hex(4)}@automatos.invalid"
        user = User(pk=user_id, email=address, name=name, password=make_password(None))
        User.objects.bulk_create([user], ignore_conflicts=True)
        found = User.objects.get(pk=user_id)
    return found


def _own_workspace(workspace_id: UUID) -> Workspace:
    with connection.cursor() as cursor:
        # Several first requests at once make one workspace.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(workspace_id)])
    found = Workspace.objects.filter(pk=workspace_id).first()
    return found or insert_with_slug(
        lambda slug: insert_workspace(pk=workspace_id, slug=slug, name="Open workspace"),
        name="open",
        longest=60,
        otherwise="workspace",
    )


def _join(user: User, workspace: Workspace, role: Role) -> None:
    if Membership.objects.filter(workspace=workspace, user=user).exists():
        return
    fresh = Membership(workspace=workspace, user=user, role=role)
    Membership.objects.bulk_create([fresh], ignore_conflicts=True)
    target = ("user", user.pk, user.name)
    audit.record("member.added", workspace_id=workspace.pk, target=target, after={"role": role})
