"""`manage.py plugins`: taking plugins in, scanning, approving and signing them from a terminal."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos.errors import AppError
from marketplace.models import PluginScan, PluginVersion, VersionStatus
from marketplace.moderation import queries, services
from marketplace.packages.intake import take_upload
from marketplace.plugins.services import Words, request_scan, upload_as_staff
from marketplace.publishers import signing
from marketplace.scans import jobs, known_bad
from marketplace.versions.numbering import normalised
from workspaces.models import User
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    help = (
        "Take plugins in (upload), scan them again (scan), approve one (approve), block bytes (block-hash), "
        "or sign a package (sign)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        upload = actions.add_parser("upload", help="take in a ZIP file, and scan it here")
        upload.add_argument("file", type=Path)
        upload.add_argument("--category", default="")
        upload.add_argument("--notes", default="")
        upload.add_argument("--signature", default="")
        scan = actions.add_parser("scan", help="scan a version once more, here; or --all that are approved")
        scan.add_argument("plugin", nargs="?", help="slug, or slug@version")
        scan.add_argument("--all", action="store_true", dest="every")
        approve = actions.add_parser("approve", help="approve the version that waits")
        approve.add_argument("plugin", help="slug, or slug@version")
        approve.add_argument("--reason", default="")
        approve.add_argument("--moderator", default="", help="e-mail address of a staff member who decides")
        block = actions.add_parser("block-hash", help="block a file or package by its SHA-256, and scan what holds it")
        block.add_argument("sha256")
        block.add_argument("--reason", default="", help="for authors and moderators")
        unblock = actions.add_parser("unblock-hash", help="take a SHA-256 off the list")
        unblock.add_argument("sha256")
        sign = actions.add_parser("sign", help="print the Ed25519 signature of a package")
        sign.add_argument("file", type=Path)
        sign.add_argument("--key", type=Path, required=True, help="PEM file of the private key")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            with acting_as(OPERATOR):
                getattr(self, f"_{action.replace('-', '_')}")(options)
        except AppError as error:
            raise CommandError(error.message) from error

    def _upload(self, options: dict[str, Any]) -> None:
        words = Words(options["category"], options["notes"], options["signature"])
        data = _content(options["file"])
        with system_scope(Purpose.OPERATOR):
            intake = upload_as_staff(user=None, data=data, filename=options["file"].name, words=words)
        for refusal in intake.refusals:
            self.stderr.write(f"Not taken: {refusal.entry} {refusal.sentence}")
        for submitted in intake.submitted:
            if submitted.scan is not None:
                jobs.run_scan(submitted.scan.pk)
            self._tell(submitted.version)

    def _scan(self, options: dict[str, Any]) -> None:
        if not options["plugin"] and not options["every"]:
            raise CommandError("Name a plugin, or give --all.")
        trigger = PluginScan.Trigger.RULES if options["every"] else PluginScan.Trigger.REQUESTED
        with system_scope(Purpose.OPERATOR):
            approved = PluginVersion.objects.filter(status=VersionStatus.APPROVED).select_related("plugin")
            versions = list(approved) if options["every"] else [_version(options["plugin"])]
        for version in versions:
            with system_scope(Purpose.OPERATOR):
                scan = request_scan(version=version, user=None, trigger=trigger)
            jobs.run_scan(scan.pk)
            self._tell(version)

    def _approve(self, options: dict[str, Any]) -> None:
        with system_scope(Purpose.OPERATOR):
            moderator = None
            if address := options["moderator"]:
                moderator = User.objects.filter(email__iexact=address, is_staff=True, is_active=True).first()
                if moderator is None:
                    raise CommandError(f"{address} is no staff member.")
            version = _version(options["plugin"])
            done = services.approve(version_id=version.pk, moderator=moderator, reason=options["reason"])
        if done.needs_second:
            self.stdout.write("Noted. Another moderator has to agree.")
        else:
            self._tell(version)

    def _block_hash(self, options: dict[str, Any]) -> None:
        with system_scope(Purpose.OPERATOR):
            versions = known_bad.block(options["sha256"], options["reason"])
        self.stdout.write(f"Blocked. {len(versions)} versions hold it.")
        for version in versions:
            with system_scope(Purpose.OPERATOR):
                scan = request_scan(version=version, user=None, trigger=PluginScan.Trigger.RULES)
            jobs.run_scan(scan.pk)
            self._tell(version)

    def _unblock_hash(self, options: dict[str, Any]) -> None:
        with system_scope(Purpose.OPERATOR):
            known = known_bad.unblock(options["sha256"])
        self.stdout.write("Taken off the list." if known else "It was not on the list.")

    def _sign(self, options: dict[str, Any]) -> None:
        key = signing.read_private_key(_content(options["key"]))
        for package in take_upload(_content(options["file"]), options["file"].name).packages:
            number = normalised(package.version)
            text = signing.sign(key, slug=package.slug, version=number, digest=package.digest)
            self.stdout.write(f"{package.slug} {number} {text}")

    def _tell(self, version: PluginVersion) -> None:
        with system_scope(Purpose.OPERATOR):
            row = queries.version(version.pk)
            scan = PluginScan.objects.filter(version=row).order_by("-created_at").first()
        self.stdout.write(f"{row.plugin.slug} {row.version}: {row.status}, {row.verdict}")
        for reason in scan.reasons if scan else ():
            self.stdout.write(f"  {reason}")


def _version(name: str) -> PluginVersion:
    """The version of `slug@version`, or of `slug` the one that waits, else the newest."""
    slug, _, number = name.partition("@")
    rows = PluginVersion.objects.filter(plugin__slug=slug).select_related("plugin").order_by("-sort_key")
    if number:
        rows = rows.filter(version=normalised(number))
    found = rows.filter(status=VersionStatus.PENDING).first() or rows.first()
    if found is None:
        raise CommandError(f"There is no plugin {name}.")
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
