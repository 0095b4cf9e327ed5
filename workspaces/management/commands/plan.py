"""Puts a workspace on a plan: `manage.py plan WORKSPACE free|team|unlimited`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workspaces.limits.services import change_plan
from workspaces.models import Workspace
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    """For whoever runs the installation."""

    help = "Put a workspace on a plan. What it holds beyond the plan's limits stays."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which workspace, and which plan."""
        parser.add_argument("workspace", metavar="SLUG")
        parser.add_argument("plan", choices=Workspace.Plan.values)

    def handle(self, *args: Any, **options: Any) -> None:
        """One line of what holds now."""
        with system_scope(Purpose.OPERATOR), acting_as(OPERATOR):
            workspace = Workspace.objects.filter(slug=options["workspace"]).first()
            if workspace is None:
                raise CommandError(f"There is no workspace {options['workspace']}.")
            workspace = change_plan(workspace=workspace, plan=options["plan"])
        self.stdout.write(f"{workspace.name} is on the plan {Workspace.Plan(workspace.plan).label}.")
