"""Prints a new API key: `manage.py apikey --email E --workspace SLUG --role ROLE [--scope S …]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos.errors import AppError
from workspaces.api_keys.services import grant_api_key
from workspaces.models import Role
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    """Makes the user and the workspace where they are missing."""

    help = "Print a new API key. The user and the workspace are made where they are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose key, where, and for what."""
        parser.add_argument("--email", required=True)
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--scope", action="append", default=[], help="resource:action; may be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        """The key alone on stdout."""
        try:
            with system_scope(Purpose.OPERATOR), acting_as(OPERATOR):
                _, plaintext = grant_api_key(
                    email=options["email"],
                    workspace_slug=options["workspace"],
                    role=options["role"],
                    scopes=options["scope"],
                )
        except AppError as error:
            raise CommandError(error.message) from error
        self.stdout.write(plaintext)
