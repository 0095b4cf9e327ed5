"""Changes: the name a workspace publishes under, and the keys it signs with."""

import secrets
import unicodedata
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from automatos.rows import added, hold, only_one
from automatos.slugs import RESERVED, insert_with_slug
from marketplace.models import Publisher, PublisherKey
from marketplace.publishers import signing
from marketplace.publishers.queries import INSTALLATION, PROJECT, publisher_of
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LONGEST_NAME, LONGEST_WEBSITE, LONGEST_SLUG = 120, 300, 64
MOST_KEYS = 20


@transaction.atomic
def ensure_publisher(*, workspace: Workspace, name: str = "") -> Publisher:
    """The workspace's publisher, made under its own name when there is none."""
    # Held until the end, so that of two that come at once one makes it.
    Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk).first()
    if found := publisher_of(workspace):
        return found
    name = (name or workspace.name)[:LONGEST_NAME]
    made = insert_with_slug(
        lambda slug: added(Publisher(slug=slug, name=name, workspace=workspace)),
        name=name,
        longest=LONGEST_SLUG,
        otherwise="publisher",
        reserved=RESERVED | {PROJECT, INSTALLATION},
    )
    _record("publisher.created", workspace, made, after={"name": made.name, "slug": made.slug})
    return made


def installation_publisher() -> Publisher:
    """Whoever runs this installation, for what staff uploads. To be called across workspaces."""
    return _without_workspace(INSTALLATION, {"name": "This installation"})


def project_publisher() -> Publisher:
    """The project itself, for what comes with the product. To be called across workspaces."""
    shown = {"name": "Automatos", "is_public": True, "is_verified": True, "is_system": True}
    return _without_workspace(PROJECT, shown)


@transaction.atomic
def _without_workspace(slug: str, shown: dict[str, Any]) -> Publisher:
    """The publisher of this slug that is no workspace's; one of a workspace makes room for it."""
    for row in Publisher.objects.select_for_update(of=("self",)).filter(slug=slug, workspace__isnull=False):
        row.slug = f"{slug}-{secrets.token_hex(3)}"
        row.save(update_fields=["slug"])
    made, _ = Publisher.objects.get_or_create(slug=slug, workspace=None, defaults=shown)
    return made


@transaction.atomic
def change_publisher(*, workspace: Workspace, **values: Any) -> Publisher:
    """Another name or website. Raises InvalidInput.

    A verified publisher that changes either is verified no longer: moderators knew it as it was. The database sees to
    that too, whatever code writes the row.
    """
    problems = Problems()
    if "name" in values:
        values["name"] = problems.name("name", values["name"], longest=LONGEST_NAME, required=True)
        if _is_taken(workspace, values["name"]):
            problems.add("name", "A verified publisher bears this name. Choose another one.")
    if "website" in values:
        values["website"] = problems.text("website", values["website"], longest=LONGEST_WEBSITE)
        if values["website"] and not values["website"].startswith(("https://", "http://")):
            problems.add("website", "Write the full address, beginning with https://.")
    problems.raise_any()
    publisher = ensure_publisher(workspace=workspace)
    before = {name: getattr(publisher, name) for name in values}
    if before == values:
        return publisher
    for name, value in values.items():
        setattr(publisher, name, value)
    publisher.save(update_fields=list(values))
    _record("publisher.changed", workspace, publisher, before=before, after=values)
    if publisher.is_verified:
        publisher.refresh_from_db(fields=["is_verified"])
        _record("publisher.unverified", workspace, publisher, before=before, after=values)
    return publisher


def _is_taken(workspace: Workspace, name: str) -> bool:
    """Whether a verified publisher bears this name, or one that reads the same."""
    rows = Publisher.objects.filter(is_verified=True, is_public=True).exclude(workspace=workspace)
    return any(_plain(name) == _plain(other) for other in rows.values_list("name", flat=True))


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


@transaction.atomic
def add_key(*, workspace: Workspace, user: User, public_key: str, name: str) -> PublisherKey:
    """Register a public key. Raises InvalidInput naming `public_key` or `name`, Conflict for one that is there."""
    problems = Problems()
    name = problems.name("name", name, longest=LONGEST_NAME, required=True)
    problems.raise_any()
    read = signing.read_public_key(public_key)
    publisher = ensure_publisher(workspace=workspace)
    hold(publisher)
    if PublisherKey.objects.filter(publisher=publisher, revoked_at=None).count() >= MOST_KEYS:
        raise Conflict(f"There are {MOST_KEYS} keys. Revoke one first.")
    registered = Conflict("This key is registered already; a revoked one cannot come back.")
    with only_one(PublisherKey.objects.filter(publisher=publisher, fingerprint=read.fingerprint), registered):
        key = PublisherKey.objects.create(
            publisher=publisher,
            workspace=workspace,
            name=name,
            public_key=read.text,
            fingerprint=read.fingerprint,
            created_by=user,
        )
    _record("publisher.key_added", workspace, publisher, after={"name": name, "fingerprint": read.fingerprint})
    return key


@transaction.atomic
def revoke_key(*, workspace: Workspace, key_id: UUID) -> PublisherKey:
    """From now on nothing can be signed with it; what was signed shows that the key was revoked. Raises NotFound."""
    key = PublisherKey.objects.select_for_update(of=("self",)).filter(workspace=workspace, pk=key_id).first()
    if key is None:
        raise NotFound()
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        before = {"name": key.name, "fingerprint": key.fingerprint}
        _record("publisher.key_revoked", workspace, key.publisher, before=before)
    return key


def _record(action: str, workspace: Workspace, publisher: Publisher, **states: Any) -> None:
    audit.record(action, workspace_id=workspace.pk, target=("publisher", publisher.pk, publisher.name), **states)
