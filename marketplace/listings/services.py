"""Changes: something is packed, checked and shared; installed, updated and cleaned up where it was taken."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from automatos import textdiff
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotFound
from automatos.rows import added, locked
from automatos.slugs import insert_with_slug
from marketplace.listings import leaks, queries, review_services
from marketplace.listings.kinds import Body, Change, Made, Packed, kind_of
from marketplace.models import InstalledListing, Listing, ListingVersion, Publisher
from marketplace.publishers.services import ensure_publisher
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_NOTES, LARGEST_BODY = 160, 10_000, 5_000, 300_000
LONGEST_CATEGORY = 60
Audience, Status = Listing.Audience, ListingVersion.Status


@dataclass(frozen=True)
class Preview:
    """What would be shared. body: the copy, without what was found in it. before: the listing there is already."""

    packed: Packed
    body: Body
    leaks: Sequence[leaks.Leak]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """How something is shared. keep: keys of leaks that stay, because their owner says so; secrets never do."""

    audience: str
    name: str
    description: str = ""
    category: str = ""
    notes: str = ""
    keep: frozenset[str] = frozenset()


def preview(*, workspace: Workspace, kind: str, source_id: UUID, keep: frozenset[str] = frozenset()) -> Preview:
    """The copy as others would read it, and what was found in it.

    Raises NotFound, and InvalidInput where searching all of it for secrets would hold the request up for seconds.
    """
    packed = kind_of(kind).pack(workspace, source_id)
    size = len(json.dumps(packed.body))
    if size > LARGEST_BODY:
        text = f"{packed.name} has {size:,} characters in all; at most {LARGEST_BODY:,} can be shared."
        raise InvalidInput(text, fields={"source": [text]})
    body, found = leaks.clean(dict(packed.body), known=packed.known, keep=keep)
    return Preview(packed, body, found)


@transaction.atomic
def share(*, workspace: Workspace, user: User, kind: str, source_id: UUID, offer: Offer) -> ListingVersion:
    """Share a checked copy: with everybody once a moderator has read it, inside the workspace, or by a link.

    Raises InvalidInput naming the field, NotFound, Conflict when nothing changed since the last time.
    """
    found = preview(workspace=workspace, kind=kind, source_id=source_id, keep=offer.keep)
    _check(offer, found)
    publisher = ensure_publisher(workspace=workspace)
    # Held from here on by the publisher's making, so that two at once do not take one number.
    Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk).first()
    listing = Listing.objects.filter(
        workspace=workspace, kind=kind, source_id=source_id, audience=offer.audience
    ).first() or _new(publisher, kind, source_id, found.packed, offer)
    version = _version(listing, workspace, user, found, offer)
    if offer.audience != Audience.PUBLIC:
        _show(listing, version)
    after = {"audience": offer.audience, "version": version.number, "removed": len(version.removed)}
    audit.record("listing.shared", workspace_id=workspace.pk, target=_target(listing), after=after)
    return version


def _check(offer: Offer, found: Preview) -> None:
    problems = Problems()
    problems.choice("audience", offer.audience, Audience.values)
    problems.text("name", offer.name, longest=LONGEST_NAME, required=True)
    problems.text("description", offer.description, longest=LONGEST_DESCRIPTION)
    problems.text("notes", offer.notes, longest=LONGEST_NOTES)
    problems.text("category", offer.category, longest=LONGEST_CATEGORY)
    for field in ("name", "description", "notes", "category"):
        for group, kind in leaks.find(getattr(offer, field), known=found.packed.known):
            if group == leaks.SECRET:
                problems.add(field, f"There is a secret in it ({kind}). Take it out.")
    problems.raise_any()


def _new(publisher: Publisher, kind: str, source_id: UUID, packed: Packed, offer: Offer) -> Listing:
    def create(slug: str) -> Listing | None:
        listing = Listing(
            kind=kind,
            slug=slug,
            name=offer.name.strip(),
            description=offer.description.strip(),
            category=offer.category,
            tags=list(packed.tags)[:20],
            publisher=publisher,
            workspace_id=publisher.workspace_id,
            source_id=source_id,
            face=packed.face,
            audience=offer.audience,
            token=secrets.token_urlsafe(32) if offer.audience == Audience.LINK else "",
        )
        return added(listing)

    return insert_with_slug(create, name=offer.name, longest=80, otherwise=kind)


def _version(listing: Listing, workspace: Workspace, user: User, found: Preview, offer: Offer) -> ListingVersion:
    digest = hashlib.sha256(
        json.dumps([found.body, offer.name, offer.description, offer.category]).encode()
    ).hexdigest()
    rows = ListingVersion.objects.filter(listing=listing)
    newest = rows.order_by("-number").first()
    if newest and newest.digest == digest and newest.status not in (Status.WITHDRAWN, Status.REJECTED):
        raise Conflict("Nothing has changed since it was shared the last time.", code="unchanged")
    if newest and newest.status == Status.PENDING:
        rows.filter(pk=newest.pk, status=Status.PENDING).update(status=Status.WITHDRAWN)
    kept = [leak for leak in found.leaks if leak.group == leaks.SECRET or leak.key not in offer.keep]
    return ListingVersion.objects.create(
        listing=listing,
        workspace=workspace,
        number=(rows.aggregate(most=Max("number"))["most"] or 0) + 1,
        name=offer.name.strip(),
        description=offer.description.strip(),
        category=offer.category,
        body=found.body,
        removed=[{"group": leak.group, "kind": leak.kind, "place": leak.place} for leak in kept],
        notes=offer.notes.strip(),
        digest=digest,
        status=Status.PENDING if offer.audience == Audience.PUBLIC else Status.SHARED,
        submitted_by=user,
    )


def _show(listing: Listing, version: ListingVersion) -> None:
    for name in ("name", "description", "category"):
        setattr(listing, name, getattr(version, name))
    listing.current_version_id, listing.updated_at = version.pk, timezone.now()
    listing.save(update_fields=["name", "description", "category", "current_version_id", "updated_at"])


@transaction.atomic
def withdraw(*, workspace: Workspace, version_id: UUID) -> ListingVersion:
    """Take back what waits, or stop sharing; who installed it keeps what they have. Raises NotFound, Conflict."""
    version = queries.shared_version(workspace=workspace, version_id=version_id)
    open_ones = (Status.PENDING, Status.SHARED)
    rows = ListingVersion.objects.filter(listing=version.listing_id, workspace=workspace, status__in=open_ones)
    if version.status not in open_ones or not rows.update(status=Status.WITHDRAWN):
        raise Conflict(f"It is {version.get_status_display().lower()}, so this cannot be done now.", code="decided")
    if version.listing.audience != Audience.PUBLIC:
        Listing.objects.filter(pk=version.listing_id).update(current_version_id=None, updated_at=timezone.now())
    audit.record("listing.withdrawn", workspace_id=workspace.pk, target=_target(version.listing))
    version.status = Status.WITHDRAWN
    return version


@transaction.atomic
def install(
    *, workspace: Workspace, user: User, listing: Listing, choices: Mapping[str, str] | None = None
) -> tuple[InstalledListing, Made]:
    """Make the listing's newest version here. choices: own agents by the part they stand in for.

    Raises NotFound when it was taken away, InvalidInput, PlanLimit.
    """
    version = queries.current_version(listing)
    if version is None:
        raise NotFound()
    given = {key: value for key, value in (choices or {}).items() if value}
    made = kind_of(listing.kind).install(workspace, user, version.body, given)
    row = InstalledListing.objects.create(
        workspace=workspace,
        listing=listing,
        number=version.number,
        base=version.body,
        object_id=made.object_id,
        made=[dict(each) for each in made.made],
        choices=given,
        installed_by=user,
    )
    after = {"version": version.number, "made": [each["name"] for each in made.made]}
    audit.record("listing.installed", workspace_id=workspace.pk, target=_target(listing), after=after)
    return row, made


@dataclass(frozen=True)
class Difference:
    """A newer version beside what is here. theirs: what it changes; yours: what was changed here since."""

    newest: ListingVersion
    theirs: Sequence[textdiff.Line]
    yours: Sequence[textdiff.Line]
    is_gone: bool


def difference(*, workspace: Workspace, row: InstalledListing) -> Difference:
    """What an update would bring. Raises Conflict when there is no newer version."""
    newest = queries.current_version(row.listing)
    if newest is None or newest.number <= row.number:
        raise Conflict("There is no newer version.", code="up_to_date")
    owner = kind_of(row.listing.kind)
    current = owner.current(workspace, row.object_id, row.made)
    theirs = textdiff.compare(owner.lines(row.base), owner.lines(newest.body))
    yours = textdiff.compare(owner.lines(row.base), owner.lines(current)) if current is not None else []
    return Difference(newest, theirs, yours, current is None)


@transaction.atomic
def update(*, workspace: Workspace, user: User, install_id: UUID, number: int) -> Made:
    """Bring it to the newest version; what was changed here stays. number: the version that was looked at.

    Raises NotFound, Conflict when there is another one by now, or what was installed is gone.
    """
    row = _locked(workspace, install_id)
    found = difference(workspace=workspace, row=row)
    if found.newest.number != number:
        raise Conflict("A still newer version came meanwhile. Look at what it changes.", code="newer")
    if found.is_gone:
        raise Conflict("What was installed was deleted here. Install it anew.", code="gone")
    owner = kind_of(row.listing.kind)
    made = owner.update(workspace, user, row.object_id, Change(row.base, found.newest.body, row.made))
    before, row.number, row.base, row.put_off = row.number, number, found.newest.body, 0
    row.made = [dict(each) for each in made.made]
    row.save(update_fields=["number", "base", "put_off", "made"])
    states = {"before": {"version": before}, "after": {"version": number}}
    audit.record("listing.updated", workspace_id=workspace.pk, target=_target(row.listing), **states)
    return made


@transaction.atomic
def put_off(*, workspace: Workspace, install_id: UUID, number: int) -> None:
    """Say nothing more of this version; the next one is told again."""
    row = _locked(workspace, install_id)
    row.put_off = max(row.put_off, min(number, 2**31 - 1))
    row.save(update_fields=["put_off"])
    audit.record("listing.put_off", workspace_id=workspace.pk, target=_target(row.listing), after={"version": number})


@transaction.atomic
def uninstall(*, workspace: Workspace, user: User, install_id: UUID) -> list[str]:
    """Take away what was made, and say what, and what stays and why. Raises NotFound."""
    row = _locked(workspace, install_id)
    said = kind_of(row.listing.kind).uninstall(workspace, user, row.object_id, row.made)
    target = _target(row.listing)
    row.delete()
    review_services.remove_out_of_sight(workspace, row.listing)
    audit.record("listing.uninstalled", workspace_id=workspace.pk, target=target, after={"said": said})
    return said


def _locked(workspace: Workspace, install_id: UUID) -> InstalledListing:
    # Which version can be had is asked for afterwards, since one may be taken away while we wait.
    return locked(InstalledListing.objects.filter(workspace=workspace), pk=install_id)


def _target(listing: Listing) -> tuple[str, Any, str]:
    return "listing", listing.pk, listing.slug
