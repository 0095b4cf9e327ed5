"""Verifies the audit log: `manage.py verify_audit [--workspace SLUG] [--anchors FILE]`."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos.errors import InvalidInput
from workspaces.audit.anchors import Anchor, first_lost, keep, read
from workspaces.audit.chain import Verdict, verify
from workspaces.models import AuditHead, Workspace
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    """For whoever runs the installation. Ends of chains kept elsewhere show one that was cut off or written anew."""

    help = "Check every entry of the audit log; exit 1 naming the first that was changed, removed or moved."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which chain."""
        parser.add_argument("--workspace", metavar="SLUG", help="only this workspace's log")
        parser.add_argument(
            "--anchors",
            type=Path,
            metavar="FILE",
            help="compare with the ends kept in this file, outside of the database, and add today's",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """A line for each chain; CommandError for the first that is broken."""
        with system_scope(Purpose.OPERATOR):
            chains = self._chains(options["workspace"])
        kept = self._kept(options["anchors"])
        if options["workspace"] is None:
            known = {key for key, _ in chains}
            gone = dict.fromkeys(anchor.workspace_id for anchor in kept if anchor.workspace_id not in known)
            chains += [(key, f"(removed) {key}") for key in gone]
        broken, sound = [], []
        for workspace_id, name in chains:
            with system_scope(Purpose.OPERATOR):
                verdict = verify(workspace_id)
                if lost := first_lost(workspace_id, kept):
                    verdict = replace(verdict, broken=verdict.broken or lost)
            self.stdout.write(f"{name}: {_said(verdict)}")
            if verdict.broken:
                broken.append(f"{name}: {verdict.broken.reason}")
            else:
                sound.append((workspace_id, verdict))
        if options["anchors"]:
            self.stdout.write(f"{options['anchors']}: {keep(options['anchors'], sound):,} ends added")
        if broken:
            raise CommandError(broken[0], returncode=1)

    def _kept(self, path: Path | None) -> list[Anchor]:
        try:
            return read(path) if path else []
        except (InvalidInput, OSError) as error:
            raise CommandError(str(error)) from None

    def _chains(self, slug: str | None) -> list[tuple[UUID | None, str]]:
        names: dict[UUID | None, str] = dict(Workspace.objects.order_by("slug").values_list("pk", "slug"))
        if slug is not None:
            found = [(key, name) for key, name in names.items() if name == slug]
            if not found:
                raise CommandError(f"There is no workspace {slug}.")
            return found
        for workspace_id in AuditHead.objects.values_list("workspace_id", flat=True):
            names.setdefault(workspace_id, f"(removed) {workspace_id}" if workspace_id else "(platform)")
        names.setdefault(None, "(platform)")
        return list(names.items())


def _said(verdict: Verdict) -> str:
    if verdict.broken:
        return f"BROKEN at {verdict.broken.seq}. {verdict.broken.reason}"
    if not verdict.entries:
        return "no entries"
    return f"intact, {verdict.entries:,} entries, ends with {verdict.end}"
