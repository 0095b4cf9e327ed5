"""`manage.py schedules`: what is due when, and starting it without a beat."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recipes.triggers import tick_services
from recipes.triggers.queries import listed_schedules
from workspaces.models import Workspace
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    help = "List schedules, the one due next first; with --run start what is due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", metavar="SLUG", help="only this workspace's; not together with --run")
        parser.add_argument("--run", action="store_true", help="start what is due now, as the beat does each 5 s")

    def handle(self, *args: Any, workspace: str | None, run: bool, **options: Any) -> None:
        if run and workspace:
            raise CommandError("--run starts what is due in every workspace. Leave --workspace out.")
        if run:
            started = tick_services.run_due()
            self.stdout.write(f"{started} run{'' if started == 1 else 's'} started.")
            return
        with system_scope(Purpose.OPERATOR):
            if workspace and not Workspace.objects.filter(slug=workspace, deleted_at=None).exists():
                raise CommandError(f"There is no workspace {workspace}.")
            rows = list(listed_schedules(workspace or ""))
        for one in rows:
            due = f"{one.next_due_at:%Y-%m-%d %H:%M} UTC" if one.next_due_at else one.state
            where = f"{one.workspace.slug}/{one.recipe.template_id}"
            self.stdout.write(f"{due:<22} {where:<40} {one.cron:<16} {one.time_zone:<20} {one.name}")
        if not rows:
            self.stdout.write("There are no schedules.")
