"""Verifies the audit log: `manage.py verify_audit [--workspace SLUG]`."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workspaces.audit.chain import Verdict, verify
from workspaces.models import AuditHead, Workspace
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    """For whoever runs the installation. The printed end of a chain, kept elsewhere, shows a chain written anew."""

    help = "Check every entry of the audit log; exit 1 naming the first that was changed, removed or moved."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which chain."""
        parser.add_argument("--workspace", metavar="SLUG", help="only this workspace's log")

    def handle(self, *args: Any, **options: Any) -> None:
        """A line for each chain; CommandError for the first that is broken."""
        with system_scope(Purpose.OPERATOR):
            chains = self._chains(options["workspace"])
        broken = []
        for workspace_id, name in chains:
            with system_scope(Purpose.OPERATOR):
                verdict = verify(workspace_id)
            self.stdout.write(f"{name}: {_said(verdict)}")
            if verdict.broken:
                broken.append(f"{name}: {verdict.broken.reason}")
        if broken:
            raise CommandError(broken[0], returncode=1)

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
