"""What moderators say of publishers and of findings. To be called across workspaces."""

from uuid import UUID

from django.db import transaction

from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from marketplace.models import PluginScan, PluginVersion, Publisher, SetAside
from marketplace.moderation.services import LEAST_REASON, LONGEST_REASON
from marketplace.plugins.services import request_scan
from marketplace.scans.known_bad import RULE as KNOWN_BAD
from marketplace.scans.set_aside import hash_of
from workspaces.audit import log as audit
from workspaces.models import User


@transaction.atomic
def verify_publisher(*, publisher_id: UUID, verified: bool, reason: str) -> Publisher:
    """Say that the moderators know who this is, or no longer. Raises NotFound, InvalidInput without a reason."""
    reason = _reason(reason)
    row = Publisher.objects.select_for_update(of=("self",)).filter(pk=publisher_id).first()
    if row is None:
        raise NotFound()
    if row.is_system:
        raise Conflict("The project's own publisher is not changed here.")
    if row.is_verified != verified:
        row.is_verified = verified
        row.save(update_fields=["is_verified"])
        audit.record(
            "publisher.verified" if verified else "publisher.unverified",
            workspace_id=row.workspace_id,
            target=("publisher", row.pk, row.name),
            before={"is_verified": not verified},
            after={"is_verified": verified, "reason": reason},
        )
    return row


@transaction.atomic
def set_finding_aside(*, version: PluginVersion, key: str, moderator: User, reason: str) -> SetAside:
    """Judge a rule's finding harmless, for these very bytes wherever they come, and have the version scanned again.

    Raises NotFound for a finding that is not there, Conflict for one that is never set aside.
    """
    reason = _reason(reason)
    scan = PluginScan.objects.filter(pk=version.scan_id).first() if version.scan_id else None
    found = next((one for one in scan.findings if one["key"] == key and one["by"] == "rules"), None) if scan else None
    if scan is None or found is None:
        raise NotFound("There is no such finding in the report.")
    if found["rule"] == KNOWN_BAD:
        raise Conflict("Bytes on the list of known bad ones are taken off it by an operator.", code="known_bad")
    file = version.files.filter(path=found["file"]).first()
    name = hash_of(found["rule"], file.sha256 if file else scan.sha256, found["quote"])
    values = {"rule": found["rule"], "quote": found["quote"], "reason": reason, "person": moderator}
    row, _ = SetAside.objects.update_or_create(sha256=name, defaults={**values, "person_name": moderator.display_name})
    target = ("plugin_version", version.pk, f"{version.plugin.slug} {version.version}")
    after = {"rule": found["rule"], "sha256": name, "reason": reason}
    audit.record("plugin.finding_set_aside", workspace_id=version.workspace_id, target=target, after=after)
    request_scan(version=version, user=moderator, trigger=PluginScan.Trigger.REQUESTED)
    return row


def _reason(text: str) -> str:
    problems = Problems()
    reason = problems.text("reason", text, longest=LONGEST_REASON, required=True)
    if reason and len(reason) < LEAST_REASON:
        problems.add("reason", f"Say why, in {LEAST_REASON} characters or more.")
    problems.raise_any()
    return reason
